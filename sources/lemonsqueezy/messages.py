"""Lemon Squeezy's orders and subscription invoices, alone or in an event.

Source: https://docs.lemonsqueezy.com/api/orders/the-order-object,
https://docs.lemonsqueezy.com/api/subscription-invoices/the-subscription-invoice-object,
https://docs.lemonsqueezy.com/help/webhooks/event-types.
"""

from collections.abc import Mapping
from typing import Any

from domain.money import exponent
from sources.message import Message, Told, object_id
from sources.payload_values import currency, first_time, integer, member, text, time

PSP = "lemonsqueezy"

_ORDERS = "orders"
_INVOICES = "subscription-invoices"
_TAKEN = ("paid", "refunded", "partial_refund")
_ENDED = {"failed": None, "fraudulent": "risk"}


def kind_of(item: Mapping[str, Any]) -> str | None:
    """Return the name of an event, or the kind of an object that was asked for."""
    data = item.get("data")
    name = member(item, "meta", "event_name")
    if isinstance(name, str) and name and isinstance(member(data, "attributes"), Mapping):
        return name
    attributes = item.get("attributes")
    if item.get("type") == _ORDERS and "store_id" in _object(attributes):
        return "order"
    if item.get("type") == _INVOICES and "subscription_id" in _object(attributes):
        return "subscription_invoice"
    return None


def translate(kind: str, item: Mapping[str, Any], raw: bytes) -> Message:
    """Return what an event or an object says."""
    thing = item if "attributes" in item else _object(item.get("data"))
    said = _object(thing.get("attributes"))
    own_id = text(thing.get("id"))
    is_order = thing.get("type") == _ORDERS
    known = own_id is not None and (is_order or thing.get("type") == _INVOICES)
    name = object_id(f"{kind}/{own_id}", raw)
    payment = _payment_id(own_id, is_order=is_order)
    links = [payment, text(said.get("identifier"))] if known else []
    return Message(
        id=name,
        type=kind,
        occurred_at=first_time(time(said.get("updated_at")), time(said.get("created_at"))),
        told=_tell(said, payment, is_order=is_order) if known else [],
        order=_order(item, said) if is_order else None,
        links=[link for link in links if link is not None] or [name],
    )


def _order(item: Mapping[str, Any], said: Mapping[str, Any]) -> str | None:
    # What the shop gave the checkout comes back in the event; else the store's own number.
    given = member(item, "meta", "custom_data")
    return (
        text(member(given, "order_id"))
        or text(member(given, "order_number"))
        or text(said.get("order_number"))
    )


def _payment_id(own_id: str | None, *, is_order: bool) -> str:
    return f"{PSP}:{own_id}" if is_order else f"{PSP}:invoice/{own_id}"


def _tell(said: Mapping[str, Any], payment: str, *, is_order: bool) -> list[Told]:
    made, status = time(said.get("created_at")), text(said.get("status"))
    code = currency(said.get("currency"))
    base = {
        "payment_id": payment,
        "psp": PSP,
        "psp_payment_id": text(said.get("identifier")) or payment,
    }
    data = {**base, "amount": _cents(said.get("total"), code), "currency": code}
    found = []
    if is_order:
        found.append(Told(type="order.placed", data=_placed(said, code), occurred_at=made))
    if status in _TAKEN:
        brand, last4 = text(said.get("card_brand")), text(said.get("card_last_four"))
        card = {"kind": "card", "brand": brand, "last4": last4} if brand else None
        captured = {**data, "instrument": card}
        found.append(Told(type="payment.captured", data=captured, occurred_at=made))
    elif status in _ENDED:
        failed = {**data, "failure_code": status, "cause": _ENDED[status]}
        found.append(Told(type="payment.failed", data=failed, occurred_at=made))
    elif status == "pending":
        found.append(Told(type="payment.initiated", data=data, occurred_at=made))
    return [*found, *_refund(said, payment, code)]


def _refund(said: Mapping[str, Any], payment: str, code: str | None) -> list[Told]:
    """Tell what was paid back. All refunds of a payment are one sum, without ids of their own."""
    back = integer(said.get("refunded_amount"))
    whole = said.get("status") == "refunded" or said.get("refunded") is True
    if not whole and not back:
        return []
    at = time(said.get("refunded_at"))
    data = {
        "refund_id": payment,
        "psp": PSP,
        "payment_id": payment,
        "amount": _cents(back or said.get("total"), code),
        "currency": code,
    }
    done = {**data, "kind": "refund", "psp_at": at}
    return [
        Told(type="refund.submitted", data=data, occurred_at=at),
        Told(type="refund.succeeded", data=done, occurred_at=at),
    ]


def _placed(said: Mapping[str, Any], code: str | None) -> dict[str, Any]:
    item = said.get("first_order_item")
    titles = [text(member(item, "product_name")), text(member(item, "variant_name"))]
    line = {
        "sku": text(member(item, "variant_id")),
        "title": " · ".join(each for each in titles if each) or None,
        "quantity": integer(member(item, "quantity")),
        "unit_price": _cents(member(item, "price"), code),
        "currency": code,
    }
    return {
        "placed_at": time(said.get("created_at")),
        "order_no": text(said.get("order_number")),
        "source_channel": PSP,
        "customer_id": text(said.get("customer_id")),
        "buyer": {"name": text(said.get("user_name")), "email": text(said.get("user_email"))},
        "currency": code,
        "total": _cents(said.get("total"), code),
        "totals": {
            "items": _cents(said.get("subtotal"), code),
            "discount": _cents(said.get("discount_total"), code),
            "tax": _cents(said.get("tax"), code),
            "grand": _cents(said.get("total"), code),
        },
        "lines": [{name: value for name, value in line.items() if value is not None}]
        if isinstance(item, Mapping)
        else None,
    }


def _cents(value: Any, code: str | None) -> int | None:
    # Amounts are "in cents"; of currencies that have none, no page says what is counted.
    return integer(value) if code is not None and exponent(code) == 2 else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
