"""EasyPost's objects: what each tells, and the ids by which it belongs to an order."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from sources.easypost import claims, labels, trackers
from sources.message import Told
from sources.payload_values import member, objects, text

Object = Mapping[str, Any]

PREFIXES = {
    "Batch": "batch_",
    "Claim": "clm_",
    "Event": "evt_",
    "Insurance": "ins_",
    "Order": "order_",
    "Pickup": "pickup_",
    "Refund": "rfnd_",
    "ScanForm": "sf_",
    "Shipment": "shp_",
    "Tracker": "trk_",
}
"""The objects that are understood, and how their ids begin."""


class Read(msgspec.Struct, frozen=True):
    """What an object tells, and the ids that link it to an order."""

    told: Sequence[Told] = ()
    links: Sequence[str] = ()


def read(item: Object) -> Read:
    """Read an object; one that tells nothing of an order is known by its own id alone.

    A batch, a scan form and a pickup hold the parcels of many orders, so they belong to none.
    """
    name = item.get("object")
    reader = _READERS.get(name) if isinstance(name, str) else None
    own = [] if reader is None else reader(item)
    links = _links(item) if reader is not None else [item.get("id")]
    return Read(own, list(dict.fromkeys(each for each in map(text, links) if each)))


def _links(item: Object) -> list[Any]:
    """Return the carrier's number first: the shop's own events name it, and no id of EasyPost's."""
    parcels = objects(item.get("shipments"))
    reference = text(item.get("reference"))
    return [
        item.get("tracking_code"),
        member(item, "tracker", "tracking_code"),
        *(each.get("tracking_code") for each in parcels),
        item.get("shipment_id"),
        *(each.get("id") for each in parcels),
        item.get("id"),
        item.get("order_id"),
        reference and f"easypost:{reference}",
    ]


def _shipment(item: Object) -> list[Told]:
    recipient = text(member(item, "to_address", "name"))
    tracker = item.get("tracker")
    found = labels.of_shipment(item)
    if isinstance(tracker, dict):
        returned = item.get("is_return") is True
        found += trackers.told(
            tracker, shipment_id=text(item.get("id")), recipient=recipient, returned=returned
        )
    return found


def _order(item: Object) -> list[Told]:
    return [each for parcel in objects(item.get("shipments")) for each in _shipment(parcel)]


def _insurance(item: Object) -> list[Told]:
    tracker = item.get("tracker")
    recipient = text(member(item, "to_address", "name"))
    if not isinstance(tracker, dict):
        return []
    return trackers.told(tracker, shipment_id=text(item.get("shipment_id")), recipient=recipient)


_READERS: Mapping[str, Callable[[Object], list[Told]]] = {
    "Claim": claims.told,
    "Insurance": _insurance,
    "Order": _order,
    "Refund": labels.of_refund,
    "Shipment": _shipment,
    "Tracker": trackers.told,
}
