"""Paddle Classic's alerts, whose fields are all text, and what its API answers.

Paddle's `order_id` numbers its own orders; the shop's number is nowhere but in what the shop passes
through, in a form of its own.

Source: https://developer.paddle.com/webhook-reference (Payment Refunded, Subscription Payment
Refunded, Payment Dispute Created, Payment Dispute Closed).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from sources.message import Message, Told, object_id
from sources.payload_values import currency, first_time, minor_units, text, time

PSP = "paddle"

PAYMENT = "api.payment"
REFUND_REQUEST = "api.refund_request"

_UTC = "Z"


def kind_of(item: Mapping[str, Any]) -> str | None:
    """Return the name of an alert, or what an answer of the API is."""
    name = item.get("alert_name")
    if isinstance(name, str) and name and "alert_id" in item:
        return name
    if "refund_request_id" in item:
        return REFUND_REQUEST
    if "payout_date" in item and "is_paid" in item and "subscription_id" in item:
        return PAYMENT
    return None


def translate(kind: str, item: Mapping[str, Any], raw: bytes) -> Message:
    """Return what an alert or an answer says."""
    at = time(item.get("event_time"), _UTC) or time(item.get("payout_date"), _UTC)
    alert = text(item.get("alert_id"))
    own_id = alert or object_id(kind, raw)
    tell = _TELLERS.get(kind)
    return Message(
        id=own_id,
        type=kind,
        occurred_at=first_time(at),
        told=[] if tell is None else tell(item),
        links=_links(item) or [own_id],
    )


def _links(item: Mapping[str, Any]) -> list[str]:
    found = (
        _payment_of(item),
        _prefixed("", item.get("order_id")),
        _prefixed("", item.get("checkout_id")),
        _prefixed("refund/", item.get("refund_request_id")),
    )
    return list(dict.fromkeys(each for each in found if each is not None))


def _prefixed(kind: str, value: Any) -> str | None:
    found = text(value)
    return None if found is None else f"{PSP}:{kind}{found}"


def _payment_of(item: Mapping[str, Any]) -> str | None:
    """Return the id of a payment: a subscription's own number, else that of Paddle's order."""
    paid = item.get("subscription_payment_id")
    if kind_of(item) == PAYMENT:
        paid = item.get("id")
    return _prefixed("payment/", paid) or _prefixed("", item.get("order_id"))


def _money(value: Any, code: Any) -> dict[str, Any]:
    found = currency(code)
    if isinstance(value, float) and isfinite(value):
        value = str(Decimal(repr(value)))  # answers of the API hold numbers
    return {"amount": minor_units(value, found), "currency": found}


def _base(item: Mapping[str, Any]) -> dict[str, Any]:
    psp_id = text(item.get("subscription_payment_id")) or text(item.get("order_id"))
    return {"payment_id": _payment_of(item), "psp": PSP, "psp_payment_id": psp_id}


def _succeeded(item: Mapping[str, Any]) -> list[Told]:
    method = text(item.get("payment_method"))
    data = {
        **_base(item),
        "method": method,
        "instrument": None if method is None else {"kind": method},
        **_money(item.get("sale_gross"), item.get("currency")),
    }
    return [Told(type="payment.captured", data=data)]


def _failed(item: Mapping[str, Any]) -> list[Told]:
    data = {**_base(item), **_money(item.get("amount"), item.get("currency"))}
    return [Told(type="payment.failed", data=data)]


def _refunded(item: Mapping[str, Any]) -> list[Told]:
    alert = text(item.get("alert_id"))
    if alert is None:
        return []
    data = {
        "refund_id": f"{PSP}:{alert}",  # Paddle tells no id of the refund
        "psp": PSP,
        "payment_id": _payment_of(item),
        **_money(item.get("amount"), item.get("currency")),
    }
    done = {**data, "kind": "refund", "psp_at": time(item.get("event_time"), _UTC)}
    return [Told(type="refund.submitted", data=data), Told(type="refund.succeeded", data=done)]


def _requested(item: Mapping[str, Any]) -> list[Told]:
    own_id = text(item.get("refund_request_id"))
    if own_id is None:
        return []
    data = {"refund_id": own_id, "psp_refund_id": own_id, "psp": PSP, "psp_status": "requested"}
    return [Told(type="refund.accepted", data=data, about=own_id)]


def _paid(item: Mapping[str, Any]) -> list[Told]:
    own_id = text(item.get("id"))
    if own_id is None or item.get("is_paid") not in (1, True):
        return []
    data = {
        "payment_id": _payment_of(item),
        "psp": PSP,
        "psp_payment_id": own_id,
        **_money(item.get("amount"), item.get("currency")),
    }
    return [Told(type="payment.captured", data=data, about=own_id)]


def _disputed(item: Mapping[str, Any]) -> list[Told]:
    return [Told(type="dispute.opened", data=_dispute(item))]


def _dispute_won(item: Mapping[str, Any]) -> list[Told]:
    # Paddle sends it where it contested the dispute and won.
    return [Told(type="dispute.won", data=_dispute(item))]


def _dispute(item: Mapping[str, Any]) -> dict[str, Any]:
    # Paddle tells no id of the dispute, and adds its fee to the amount in the buyer's currency.
    return {
        "dispute_id": _prefixed("", item.get("order_id")),
        "payment_id": _payment_of(item),
        "kind": "chargeback",
        **_money(item.get("balance_amount"), item.get("balance_currency")),
    }


_TELLERS: Mapping[str, Callable[[Mapping[str, Any]], list[Told]]] = {
    "payment_succeeded": _succeeded,
    "subscription_payment_succeeded": _succeeded,
    "subscription_payment_failed": _failed,
    "payment_refunded": _refunded,
    "subscription_payment_refunded": _refunded,
    "payment_dispute_created": _disputed,
    "payment_dispute_closed": _dispute_won,
    REFUND_REQUEST: _requested,
    PAYMENT: _paid,
}
