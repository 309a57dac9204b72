"""Transactions of the reporting API: PayPal's own books, a year and more after the fact.

What a transaction is, its event code tells: T00 payments, T11 reversals, T12 adjustments, T13
authorisations. Amounts are the seller's: negative where money goes out. All that was completed is
told as booked too, whatever its code.

Source: https://developer.paypal.com/docs/api/transaction-search/v1/,
https://developer.paypal.com/reports/reference/t-codes.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import first_time, member, text, time
from sources.paypal.bookings import transaction_booked
from sources.paypal.objects import PSP, money

REFUND = "T1107"

CODES: Mapping[str, str] = {
    "T00…": "payment received, or paid by the seller, which tells nothing",
    "T1106": "payment taken back by PayPal, for a claim or a chargeback",
    REFUND: "refund by the seller",
    "T1201": "chargeback",
    "T1202": "chargeback given back",
    "T1300": "authorisation",
    "T1301": "authorisation anew",
    "T1302": "authorisation let go",
}
"""The event codes that tell something."""

_STATES = {"S": "COMPLETED", "P": "PENDING", "D": "FAILED", "V": "REVERSED"}
_REFUND_TYPES = {
    "COMPLETED": "refund.succeeded",
    "PENDING": "refund.accepted",
    "FAILED": "refund.failed",
    "REVERSED": "refund.bounced",
}
_PAYMENT_TYPES = {
    "COMPLETED": "payment.captured",
    "PENDING": "payment.initiated",
    "FAILED": "payment.failed",
    "REVERSED": "payment.captured",  # it was taken; what undid it is a transaction of its own
}
_OTHERS = {
    "T1106": "dispute.funds_withdrawn",
    "T1201": "dispute.funds_withdrawn",
    "T1202": "dispute.funds_reinstated",
    "T1300": "payment.authorised",
    "T1301": "payment.authorised",
    "T1302": "payment.voided",
}


def transaction(info: Mapping[str, Any]) -> list[Told]:
    """Tell of a transaction, from its `transaction_info`: what it means, and what was booked."""
    code = (text(info.get("transaction_event_code")) or "").upper()
    state = _STATES.get((text(info.get("transaction_status")) or "").upper())
    own = text(info.get("transaction_id"))
    if state is None or own is None:
        return []
    about = {"refund_id": own} if code == REFUND else {}
    about |= {"payment_id": payment_of(info) or own}
    # An authorisation moves no money.
    booked = state in ("COMPLETED", "REVERSED") and not code.startswith("T13")
    return [
        *_meaning(info, code, state, own),
        *(transaction_booked(info, code, state, changed_at(info), about) if booked else []),
    ]


def _meaning(info: Mapping[str, Any], code: str, state: str, own: str) -> list[Told]:
    if code == REFUND:
        return [_refund(info, state, own)]
    data = {"payment_id": own, "psp": PSP, **money(info.get("transaction_amount"))}
    if code.startswith("T00") and not _is_paid_out(info):
        told = _PAYMENT_TYPES[state]
        extra = {"capture_id": own} if told == "payment.captured" else {}
        at = changed_at(info) if state == "FAILED" else begun_at(info)
        return [_told(told, data | {"psp_payment_id": own} | extra, at)]
    if code in _OTHERS and state == "COMPLETED":
        told = _OTHERS[code]
        if told != "payment.authorised":
            data["payment_id"] = payment_of(info) or own
        if told.startswith("dispute."):
            data.pop("psp")
        return [_told(told, data, changed_at(info))]
    return []


def payment_of(info: Mapping[str, Any]) -> str | None:
    """Return the transaction that this one is about."""
    return text(info.get("paypal_reference_id"))


def begun_at(info: Mapping[str, Any]) -> str:
    """Return when work on the transaction began."""
    return first_time(time(info.get("transaction_initiation_date")), changed_at(info))


def changed_at(info: Mapping[str, Any]) -> str:
    """Return when the transaction last changed."""
    updated = time(info.get("transaction_updated_date"))
    return first_time(updated, time(info.get("transaction_initiation_date")))


def _refund(info: Mapping[str, Any], state: str, own: str) -> Told:
    data = {
        "refund_id": own,
        "psp_refund_id": own,
        "psp": PSP,
        "payment_id": payment_of(info),
        **money(info.get("transaction_amount")),
    }
    when = changed_at(info)
    if state == "COMPLETED":
        data |= {"kind": "refund", "psp_at": when}
    elif state == "PENDING":
        data |= {"psp_status": "PENDING"}
    elif state == "FAILED":
        data |= {"failure_reason": "denied"}
    else:
        data |= {"reason": "reversed"}
    return _told(_REFUND_TYPES[state], data, when)


def _is_paid_out(info: Mapping[str, Any]) -> bool:
    value = text(member(info, "transaction_amount", "value"))
    return value is not None and value.lstrip().startswith("-")


def _told(type: str, data: dict[str, Any], at: str) -> Told:
    about = data.get("refund_id") or data.get("payment_id")
    return Told(type=type, data=data, occurred_at=at, about=about or "")
