"""Parcels, as the seller or a carrier reported them to PayPal.

Source: https://developer.paypal.com/docs/api/tracking/v1/, and the trackers of orders,
https://developer.paypal.com/docs/api/orders/v2/#orders_track_create.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import first_time, text, time
from sources.paypal.objects import changed

_TYPES = {
    "SHIPPED": "shipment.dispatched",
    "DELIVERED": "shipment.delivered",
    "INRETURN": "shipment.returned_to_sender",
    "RETURNED": "shipment.return_received",
    "LOCAL_PICKUP": "shipment.available_for_pickup",
    "DELIVERY_DELAYED": "shipment.delayed",
    "DELIVERY_FAILED": "shipment.delivery_failed",
}
_RETURNED_TYPES = {
    "SHIPPED": "shipment.return_in_transit",
    "IN_TRANSIT": "shipment.return_in_transit",
    "DELIVERED": "shipment.return_received",
}
_SCANS = {
    "SHIPMENT_CREATED": "label",
    "LABEL_PRINTED": "label",
    "DROPPED_OFF": "in_transit",
    "IN_TRANSIT": "in_transit",
    "DELIVERY_SCHEDULED": "in_transit",
    "PICKUP_FAILED": "label",
}


def tracker(resource: Mapping[str, Any], at: str | None = None) -> list[Told]:
    """Tell of a tracker of the tracking API.

    Args:
        resource: the object.
        at: when it happened, where the object does not say.
    """
    number = text(resource.get("tracking_number"))
    own = f"{text(resource.get('transaction_id')) or ''}-{number or ''}".strip("-")
    carrier = text(resource.get("carrier"))
    if carrier in (None, "OTHER"):
        carrier = text(resource.get("carrier_name_other")) or carrier
    shipped = time(resource.get("shipment_date"))
    when = first_time(time(resource.get("last_updated_time")), shipped, at)
    status = (text(resource.get("status")) or "").upper()
    if (text(resource.get("shipment_direction")) or "").upper() == "RETURN":
        meaning = _RETURNED_TYPES.get(status)
    else:
        meaning = _TYPES.get(status)
    data = {"shipment_id": own or None, "tracking_no": number, "carrier": carrier}
    return _tell(meaning, data, status, text(resource.get("shipment_date")), when)


def order_tracker(resource: Mapping[str, Any], at: str | None = None) -> list[Told]:
    """Tell of a tracker inside an order, whose id is the capture's and the tracking number."""
    own = text(resource.get("id"))
    number = own.partition("-")[2] if own else None
    status = (text(resource.get("status")) or "").upper()
    data = {"shipment_id": own, "tracking_no": number or None, "carrier": None}
    return _tell(_TYPES.get(status), data, status, None, changed(resource, at))


def _tell(
    meaning: str | None, data: dict[str, Any], status: str, shipped: str | None, when: str
) -> list[Told]:
    if meaning == "shipment.dispatched":
        data |= {"marked_shipped_at": shipped}
    elif meaning == "shipment.delivered":
        data.pop("carrier")
    elif meaning is None and status in _SCANS:
        meaning = "tracking.scan_received"
        data |= {"carrier_status": status, "normalised": _SCANS[status], "scan_at": when}
    if meaning is None:
        return []
    return [Told(type=meaning, data=data, occurred_at=when, about=data["shipment_id"] or "")]
