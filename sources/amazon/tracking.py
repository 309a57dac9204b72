"""Where parcels are, in Amazon's words: Easy Ship, packages, and milestones of tracking.

Sources: EasyShipShipmentStatus of orders v0, PackageStatus of orders 2026-01-01, and the schema of
the notification SHIPMENT_TRACKING_MILESTONE_CHANGED.
"""

from collections.abc import Mapping
from typing import Any

from domain.reading import name_key
from sources.message import Told
from sources.payload_values import text

_NORMALISED = {
    "label": (
        "pendingschedule", "pendingpickup", "pendingdropoff", "pending", "orderpreparing",
        "carrierassigned", "labelcreated",
    ),
    "in_transit": (
        "pickedup", "droppedoff", "atoriginfc", "atdestinationfc", "shipped", "intransit",
        "delayed",
    ),
    "out_for_delivery": ("outfordelivery",),
    "available_for_pickup": ("availableforpickup", "readyforpickup"),
    "attempt_failed": ("rejectedbybuyer", "undeliverable", "deliveryattempted"),
    "delivered": ("delivered",),
    "returning": ("returningtoseller", "returning"),
    "returned": ("returnedtoseller", "returned"),
    "damaged": ("damaged",),
    "lost": ("lost",),
}  # fmt: skip
_OURS = {status: ours for ours, statuses in _NORMALISED.items() for status in statuses}
_STATES = {
    "pickedup": "shipment.dispatched",
    "droppedoff": "shipment.dispatched",
    "shipped": "shipment.dispatched",
    "delayed": "shipment.delayed",
    "outfordelivery": "shipment.out_for_delivery",
    "availableforpickup": "shipment.available_for_pickup",
    "readyforpickup": "shipment.available_for_pickup",
    "deliveryattempted": "shipment.delivery_attempted",
    "rejectedbybuyer": "shipment.delivery_failed",
    "undeliverable": "shipment.delivery_failed",
    "delivered": "shipment.delivered",
    "returningtoseller": "shipment.returned_to_sender",
    "returning": "shipment.returned_to_sender",
    "returnedtoseller": "shipment.return_received",
    "returned": "shipment.return_received",
    "damaged": "shipment.damaged",
    "lost": "shipment.lost",
    "labelcanceled": "label.voided",
}


def tell_scan(
    parcel: Mapping[str, Any], status: Any, at: str | None, about: str = "", **seen: Any
) -> list[Told]:
    """Return what a status of a parcel tells: that it was seen, and what that means.

    Args:
        parcel: `shipment_id`, `tracking_no` and `carrier`, as far as known.
        status: in Amazon's words.
        at: since when.
        about: what tells it from others of its message.
        seen: further members of the scan.
    """
    stated = text(status)
    if stated is None:
        return []
    key = name_key(stated)
    scan = {
        **parcel,
        **seen,
        "carrier_status": stated,
        "normalised": _OURS.get(key),
        "scan_at": at,
    }
    told = [Told(type="tracking.scan_received", data=scan, occurred_at=at, about=about)]
    state = _STATES.get(key)
    if state is not None:
        known = dict(parcel)
        if state == "shipment.delivered":
            known.pop("carrier", None)  # which the dispatch names
        told.append(Told(type=state, data=known, occurred_at=at, about=about))
    return told
