"""What PayPal booked to the seller: gross, fee and net, less than zero where money went back.

A fee is what PayPal keeps, so net is gross less fee, for a refund too, where it gives fee back.

Source: `seller_receivable_breakdown` and `seller_payable_breakdown` of
https://developer.paypal.com/docs/api/payments/v2/, and the transactions of
https://developer.paypal.com/docs/api/transaction-search/v1/.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import currency, member, minor_units, text
from sources.paypal.objects import PSP, day_of


def capture_booked(capture: Mapping[str, Any], status: str, at: str) -> list[Told]:
    """Tell what a capture brought, where it says so."""
    own = text(capture.get("id"))
    ids = {"payment_id": own, "psp_payment_id": own, "balance_transaction": own}
    amounts = _breakdown(capture.get("seller_receivable_breakdown"), 1)
    return _booked(ids, amounts, "capture", status, at)


def refund_booked(refund: Mapping[str, Any], status: str, at: str, payment: Any) -> list[Told]:
    """Tell what a refund cost, where it says so."""
    own = text(refund.get("id"))
    ids = {"refund_id": own, "payment_id": payment, "balance_transaction": own}
    amounts = _breakdown(refund.get("seller_payable_breakdown"), -1)
    return _booked(ids, amounts, "refund", status, at)


def transaction_booked(
    info: Mapping[str, Any], code: str, status: str, at: str, ids: Mapping[str, Any]
) -> list[Told]:
    """Tell what a transaction of the reports moved.

    Args:
        info: the transaction.
        code: its event code, such as `T1107`.
        status: in words.
        at: when it was booked.
        ids: what it is about, `payment_id` or `refund_id`.
    """
    unit = currency(member(info, "transaction_amount", "currency_code"))
    gross, fee = (_minor(info.get(name), unit) for name in ("transaction_amount", "fee_amount"))
    own = {"balance_transaction": text(info.get("transaction_id"))}
    # The reports write a fee as what it does to the balance.
    amounts = {"currency": unit, "gross": gross, "fee": None if fee is None else -fee}
    if gross is not None:
        amounts["net"] = gross + (fee or 0)
    return _booked({**ids, **own}, amounts, code, status, at)


def _breakdown(value: Any, sign: int) -> dict[str, Any]:
    unit = currency(member(value, "gross_amount", "currency_code"))
    found: dict[str, Any] = {"currency": unit}
    for name, part in (("gross", "gross_amount"), ("fee", "paypal_fee"), ("net", "net_amount")):
        minor = _minor(member(value, part), unit)
        found[name] = None if minor is None else sign * minor
    return found


def _minor(value: Any, unit: str | None) -> int | None:
    """Return an amount with its sign, None where it is in another currency."""
    if currency(member(value, "currency_code")) != unit:
        return None
    return minor_units(member(value, "value"), unit)


def _booked(
    ids: Mapping[str, Any], amounts: Mapping[str, Any], kind: str, status: str, at: str
) -> list[Told]:
    if amounts["gross"] is None:
        return []
    about = {"psp": PSP, "kind": kind, "status": status.lower(), "booked_on": day_of(at)}
    return [
        Told(
            type="payment.booked",
            data={**ids, **amounts, **about},
            occurred_at=at,
            about=ids["balance_transaction"] or "",
        )
    ]
