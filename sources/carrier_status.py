"""The words of trackers and carriers for where a parcel is, as ours: one table for all of them.

Each function returns None for a word that the table does not have: the scan is kept with the
source's own word. What follows from a state besides the scan stands in `EVENTS`.

Sources: docs.easypost.com/docs/trackers; aftership.com/docs/tracking/enum/delivery-statuses and
…/delivery-sub-statuses; asset.17track.net/api/document/v2.2_zh; Amazon SP-API, EasyShip and
package statuses.
"""

from collections.abc import Mapping

LABEL = "label"
IN_TRANSIT = "in_transit"
CUSTOMS = "customs"
OUT_FOR_DELIVERY = "out_for_delivery"
AVAILABLE_FOR_PICKUP = "available_for_pickup"
ATTEMPT_FAILED = "attempt_failed"
DELIVERED = "delivered"
PROXY_SIGNED = "proxy_signed"
RETURNING = "returning"
RETURNED = "returned"
DAMAGED = "damaged"
LOST = "lost"
DESTROYED = "destroyed"
EXPIRED = "expired"

EVENTS: Mapping[str, str] = {
    OUT_FOR_DELIVERY: "shipment.out_for_delivery",
    AVAILABLE_FOR_PICKUP: "shipment.available_for_pickup",
    ATTEMPT_FAILED: "shipment.delivery_attempted",
    DELIVERED: "shipment.delivered",
    PROXY_SIGNED: "shipment.proxy_signed",
    RETURNING: "shipment.returned_to_sender",
    RETURNED: "shipment.return_received",
    DAMAGED: "shipment.damaged",
    DESTROYED: "shipment.damaged",
    LOST: "shipment.lost",
    EXPIRED: "tracking.went_stale",
}
"""The event that a state is, besides the scan."""

NOT_MOVING = frozenset({LABEL, EXPIRED})
"""States that do not show that the carrier has the parcel."""

_EASYPOST: Mapping[str, str] = {
    "unknown": LABEL,
    "pre_transit": LABEL,
    "in_transit": IN_TRANSIT,
    "out_for_delivery": OUT_FOR_DELIVERY,
    "available_for_pickup": AVAILABLE_FOR_PICKUP,
    "delivered": DELIVERED,
    "return_to_sender": RETURNING,
    "failure": ATTEMPT_FAILED,
}
_EASYPOST_DETAILS: Mapping[str, str] = {
    "damaged": DAMAGED,
    "lost": LOST,
    "destroyed": DESTROYED,
    "return": RETURNING,
}
_AFTERSHIP: Mapping[str, str] = {
    "Pending": LABEL,
    "InfoReceived": LABEL,
    "InTransit": IN_TRANSIT,
    "OutForDelivery": OUT_FOR_DELIVERY,
    "AvailableForPickup": AVAILABLE_FOR_PICKUP,
    "AttemptFail": ATTEMPT_FAILED,
    "Delivered": DELIVERED,
    "Expired": EXPIRED,
}
_AFTERSHIP_SUBTAGS: Mapping[str, str] = {
    "Delivered_005": PROXY_SIGNED,
    "Exception_002": ATTEMPT_FAILED,
    "Exception_003": ATTEMPT_FAILED,
    "Exception_004": CUSTOMS,
    "Exception_007": ATTEMPT_FAILED,
    "Exception_008": ATTEMPT_FAILED,
    "Exception_010": RETURNING,
    "Exception_011": RETURNED,
    "Exception_012": DAMAGED,
    "Exception_013": LOST,
    "Exception_018": CUSTOMS,
    "Exception_021": DESTROYED,
}
_SEVENTEENTRACK: Mapping[str, str] = {
    "NotFound": LABEL,
    "InfoReceived": LABEL,
    "InTransit": IN_TRANSIT,
    "OutForDelivery": OUT_FOR_DELIVERY,
    "AvailableForPickup": AVAILABLE_FOR_PICKUP,
    "DeliveryFailure": ATTEMPT_FAILED,
    "Delivered": DELIVERED,
    "Expired": EXPIRED,
    # The stages of milestones and events, which have names of their own.
    "PickedUp": IN_TRANSIT,
    "Departure": IN_TRANSIT,
    "Arrival": IN_TRANSIT,
    "Returning": RETURNING,
    "Returned": RETURNED,
}
_SEVENTEENTRACK_SUBSTATUSES: Mapping[str, str] = {
    "InTransit_CustomsProcessing": CUSTOMS,
    "InTransit_CustomsReleased": CUSTOMS,
    "InTransit_CustomsRequiringInformation": CUSTOMS,
    "Exception_Returning": RETURNING,
    "Exception_Returned": RETURNED,
    "Exception_Damage": DAMAGED,
    "Exception_Lost": LOST,
    "Exception_Destroyed": DESTROYED,
}
_AMAZON: Mapping[str, str] = {
    "PendingPickUp": LABEL,
    "PendingDropOff": LABEL,
    "PickedUp": IN_TRANSIT,
    "DroppedOff": IN_TRANSIT,
    "AtOriginFC": IN_TRANSIT,
    "AtDestinationFC": IN_TRANSIT,
    "OutForDelivery": OUT_FOR_DELIVERY,
    "RejectedByBuyer": ATTEMPT_FAILED,
    "Undeliverable": ATTEMPT_FAILED,
    "Delivered": DELIVERED,
    "ReturningToSeller": RETURNING,
    "ReturnedToSeller": RETURNED,
    "Damaged": DAMAGED,
    "Lost": LOST,
}
_CUSTOMS: Mapping[str, str] = {
    "Exception_004": "customs.entered",
    "Exception_018": "customs.info_requested",
    "InTransit_CustomsProcessing": "customs.entered",
    "InTransit_CustomsReleased": "customs.released",
    "InTransit_CustomsRequiringInformation": "customs.info_requested",
}


def easypost(status: str | None, detail: str | None, message: str | None = None) -> str | None:
    """Return the state that EasyPost's status and status detail come to.

    `error` alone says nothing about the parcel. That it lies at customs shows in the words only.
    """
    if status in ("failure", "error", "return_to_sender") and detail in _EASYPOST_DETAILS:
        return _EASYPOST_DETAILS[detail or ""]
    if status == "in_transit" and "customs" in f"{detail} {message}".casefold():
        return CUSTOMS
    return _EASYPOST.get(status or "")


def aftership(tag: str | None, subtag: str | None) -> str | None:
    """Return the state that AfterShip's tag and subtag come to: `Exception`, `Exception_010`."""
    found = _AFTERSHIP_SUBTAGS.get(subtag or "")
    return found or _AFTERSHIP.get(tag or (subtag or "").partition("_")[0])


def seventeentrack(status: str | None, substatus: str | None) -> str | None:
    """Return the state that 17TRACK's status (or stage) and sub-status come to."""
    found = _SEVENTEENTRACK_SUBSTATUSES.get(substatus or "")
    own = (substatus or "").partition("_")[0] or status or ""
    return found or _SEVENTEENTRACK.get(own)


def amazon(status: str | None) -> str | None:
    """Return the state that a status of Amazon's EasyShip or of a package comes to."""
    return _AMAZON.get(status or "")


def customs_event(substatus: str | None, normalised: str | None) -> str | None:
    """Return what happened at customs by a sub-status; None elsewhere."""
    if normalised != CUSTOMS:
        return None
    return _CUSTOMS.get(substatus or "", "customs.entered")
