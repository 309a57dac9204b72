"""What a tracker's scans of one parcel tell, whichever tracker it is."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from domain.time import read_instant
from sources import carrier_status as states
from sources.message import Told
from sources.signer import SELF

_DIGITS = 16  # of the digest that tells scans apart
_NEVER = 2**63


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel as a tracker knows it.

    Args:
        shipment_id: the same in all messages about it.
        tracking_no: the carrier's number.
        carrier: who carries it.
        service: of the carrier.
        to_seller: whether it goes from the customer to the seller: a return.
    """

    shipment_id: str
    tracking_no: str | None = None
    carrier: str | None = None
    service: str | None = None
    to_seller: bool = False


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """One report about a parcel.

    Args:
        at: when, RFC 3339 with offset; None where that is not known.
        status: the source's own word, `substatus` its finer one.
        normalised: the state by `carrier_status`.
        location: town, region, postcode and country.
        message: the carrier's words.
        signed_by: who took it, where it was taken.
        signed_by_kind: what that person is, see `signer`.
        also: type of an event that the scan is besides, where the state does not say it.
        reason: why a delivery failed.
    """

    at: str | None = None
    status: str | None = None
    substatus: str | None = None
    normalised: str | None = None
    location: str | None = None
    message: str | None = None
    signed_by: str | None = None
    signed_by_kind: str | None = None
    also: str | None = None
    reason: str | None = None


def place(*parts: str | None) -> str | None:
    """Return a place of its parts, those that are known."""
    return ", ".join(part for part in parts if part) or None


def told(parcel: Parcel, scans: Iterable[Scan]) -> list[Told]:
    """Return what the scans of a parcel tell, in the order in which they were made.

    A parcel left with its first scan that shows it in the carrier's hands.
    """
    found: list[Told] = []
    left = False
    for scan in sorted(scans, key=_when):
        found.append(_scan(parcel, scan))
        moves = scan.normalised is not None and scan.normalised not in states.NOT_MOVING
        if moves and not left:
            left = True
            found.append(_departure(parcel, scan))
        found.extend(_events(parcel, scan))
    return found


def _when(scan: Scan) -> int:
    at = read_instant(scan.at)
    return _NEVER if at is None else at


def _state(parcel: Parcel, scan: Scan) -> str | None:
    """Return the state; what a return does on its way is never a delivery to the customer."""
    state = scan.normalised
    if not parcel.to_seller or state is None:
        return state
    if state in (states.DELIVERED, states.PROXY_SIGNED):
        return states.RETURNED
    if state in (states.LABEL, states.EXPIRED, states.DAMAGED, states.LOST, states.DESTROYED):
        return state
    return states.RETURNING


def _scan(parcel: Parcel, scan: Scan) -> Told:
    mark = _hash(parcel, scan)
    return _told(
        "tracking.scan_received",
        parcel,
        scan,
        carrier_status=scan.status,
        carrier_substatus=scan.substatus,
        normalised=_state(parcel, scan),
        message=scan.message,
        location=scan.location,
        scan_at=scan.at,
        scan_hash=mark,
    )


def _departure(parcel: Parcel, scan: Scan) -> Told:
    if parcel.to_seller:
        return _told("shipment.return_in_transit", parcel, scan)
    return _told("shipment.dispatched", parcel, scan, service=parcel.service)


def _events(parcel: Parcel, scan: Scan) -> Sequence[Told]:
    state = _state(parcel, scan)
    types = [scan.also, states.EVENTS.get(state or "")]
    if parcel.to_seller and state == states.RETURNING:
        types = []  # the carrier sends nothing back: the customer does
    return [_told(each, parcel, scan, **_more(each, scan)) for each in types if each is not None]


def _more(type: str, scan: Scan) -> dict[str, Any]:
    if type == "shipment.delivered":
        kind = scan.signed_by_kind
        return {"signed_by": scan.signed_by, "signed_by_kind": kind if kind == SELF else None}
    if type == "shipment.proxy_signed":
        return {"signed_by": scan.signed_by, "signed_by_kind": scan.signed_by_kind or "other"}
    if type == "shipment.available_for_pickup":
        return {"place": scan.location}
    if type == "shipment.delivery_attempted":
        return {"reason": scan.reason, "at": scan.at}
    return {}


def _told(type: str, parcel: Parcel, scan: Scan, **data: Any) -> Told:
    own: dict[str, Any] = {
        "shipment_id": parcel.shipment_id,
        "tracking_no": parcel.tracking_no,
        "carrier": parcel.carrier,
    }
    if type == "shipment.delivered":
        del own["carrier"]  # that type has none
    return Told(
        type=type, data=own | data, occurred_at=scan.at, about=_hash(parcel, scan), once=True
    )


def _hash(parcel: Parcel, scan: Scan) -> str:
    """Return what tells a scan from others, and is the same in every message that brings it.

    The words are left out: they may name a person, and carriers rewrite them.
    """
    parts = [parcel.tracking_no or parcel.shipment_id, scan.at, scan.status, scan.substatus]
    text = json.dumps([*parts, scan.location])
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
