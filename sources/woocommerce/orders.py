"""Orders at WooCommerce.

Source: the order's properties and statuses of the REST API. A refund lies in its order as an id, a
reason and a total; all else about it is in the refund itself.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import (
    currency,
    first_time,
    integer,
    member,
    minor_units,
    objects,
    text,
)
from sources.provider_ids import provider_id
from sources.reading import Reading
from sources.woocommerce.people import address, billing, billing_address, buyer
from sources.woocommerce.reading import meta, moment, order_links

# Not ordered yet: what the checkout or the editor keeps while somebody fills it in.
_NOT_YET = frozenset({"checkout-draft", "auto-draft", "draft", "new"})
# Keys under which the plug-ins of Stripe and of WooPayments leave the payment intent's id.
_INTENT = ("_stripe_intent_id", "_intent_id", "_stripe_upe_payment_intent")


def read_order(value: Mapping[str, Any]) -> Reading:
    """Read an order as it stands."""
    code = currency(value.get("currency"))
    status = (text(value.get("status")) or "").removeprefix("wc-")
    changed = moment(value, "date_modified") or _updated(value)
    told: list[Told] = []
    if status not in _NOT_YET:
        told = [
            _placed(value, code),
            *_tell_payment(value, code, status, changed),
            *_tell_refunds(value, code, status, changed),
            *_tell_end(value, status, changed),
        ]
    payments = [
        provider_id(meta(value, *_INTENT)),
        provider_id(value.get("transaction_id")),
    ]
    return Reading(
        occurred_at=first_time(changed, moment(value, "date_created")),
        told=told,
        order=_number(value),
        links=[*order_links(value.get("id")), *(each for each in payments if each)],
    )


def _number(value: Mapping[str, Any]) -> str | None:
    """Return the number that the customer knows: plug-ins may number otherwise than by id."""
    return text(value.get("number")) or text(value.get("order_number")) or text(value.get("id"))


def _updated(value: Mapping[str, Any]) -> str | None:
    return moment({"created_at": value.get("updated_at")}, "date_created")


def _placed(value: Mapping[str, Any], code: str | None) -> Told:
    at = moment(value, "date_created")
    discount = value.get("discount_total") or value.get("total_discount")
    shipping = value.get("shipping_total") or value.get("total_shipping")
    data = {
        "order_no": _number(value),
        "placed_at": at,
        "source_channel": text(value.get("created_via")) or "woocommerce",
        "customer_id": text(value.get("customer_id")) if value.get("customer_id") else None,
        "payment_method": _method(value),
        "buyer": buyer(value),
        "ship_to": address(value.get("shipping") or value.get("shipping_address")),
        "bill_to": billing_address(billing(value)),
        "lines": _lines(value, code) or None,
        "currency": code,
        "total": minor_units(value.get("total"), code),
        "totals": {
            "items": minor_units(value.get("subtotal"), code),
            "shipping": minor_units(shipping, code),
            "tax": minor_units(value.get("total_tax"), code),
            "discount": minor_units(discount, code),
            "grand": minor_units(value.get("total"), code),
        },
        "remarks": text(value.get("customer_note")) or text(value.get("note")),
    }
    return Told(type="order.placed", data=data, occurred_at=at)


def _lines(value: Mapping[str, Any], code: str | None) -> list[dict[str, Any]]:
    """Return the lines. The third API's prices are computed numbers with any number of decimals."""
    found = []
    for each in objects(value.get("line_items")):
        line = {
            "line_no": text(each.get("id")),
            "sku": text(each.get("sku")),
            "title": text(each.get("name")),
            "quantity": integer(each.get("quantity")),
            "unit_price": minor_units(each.get("price"), code),
        }
        found.append({name: held for name, held in line.items() if held is not None})
    return found


def _method(value: Mapping[str, Any]) -> str | None:
    return text(value.get("payment_method")) or text(member(value, "payment_details", "method_id"))


def _payment(value: Mapping[str, Any], code: str | None) -> dict[str, Any]:
    """Return what every event about the payment says.

    Named as the provider names it, so that its own messages tell of the same payment.
    """
    transaction = text(value.get("transaction_id"))
    own = next(iter(order_links(value.get("id"))), None)
    method = _method(value)
    return {
        "payment_id": provider_id(meta(value, *_INTENT)) or transaction or own,
        "psp_payment_id": transaction,
        "psp": _psp(method),
        "method": method,
        "amount": minor_units(value.get("total"), code),
        "currency": code,
    }


def _psp(method: str | None) -> str | None:
    """Return the provider behind a gateway's name, as other sources call it."""
    if method is None:
        return None
    if method == "stripe" or method.startswith("stripe_"):
        return "stripe"
    if method in ("paypal", "ppec_paypal") or method.startswith("ppcp"):
        return "paypal"
    return method


def _tell_payment(
    value: Mapping[str, Any], code: str | None, status: str, changed: str | None
) -> list[Told]:
    payment = _payment(value, code)
    paid = moment(value, "date_paid")
    if paid is None and member(value, "payment_details", "paid") is True:
        # The first API says that it is paid, and not since when.
        paid = moment(value, "date_completed") or changed
    if paid is not None:
        return [Told(type="payment.captured", data=payment, occurred_at=paid)]
    if status == "failed":
        return [Told(type="payment.failed", data=payment, occurred_at=changed)]
    if status in ("pending", "on-hold"):
        at = moment(value, "date_created")
        return [Told(type="payment.initiated", data=payment, occurred_at=at)]
    return []


def _tell_refunds(
    value: Mapping[str, Any], code: str | None, status: str, changed: str | None
) -> list[Told]:
    payment = _payment(value, code)
    common = {"psp": payment["psp"], "payment_id": payment["payment_id"], "currency": code}
    told = []
    for each in objects(value.get("refunds")):
        refund_id = text(each.get("id"))
        amount = minor_units(each.get("total"), code)
        if refund_id is None:
            continue
        data = common | {
            "refund_id": refund_id,
            "amount": None if amount is None else abs(amount),
        }
        # The refund itself names no currency: what was asked for keeps the amount beside it.
        told += [
            Told(type=step, data=data, occurred_at=changed, about=refund_id)
            for step in ("refund.requested", "refund.approved")
        ]
    if status == "refunded" and "refunds" not in value:
        # The first API names no refunds; it was the whole order.
        own = next(iter(order_links(value.get("id"))), None)
        if own is not None:
            data = common | {"refund_id": own, "amount": payment["amount"]}
            told.append(Told(type="refund.approved", data=data, occurred_at=changed))
    return told


def _tell_end(value: Mapping[str, Any], status: str, changed: str | None) -> list[Told]:
    if status == "cancelled":
        return [Told(type="order.cancelled", data={}, occurred_at=changed)]
    if status == "completed":
        at = moment(value, "date_completed") or changed
        return [Told(type="order.closed", data={"outcome": "completed"}, occurred_at=at)]
    return []
