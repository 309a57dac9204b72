"""Orders, version 0: an order, its items, and what is asked for apart from it.

Source: https://developer-docs.amazon.com/sp-api/docs/orders-api-v0-reference.
"""

from collections.abc import Mapping
from typing import Any

from sources.amazon.reading import channel_of, money, order_links
from sources.amazon.states import tell_status
from sources.amazon.tracking import tell_scan
from sources.message import Told
from sources.payload_values import first_time, integer, member, objects, text, time
from sources.reading import Reading


def read_order(value: Mapping[str, Any]) -> Reading:
    """Read an order as it stands."""
    order_id = text(value.get("AmazonOrderId"))
    changed = time(value.get("LastUpdateDate"))
    total = money(value.get("OrderTotal"))
    told = [_placed(value, order_id, total)]
    told += tell_status(order_id, value.get("OrderStatus"), changed, total=total)
    told += tell_scan({"shipment_id": order_id}, value.get("EasyShipShipmentStatus"), changed)
    return Reading(
        occurred_at=first_time(changed, time(value.get("PurchaseDate"))),
        told=told,
        order=order_id,
        links=[*order_links(order_id), *_own_number(value, order_id)],
        name=order_id,
    )


def read_items(value: Mapping[str, Any]) -> Reading:
    """Read the items of an order. They have no time."""
    order_id = text(value.get("AmazonOrderId"))
    told = []
    for each in objects(value.get("OrderItems")):
        item = text(each.get("OrderItemId"))
        if item is None or "QuantityOrdered" not in each:
            continue
        quantity = integer(each.get("QuantityOrdered"))
        paid, code = money(each.get("ItemPrice"))  # of all units together
        line = {
            "line_no": item,
            "sku": text(each.get("SellerSKU")),
            "title": text(each.get("Title")),
            "quantity": quantity,
            "unit_price": paid // quantity if paid and quantity and paid % quantity == 0 else None,
            "currency": code,
            "custom_text": text(member(each, "BuyerInfo", "GiftMessageText")),
        }
        kept = {name: held for name, held in line.items() if held is not None}
        data = {"line": kept, "line_no": item, "sku": line["sku"]}
        told.append(Told(type="order.line_added", data=data, about=item))
        asked = member(each, "BuyerRequestedCancel", "IsBuyerRequestedCancel")
        if asked in (True, "true"):
            wish = {"by": "customer", "reason_code": "buyer_requested"}
            told.append(Told(type="order.cancellation_requested", data=wish, about=item))
    return Reading(told=told, order=order_id, links=order_links(order_id), name=order_id)


def read_detail(value: Mapping[str, Any]) -> Reading:
    """Read an address, a buyer or regulated information asked for apart: kept with its order."""
    order_id = text(value.get("AmazonOrderId"))
    return Reading(order=order_id, links=order_links(order_id), name=order_id)


def _own_number(value: Mapping[str, Any], order_id: str | None) -> list[str]:
    """Return the link of the seller's own number, where the seller gave one."""
    own = text(value.get("SellerOrderId"))
    return [] if own in (None, order_id) else [f"amazon:seller_order/{own}"]


def _placed(
    value: Mapping[str, Any], order_id: str | None, total: tuple[int | None, str | None]
) -> Told:
    buyer = value.get("BuyerInfo")
    at = time(value.get("PurchaseDate"))
    data = {
        "order_no": order_id,
        "placed_at": at,
        "source_channel": channel_of(value.get("SalesChannel")),
        "payment_method": text(value.get("PaymentMethod")),
        "promised_ship_by": time(value.get("LatestShipDate")),
        "promised_deliver_by": time(value.get("LatestDeliveryDate")),
        "buyer": {
            "name": text(member(buyer, "BuyerName")),
            "email": text(member(buyer, "BuyerEmail")),
            "country": text(member(value, "ShippingAddress", "CountryCode")),
        },
        "ship_to": _address(value.get("ShippingAddress")),
        "bill_to": {"company": text(member(buyer, "BuyerTaxInfo", "CompanyLegalName"))},
        "currency": total[1],
        "total": total[0],
    }
    return Told(type="order.placed", data=data, occurred_at=at)


def _address(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    lines = [text(value.get(f"AddressLine{number}")) for number in (1, 2, 3)]
    return {
        "recipient": text(value.get("Name")),
        "phone": text(value.get("Phone")),
        "lines": [line for line in lines if line] or None,
        "city": text(value.get("City")),
        "region": text(value.get("StateOrRegion")),
        "postcode": text(value.get("PostalCode")),
        "country": text(value.get("CountryCode")),
    }
