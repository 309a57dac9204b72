"""Braintree's transactions and disputes, as its libraries write them: alone, or in a notification.

Names are those of the libraries for Python and Ruby, or of that for Node (`refundedTransactionId`).

Source: https://developer.paypal.com/braintree/docs/reference/response/transaction (`order_id`: the
order of the shop), https://developer.paypal.com/braintree/docs/reference/general/statuses,
https://developer.paypal.com/braintree/docs/reference/response/dispute.
"""

from collections.abc import Mapping
from typing import Any

from sources.braintree.disputes import tell_dispute
from sources.braintree.members import at_path, money_of, status_times, when
from sources.message import Message, Told, object_id
from sources.payload_values import first_time, text

PSP = "braintree"

_HELD = ("authorized", "submitted_for_settlement", "settlement_pending")
_TAKEN = ("settling", "settlement_confirmed", "settled")
_FAILED = (
    "failed",
    "gateway_rejected",
    "processor_declined",
    "settlement_declined",
    "settlement_failed",
)
_SALES = {
    **dict.fromkeys(_HELD, "payment.authorised"),
    **dict.fromkeys(_TAKEN, "payment.captured"),
    **dict.fromkeys(_FAILED, "payment.failed"),
    "authorizing": "payment.initiated",
    "authorization_expired": "payment.authorisation_expired",
    "voided": "payment.voided",
}
_REFUNDS = {
    **dict.fromkeys((*_HELD, "authorizing", "settling"), "refund.accepted"),
    **dict.fromkeys(("settlement_confirmed", "settled"), "refund.succeeded"),
    **dict.fromkeys(_FAILED, "refund.failed"),
    "voided": "refund.cancelled",
}
_CARDS = ("credit_card", "apple_pay", "android_pay", "google_pay", "visa_checkout")


def kind_of(item: Mapping[str, Any]) -> str | None:
    """Return the kind of a notification, `transaction` or `dispute`."""
    kind = item.get("kind")
    if isinstance(kind, str) and "timestamp" in item and _subject(item) is not None:
        return kind
    return _kind_of_object(item)


def translate(kind: str, item: Mapping[str, Any], raw: bytes) -> Message:
    """Return what a notification or an object says."""
    found = _subject(item) if "timestamp" in item else None
    thing = item if found is None else found
    sent = None if found is None else when(item, "timestamp")
    own_id = text(thing.get("id")) or ""
    is_dispute = _kind_of_object(thing) == "dispute"
    name = object_id(f"{kind}/{own_id}", raw)
    payment = at_path(thing, "transaction", "id") if is_dispute else _payment_of(thing)
    order = at_path(thing, "transaction", "order_id") if is_dispute else at_path(thing, "order_id")
    links = dict.fromkeys(link for link in (text(payment), own_id) if link)
    return Message(
        id=name,
        type=kind,
        occurred_at=first_time(sent, when(thing, "updated_at"), when(thing, "created_at")),
        told=tell_dispute(thing, sent) if is_dispute else _tell(thing, sent),
        order=text(order),
        links=list(links) or [name],
    )


def _subject(item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for holder in (item, item.get("subject")):
        for name in ("transaction", "dispute"):
            thing = at_path(holder, name)
            if isinstance(thing, Mapping) and _kind_of_object(thing) is not None:
                return thing
    return None


def _kind_of_object(item: Mapping[str, Any]) -> str | None:
    if at_path(item, "currency_iso_code") is None or not isinstance(item.get("status"), str):
        return None
    if item.get("type") in ("sale", "credit"):
        return "transaction"
    if at_path(item, "received_date") is not None or at_path(item, "reply_by_date") is not None:
        return "dispute"
    return None


def _payment_of(thing: Mapping[str, Any]) -> Any:
    refunded = text(at_path(thing, "refunded_transaction_id"))
    return refunded if thing.get("type") == "credit" else text(thing.get("id"))


def _tell(thing: Mapping[str, Any], sent: str | None) -> list[Told]:
    own_id = text(thing.get("id"))
    if own_id is None:
        return []
    made = when(thing, "created_at")
    times = status_times(thing, sent or when(thing, "updated_at") or made)
    if thing.get("type") == "credit":
        return _refund(thing, own_id, made, times)
    data = {
        "payment_id": own_id,
        "psp": PSP,
        "psp_payment_id": own_id,
        "method": text(at_path(thing, "payment_instrument_type")),
        **money_of(thing),
        "instrument": _instrument(thing),
    }
    found = []
    for status, at in _firsts(times, _SALES):
        more: dict[str, Any] = {}
        if _SALES[status] == "payment.failed":
            more = {"failure_code": _failure_code(thing) or status, "instrument": None}
        elif _SALES[status] not in ("payment.captured", "payment.authorised"):
            more = {"instrument": None}
        found.append(Told(type=_SALES[status], data={**data, **more}, occurred_at=at))
    return found


def _refund(
    thing: Mapping[str, Any],
    own_id: str,
    made: str | None,
    times: list[tuple[str, str | None]],
) -> list[Told]:
    base = {
        "refund_id": own_id,
        "psp_refund_id": own_id,
        "psp": PSP,
        "payment_id": _payment_of(thing),
        **money_of(thing),
    }
    found = [Told(type="refund.submitted", data=base, occurred_at=made)]
    for status, at in _firsts(times, _REFUNDS):
        type_ = _REFUNDS[status]
        details: dict[str, dict[str, Any]] = {
            "refund.accepted": {"psp_status": status},
            "refund.succeeded": {"kind": "refund", "psp_at": at},
            "refund.failed": {"failure_reason": _failure_code(thing) or status},
            "refund.cancelled": {"reason": status},
        }
        more = details[type_]
        found.append(Told(type=type_, data={**base, **more}, occurred_at=at))
    number = text(at_path(thing, "acquirer_reference_number")) or text(thing.get("arn"))
    if number is not None:
        data = {
            **base,
            "reference_type": "acquirer_reference_number",
            "reference": number,
            "reference_status": "available",
        }
        at = times[-1][1] if times else made
        found.append(Told(type="refund.reference_recorded", data=data, occurred_at=at))
    return found


def _firsts(
    times: list[tuple[str, str | None]], meanings: Mapping[str, str]
) -> list[tuple[str, str | None]]:
    """Return the first status of each meaning: settling and settled are one capture."""
    found: dict[str, tuple[str, str | None]] = {}
    for status, at in times:
        if status in meanings:
            found.setdefault(meanings[status], (status, at))
    return list(found.values())


def _failure_code(thing: Mapping[str, Any]) -> str | None:
    return (
        text(at_path(thing, "gateway_rejection_reason"))
        or text(at_path(thing, "processor_settlement_response_code"))
        or text(at_path(thing, "processor_response_code"))
    )


def _instrument(thing: Mapping[str, Any]) -> dict[str, Any] | None:
    method = text(at_path(thing, "payment_instrument_type"))
    for name in _CARDS:
        card = at_path(thing, name)
        last4 = text(at_path(card, "last_4")) or text(at_path(card, "last4"))
        if last4 is not None:
            brand = text(at_path(card, "card_type"))
            wallet = None if name == "credit_card" else name
            return {"kind": "card", "brand": brand, "last4": last4, "wallet": wallet}
    if method is None:
        return None
    return {"kind": method.removesuffix("_account")}
