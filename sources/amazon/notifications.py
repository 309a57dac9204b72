"""Notifications: an envelope with a type, a time and one payload.

Source: https://developer-docs.amazon.com/sp-api/docs/notification-type-values and the schemas in
amzn/selling-partner-api-models. Older ones capitalise their members, newer ones do not.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.reading import name_key
from sources.amazon.reading import CHANNEL, order_links, pick
from sources.amazon.states import tell_status
from sources.amazon.tracking import tell_scan
from sources.amazon.transactions import read_transaction
from sources.message import Told
from sources.payload_values import first_time, integer, objects, text, time
from sources.provider_ids import parcel_id
from sources.reading import Reading

_NOT_TOLD = ["buyer", "total"]
"""What an order of which only a notification is known lacks."""


def kind_of(value: Mapping[str, Any]) -> str | None:
    """Return the type of a notification, None for any other object."""
    kind = text(pick(value, "NotificationType"))
    if kind is None or pick(value, "Payload") is None:
        return None
    return kind if pick(value, "NotificationMetadata") is not None else None


def read_notification(kind: str, value: Mapping[str, Any]) -> Reading:
    """Read a notification; one of a type that is not known is kept."""
    sent = time(pick(value, "EventTime")) or time(
        pick(value, "NotificationMetadata", "PublishTime")
    )
    payload = pick(value, "Payload")
    inner = payload
    if isinstance(payload, dict):
        inner = next(
            (held for name, held in payload.items() if name.endswith("Notification")), payload
        )
    reader = _READERS.get(kind)
    if reader is None or not isinstance(inner, dict):
        return Reading(occurred_at=first_time(sent))
    return reader(inner, sent)


def _read_order_change(value: Mapping[str, Any], sent: str | None) -> Reading:
    order_id = text(value.get("AmazonOrderId"))
    trigger, summary = value.get("OrderChangeTrigger"), value.get("Summary")
    changed = time(pick(trigger, "TimeOfOrderChange")) or sent
    placed = time(pick(summary, "PurchaseDate"))
    items = objects(pick(summary, "OrderItems"))
    told: list[Told] = []
    if placed is not None:
        data = {
            "order_no": order_id,
            "placed_at": placed,
            "source_channel": CHANNEL,
            "promised_ship_by": time(pick(summary, "LatestShipDate")),
            "promised_deliver_by": time(pick(summary, "LatestDeliveryDate")),
            "ship_to": {"postcode": text(pick(summary, "DestinationPostalCode"))},
            "lines": [_line(each) for each in items] or None,
            "missing_dimensions": _NOT_TOLD,
        }
        told.append(Told(type="order.imported", data=data, occurred_at=placed))
    told += tell_status(order_id, pick(summary, "OrderStatus"), changed)
    if any(each.get("IsBuyerRequestedCancel") is True for each in items):
        wish = {"by": "customer", "reason_code": text(pick(trigger, "ChangeReason"))}
        told.append(Told(type="order.cancellation_requested", data=wish, occurred_at=changed))
    parcel = {"shipment_id": order_id}
    told += tell_scan(parcel, pick(summary, "EasyShipShipmentStatus"), changed)
    return Reading(
        occurred_at=first_time(changed, sent),
        told=told,
        order=order_id,
        links=order_links(order_id),
    )


def _line(each: Mapping[str, Any]) -> dict[str, Any]:
    line = {
        "line_no": text(each.get("OrderItemId")),
        "sku": text(each.get("SellerSKU")),
        "quantity": integer(each.get("Quantity")),
    }
    return {name: held for name, held in line.items() if held is not None}


def _read_fba_shipment(value: Mapping[str, Any], sent: str | None) -> Reading:
    order_id = text(value.get("AmazonOrderId"))
    shipment = text(value.get("AmazonShipmentId"))
    status = name_key(text(value.get("ShipmentStatus")))
    told = []
    if shipment is not None:
        name, data = "picking.list_created", {"pick_id": shipment}
        if status in ("shipped", "complete", "completed"):
            name, data = "shipment.dispatched", {"shipment_id": shipment, "carrier": CHANNEL}
        elif status in ("canceled", "cancelled"):
            name, data = "outbound.failed", {"shipment_id": shipment, "cause": "cancelled"}
        told.append(Told(type=name, data=data, occurred_at=sent))
    return Reading(
        occurred_at=first_time(sent),
        told=told,
        order=order_id,
        links=[*order_links(order_id), *([f"amazon:shipment/{shipment}"] if shipment else [])],
    )


def _read_fulfillment_order(value: Mapping[str, Any], sent: str | None) -> Reading:
    """Read how Amazon ships an order of another shop: known by the seller's name of the job."""
    at = time(value.get("StatusUpdatedDateTime")) or sent
    own = text(value.get("SellerFulfillmentOrderId"))
    shipment = value.get("FulfillmentShipment")
    shipment_id = text(pick(shipment, "AmazonShipmentId"))
    status = name_key(text(pick(shipment, "FulfillmentShipmentStatus")))
    packages = objects(pick(shipment, "FulfillmentShipmentPackages"))
    told: list[Told] = []
    if status.startswith("cancelled") or name_key(text(value.get("FulfillmentOrderStatus"))) in (
        "cancelled",
        "unfulfillable",
        "invalid",
    ):
        data = {"shipment_id": shipment_id, "cause": text(value.get("FulfillmentOrderStatus"))}
        told.append(Told(type="outbound.failed", data=data, occurred_at=at))
    else:
        name = "shipment.dispatched" if status == "shipped" else "label.printed"
        for each in packages:
            number = text(each.get("PackageNumber")) or ""
            parcel = {
                "shipment_id": f"{shipment_id}/{number}",
                "tracking_no": text(each.get("TrackingNumber")),
                "carrier": text(each.get("CarrierCode")),
            }
            told.append(Told(type=name, data=parcel, occurred_at=at, about=number))
    back = value.get("FulfillmentReturnItem")
    if isinstance(back, dict):
        line = {
            "sku": text(back.get("SellerSKU")),
            "quantity": integer(back.get("ReturnedQuantity")),
        }
        told.append(
            Told(
                type="shipment.return_received",
                data={"shipment_id": f"{shipment_id}/return", "lines": [line]},
                occurred_at=time(back.get("ReceivedDateTime")) or at,
            )
        )
    parcels = [parcel_id(each.get("TrackingNumber")) for each in packages]
    return Reading(
        occurred_at=first_time(at),
        told=told,
        links=[
            *(each for each in parcels if each),
            *([f"amazon:fulfillment_order/{own}"] if own else []),
            *([f"amazon:shipment/{shipment_id}"] if shipment_id else []),
        ],
    )


