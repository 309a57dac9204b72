"""Orders, version 2026-01-01: one object with items, packages and cancellations.

Source: https://developer-docs.amazon.com/sp-api, Orders API 2026-01-01.
"""

from collections.abc import Mapping
from typing import Any

from domain.reading import name_key
from sources.amazon.reading import channel_of, money, order_links
from sources.amazon.states import tell_status
from sources.amazon.tracking import tell_scan
from sources.message import Told
from sources.payload_values import first_time, integer, member, objects, text, time
from sources.provider_ids import parcel_id
from sources.reading import Reading


def read_order(value: Mapping[str, Any]) -> Reading:
    """Read an order as it stands."""
    order_id = text(value.get("orderId"))
    changed = time(value.get("lastUpdatedTime"))
    total = money(member(value, "proceeds", "grandTotal"))
    packages = objects(value.get("packages"))
    told = [_placed(value, order_id, total)]
    told += _tell_wish(value)
    told += tell_status(
        order_id,
        member(value, "fulfillment", "fulfillmentStatus"),
        changed,
        total=total,
        packed=bool(packages),
    )
    told += _tell_cancellations(value, changed)
    for each in packages:
        told += _tell_package(each, changed)
    parcels = [parcel_id(each.get("trackingNumber")) for each in packages]
    aliases = [
        f"amazon:seller_order/{name}"
        for each in objects(value.get("orderAliases"))
        if (name := text(each.get("aliasId"))) is not None
    ]
    return Reading(
        occurred_at=first_time(changed, time(value.get("createdTime"))),
        told=told,
        order=order_id,
        links=[*order_links(order_id), *(each for each in parcels if each), *aliases],
        name=order_id,
    )


def _placed(
    value: Mapping[str, Any], order_id: str | None, total: tuple[int | None, str | None]
) -> Told:
    at = time(value.get("createdTime"))
    address = member(value, "recipient", "deliveryAddress")
    fulfillment = value.get("fulfillment")
    data = {
        "order_no": order_id,
        "placed_at": at,
        "source_channel": channel_of(member(value, "salesChannel", "channelName")),
        "promised_ship_by": time(member(fulfillment, "shipByWindow", "latestDateTime")),
        "promised_deliver_by": time(member(fulfillment, "deliverByWindow", "latestDateTime")),
        "buyer": {
            "name": text(member(value, "buyer", "buyerName")),
            "email": text(member(value, "buyer", "buyerEmail")),
            "country": text(member(address, "countryCode")),
        },
        "ship_to": _address(address),
        "bill_to": {"company": text(member(value, "buyer", "buyerCompanyName"))},
        "lines": [_line(each) for each in objects(value.get("orderItems"))] or None,
        "currency": total[1],
        "total": total[0],
    }
    return Told(type="order.placed", data=data, occurred_at=at)


def _line(each: Mapping[str, Any]) -> dict[str, Any]:
    price, code = money(member(each, "product", "price", "unitPrice"))
    line = {
        "line_no": text(each.get("orderItemId")),
        "sku": text(member(each, "product", "sellerSku")),
        "title": text(member(each, "product", "title")),
        "quantity": integer(each.get("quantityOrdered")),
        "unit_price": price,
        "currency": code,
        "custom_text": text(member(each, "fulfillment", "packing", "giftOption", "giftMessage")),
    }
    return {name: held for name, held in line.items() if held is not None}


def _tell_wish(value: Mapping[str, Any]) -> list[Told]:
    wish = text(member(value, "recipient", "deliveryPreference", "addressInstruction"))
    if wish is None:
        return []
    data = {"text": wish, "kind": "delivery_instruction"}
    at = time(value.get("createdTime"))
    return [Told(type="order.special_request_recorded", data=data, occurred_at=at)]


def _tell_cancellations(value: Mapping[str, Any], changed: str | None) -> list[Told]:
    """Tell who asked to cancel an item, and what was cancelled though the order stands."""
    told = []
    status = name_key(text(member(value, "fulfillment", "fulfillmentStatus")))
    for each in objects(value.get("orderItems")):
        item = text(each.get("orderItemId")) or ""
        requester = text(member(each, "cancellation", "cancellationRequest", "requester"))
        if requester is not None:
            by = "customer" if name_key(requester) == "buyer" else requester.lower()
            told.append(
                Told(
                    type="order.cancellation_requested",
                    data={"by": by},
                    occurred_at=changed,
                    about=item,
                )
            )
        done = text(member(each, "cancellation", "cancellationExecution", "cancelledBy"))
        if done is not None and status not in ("canceled", "cancelled"):
            line = {"line": _line(each), "line_no": item, "reason": f"cancelled by {done.lower()}"}
            told.append(Told(type="order.line_removed", data=line, occurred_at=changed, about=item))
    return told


def _tell_package(value: Mapping[str, Any], changed: str | None) -> list[Told]:
    own = text(value.get("packageReferenceId"))
    parcel = {
        "shipment_id": own,
        "tracking_no": text(value.get("trackingNumber")),
        "carrier": text(value.get("carrier")),
    }
    told = []
    left = time(value.get("shipTime"))
    if left is not None:
        data = parcel | {"service": text(value.get("shippingService"))}
        told.append(Told(type="shipment.dispatched", data=data, occurred_at=left, about=own or ""))
    status = value.get("packageStatus")
    seen = tell_scan(
        parcel,
        member(status, "status"),
        changed,
        own or "",
        carrier_substatus=text(member(status, "detailedStatus")),
    )
    return told + [each for each in seen if not (left and each.type == "shipment.dispatched")]


def _address(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    names = ("companyName", "addressLine1", "addressLine2", "addressLine3")
    lines = [text(value.get(name)) for name in names]
    return {
        "recipient": text(value.get("name")),
        "phone": text(value.get("phone")),
        "lines": [line for line in lines if line] or None,
        "city": text(value.get("city")),
        "region": text(value.get("stateOrRegion")),
        "postcode": text(value.get("postalCode")),
        "country": text(value.get("countryCode")),
    }
