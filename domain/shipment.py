"""Parcels of an order: who carries them, and whether they arrived."""

import msgspec

from domain.content import ShipmentDispatched, ShipmentMoved
from domain.occurrence import Facts, Occurrence
from domain.reading import first_text, read_text


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


def fold_shipments(facts: Facts) -> tuple[Shipment, ...]:
    """Fold shipment events, given in order, by shipment id; a scan makes no shipment."""
    found: dict[str, list[Occurrence[ShipmentMoved]]] = {}
    for fact in facts.below(ShipmentMoved):
        own_id = read_text(fact.data.shipment_id) or fact.event_id
        found.setdefault(own_id, []).append(fact)
    return tuple(_fold(own_id, own) for own_id, own in found.items())


def _fold(shipment_id: str, facts: list[Occurrence[ShipmentMoved]]) -> Shipment:
    dispatched = [fact for fact in facts if fact.type == "shipment.dispatched"]
    delivered = [fact for fact in facts if fact.type == "shipment.delivered"]
    newest = [fact.data for fact in reversed(facts)]
    return Shipment(
        shipment_id=shipment_id,
        carrier=first_text(s.carrier for s in newest if isinstance(s, ShipmentDispatched)),
        tracking_no=first_text(said.tracking_no for said in newest),
        dispatched_at=dispatched[0].at if dispatched else None,
        delivered_at=delivered[0].at if delivered else None,
        dispatched=bool(dispatched),
        delivered=bool(delivered),
        event_ids=tuple(fact.event_id for fact in facts),
    )
