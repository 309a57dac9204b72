"""Orders at Shopify, with the refunds, fulfilments and transactions that they hold.

Source: https://shopify.dev/docs/api/admin-rest/latest/resources/order and /order-risk.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import (
    currency,
    first_time,
    member,
    minor_units,
    objects,
    text,
    time,
)
from sources.reading import Reading
from sources.shopify.fulfillments import fulfillment_links, tell_fulfillment
from sources.shopify.ids import link, order_link, own_id
from sources.shopify.lines import order_lines
from sources.shopify.people import address, billing_address, buyer, first
from sources.shopify.refunds import refund_links, tell_refund
from sources.shopify.transactions import is_transaction, tell_transaction, transaction_links

# In these the money of the whole order came in, whatever went back later.
_PAID = frozenset({"paid", "refunded", "partially_refunded"})
_CHECKS = {"cancel": "red", "investigate": "amber"}


def read_order(value: Mapping[str, Any]) -> Reading:
    """Read an order as it stands."""
    refunds = objects(value.get("refunds"))
    parcels = objects(value.get("fulfillments"))
    transactions = [each for each in objects(value.get("transactions")) if is_transaction(each)]
    # Prices within an order are in the shop's currency, unless the customer paid in another one.
    code = currency(value.get("currency"))
    shown = currency(value.get("presentment_currency"))
    inner = code if shown in (None, code) else None
    told = [
        _placed(value, code),
        *_tell_paid(value, code),
        *_tell_end(value),
    ]
    for each in transactions:
        told += tell_transaction(each, inner)
    for each in refunds:
        told += tell_refund(each, inner)
    for each in parcels:
        told += tell_fulfillment(each)
    return Reading(
        occurred_at=first_time(
            time(value.get("updated_at")), time(value.get("created_at")), _placed_at(value)
        ),
        told=told,
        order=order_number(value),
        links=[
            *order_link(value.get("id")),
            *(each for inner in transactions for each in transaction_links(inner)),
            *(each for inner in refunds for each in refund_links(inner)),
            *(each for inner in parcels for each in fulfillment_links(inner)),
        ],
    )


def order_number(value: Mapping[str, Any]) -> str | None:
    """Return the number that the customer knows: the name without its hash."""
    name = text(value.get("name"))
    return (name.lstrip("#") if name else None) or text(value.get("order_number"))


def read_risk(value: Mapping[str, Any]) -> Reading:
    """Read what somebody thinks of an order's risk of fraud. It has no time."""
    own = own_id(value)
    severity = _CHECKS.get(text(value.get("recommendation")) or "")
    check = {
        "check_id": own,
        "indicator": "fraud_risk",
        "observed": text(value.get("score")),
        "severity": severity,
        "needs_human": severity is not None,
    }
    outcome = "order.check_passed" if severity is None else "order.check_failed"
    return Reading(
        told=[Told(type=outcome, data=check)] if own is not None else [],
        links=[*order_link(value.get("order_id")), *link("order_risk", own)],
    )


def _placed_at(value: Mapping[str, Any]) -> str | None:
    # An order that was imported into the shop keeps its own time in `processed_at`.
    return time(value.get("processed_at")) or time(value.get("created_at"))


def _placed(value: Mapping[str, Any], code: str | None) -> Told:
    at = _placed_at(value)
    gateways = value.get("payment_gateway_names")
    data = {
        "order_no": order_number(value),
        "placed_at": at,
        "source_channel": text(value.get("source_name")) or "shopify",
        "customer_id": text(member(value, "customer", "id")),
        "payment_method": first(
            *(gateways if isinstance(gateways, list) else ()), value.get("gateway")
        ),
        "buyer": buyer(value),
        "ship_to": address(value.get("shipping_address")),
        "bill_to": billing_address(value.get("billing_address")),
        "lines": order_lines(value.get("line_items"), code) or None,
        "currency": code,
        "total": minor_units(value.get("total_price"), code),
        "totals": {
            "items": minor_units(value.get("total_line_items_price"), code),
            "shipping": minor_units(
                member(value, "total_shipping_price_set", "shop_money", "amount"), code
            ),
            "tax": minor_units(value.get("total_tax"), code),
            "discount": minor_units(value.get("total_discounts"), code),
            "grand": minor_units(value.get("total_price"), code),
        },
        "remarks": text(value.get("note")),
    }
    return Told(type="order.placed", data=data, occurred_at=at)


def _tell_paid(value: Mapping[str, Any], code: str | None) -> list[Told]:
    """Tell that the shop calls the order paid; which capture that was, transactions tell."""
    status = text(value.get("financial_status"))
    if status not in _PAID and status != "partially_paid":
        return []
    total = minor_units(value.get("total_price"), code)
    if status == "partially_paid":
        open_ = minor_units(value.get("total_outstanding"), code)
        total = None if total is None or open_ is None else total - open_
    data = {
        "payment_id": own_id(value),
        "method": text(value.get("gateway")),
        "amount": total,
        "currency": code,
    }
    at = time(value.get("updated_at")) or _placed_at(value)
    return [Told(type="payment.confirmed_by_shop", data=data, occurred_at=at)]


def _tell_end(value: Mapping[str, Any]) -> list[Told]:
    told = []
    cancelled = time(value.get("cancelled_at"))
    if cancelled is not None:
        reason = text(value.get("cancel_reason"))
        data = {"reason_code": reason, "by": "customer" if reason == "customer" else None}
        told.append(Told(type="order.cancelled", data=data, occurred_at=cancelled))
    closed = time(value.get("closed_at"))
    if closed is not None:
        outcome = "cancelled" if cancelled else text(value.get("fulfillment_status"))
        told.append(Told(type="order.closed", data={"outcome": outcome}, occurred_at=closed))
    return told
