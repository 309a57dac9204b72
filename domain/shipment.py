"""Parcels of an order: who carries them, and whether they arrived."""

from collections.abc import Iterable

import msgspec

from domain.occurrence import Occurrence, last_text
from domain.reading import read_text

_TYPES = frozenset({"shipment.dispatched", "shipment.delivered"})


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """One parcel.

    Args:
        shipment_id: its id; the event's where it names none.
        carrier: who carries it.
        tracking_no: the carrier's number.
        dispatched_at: instant of the dispatch; None where none is known.
        delivered_at: instant of the delivery; None where none is known.
        dispatched: whether a dispatch was reported.
        delivered: whether a delivery was reported.
        event_ids: its events, in order.
    """

    shipment_id: str
    carrier: str | None
    tracking_no: str | None
    dispatched_at: int | None
    delivered_at: int | None
    dispatched: bool
    delivered: bool
    event_ids: tuple[str, ...]


def fold_shipments(occurrences: Iterable[Occurrence]) -> tuple[Shipment, ...]:
    """Fold shipment events, given in order, by shipment id; a scan makes no shipment."""
    found: dict[str, list[Occurrence]] = {}
    for occurrence in occurrences:
        if occurrence.type in _TYPES:
            own_id = read_text(occurrence.data, "shipment_id") or occurrence.event_id
            found.setdefault(own_id, []).append(occurrence)
    return tuple(_fold(own_id, facts) for own_id, facts in found.items())


def _fold(shipment_id: str, facts: list[Occurrence]) -> Shipment:
    dispatched = [fact for fact in facts if fact.type == "shipment.dispatched"]
    delivered = [fact for fact in facts if fact.type == "shipment.delivered"]
    return Shipment(
        shipment_id=shipment_id,
        carrier=last_text(facts, "carrier"),
        tracking_no=last_text(facts, "tracking_no"),
        dispatched_at=dispatched[0].at if dispatched else None,
        delivered_at=delivered[0].at if delivered else None,
        dispatched=bool(dispatched),
        delivered=bool(delivered),
        event_ids=tuple(fact.event_id for fact in facts),
    )