def _read_milestones(value: Mapping[str, Any], sent: str | None) -> Reading:
    """Read the way of a parcel so far: the history, and its latest milestone if it is not there."""
    detail = value.get("trackingDetail")
    named = pick(detail, "identifier")
    number = next(
        (
            found
            for name in ("aftn", "trackingId", "trackingNumber")
            if (found := text(pick(named, name))) is not None
        ),
        None,
    )
    order_id = text(pick(named, "amazonOrderId")) or text(pick(named, "orderId"))
    parcel = {"shipment_id": number, "tracking_no": number, "carrier": CHANNEL}
    history = objects(pick(detail, "milestoneHistory"))
    latest = pick(detail, "latestMilestone")
    if isinstance(latest, dict) and latest not in history:
        history.append(latest)
    told: list[Told] = []
    for each in history:
        at = time(each.get("occurredAt"))
        address = pick(each, "location", "address")
        parts = [text(pick(address, name)) for name in ("city", "region", "countryCode")]
        code = text(pick(each, "status", "code"))
        told += tell_scan(
            parcel,
            code,
            at,
            f"{code}/{at}",
            carrier_substatus=text(pick(each, "status", "subCode")),
            message=text(pick(each, "status", "description")),
            location=", ".join(part for part in parts if part) or None,
        )
    told.sort(key=lambda each: each.occurred_at or "")
    return Reading(
        occurred_at=first_time(time(pick(latest, "occurredAt")), sent),
        told=told,
        order=order_id,
        links=[*order_links(order_id), *([number] if number else [])],
    )


def _read_transaction(value: Mapping[str, Any], sent: str | None) -> Reading:
    reading = read_transaction(value)
    if reading.told or sent is None:
        return reading
    return Reading(occurred_at=sent, order=reading.order, links=reading.links)


_READERS: Mapping[str, Callable[[Mapping[str, Any], str | None], Reading]] = {
    "ORDER_CHANGE": _read_order_change,
    "FBA_OUTBOUND_SHIPMENT_STATUS": _read_fba_shipment,
    "FULFILLMENT_ORDER_STATUS": _read_fulfillment_order,
    "SHIPMENT_TRACKING_MILESTONE_CHANGED": _read_milestones,
    "TRANSACTION_UPDATE": _read_transaction,
}
