"""What went wrong on an order's way, as the warehouse and the carrier report it.

Each kind leads to an exception of its own as soon as it is reported. What is over by itself, such
as an attempt before the delivery, leads to none any more.
"""

from collections.abc import Iterable, Mapping

import msgspec

from domain.content import Content
from domain.occurrence import Facts, Occurrence
from domain.reading import name_key, read_text
from domain.tracking import content, parcels
from domain.tracking.parcels import ARRIVED, ParcelState
from domain.tracking.supply import PICKING, WAITING, Supply

LOST = "logistics/lost"
DAMAGED = "logistics/damaged"
WRONG_LABEL = "logistics/wrong_label"
CUSTOMS_REFUSED = "logistics/customs_refused"
REFUSED = "logistics/refused"
RETURNED = "logistics/returned"
NO_CONTACT = "logistics/no_contact"
PROXY = "logistics/proxy_no_consent"
HELD = "logistics/held"
OVERDUE = "logistics/overdue"
PICKING_LATE = "stock/picking_late"
WRONG_GOODS = "stock/wrong_goods"

_TYPES: Mapping[str, str] = {
    "shipment.lost": LOST,
    "shipment.misdelivered": LOST,
    "shipment.damaged": DAMAGED,
    "shipment.returned_to_sender": RETURNED,
    "shipment.return_in_transit": RETURNED,
    "shipment.delivery_attempted": NO_CONTACT,
    "shipment.delivery_failed": NO_CONTACT,
    "shipment.proxy_signed": PROXY,
    "shipment.delayed": OVERDUE,
    "customs.refused": CUSTOMS_REFUSED,
    "customs.info_requested": HELD,
    "label.mismatch_detected": WRONG_LABEL,
    "picking.late_flagged": PICKING_LATE,
    "qc.rejected": WRONG_GOODS,
}
_SCANS: Mapping[str, str] = {
    name_key(state): kind
    for state, kind in (
        (parcels.LOST, LOST),
        (parcels.DAMAGED, DAMAGED),
        (parcels.DESTROYED, DAMAGED),
        (parcels.RETURNING, RETURNED),
        (parcels.ATTEMPT_FAILED, NO_CONTACT),
        (parcels.PROXY_SIGNED, PROXY),
    )
}
_REFUSED = ("refus", "reject", "declin", "拒")
"""How carriers begin the word for a recipient who does not want the parcel."""

_AFTER_ARRIVAL = frozenset({DAMAGED, WRONG_LABEL})
"""What is wrong with a parcel also when it was delivered."""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was reported.

    Args:
        kind: class and subtype of the exception that it leads to, with a slash.
        subject: the parcel; empty where it is about the goods.
        at: when it happened, microseconds since 1970 UTC.
        event_id: the event that says so.
    """

    kind: str
    subject: str
    at: int
    event_id: str


def fold_incidents(
    facts: Facts, found: Iterable[ParcelState], supply: Supply
) -> tuple[Incident, ...]:
    """Return what is wrong by now, the newest report of each kind and parcel."""
    newest: dict[tuple[str, str], Incident] = {}
    by_event: dict[str, ParcelState] = {}
    for fact in facts.all:
        kind = _kind(fact)
        if kind is None or fact.at is None:
            continue
        by_event = by_event or {id_: one for one in found for id_ in one.event_ids}
        parcel = by_event.get(fact.event_id)
        if not _lasts(kind, parcel, supply):
            continue
        subject = "" if parcel is None else parcel.shipment_id
        newest[kind, subject] = Incident(
            kind=kind, subject=subject, at=fact.at, event_id=fact.event_id
        )
    if any(kind == RETURNED for kind, _ in newest) and _return_agreed(facts):
        newest = {key: one for key, one in newest.items() if one.kind != RETURNED}
    return tuple(newest.values())


def _kind(fact: Occurrence[Content]) -> str | None:
    said = fact.data
    if isinstance(said, content.Scan):
        return _SCANS.get(name_key(read_text(said.normalised)))
    if isinstance(said, content.Attempted):
        reason = name_key(read_text(said.reason))
        return REFUSED if any(word in reason for word in _REFUSED) else NO_CONTACT
    return _TYPES.get(fact.type)


def _lasts(kind: str, parcel: ParcelState | None, supply: Supply) -> bool:
    if kind == WRONG_GOODS:
        return supply.parted
    if kind == PICKING_LATE:
        return supply.stage in (WAITING, PICKING)
    if parcel is None:
        return True
    if kind == PROXY:
        # 4.19: a consent that nobody knows of is none.
        return parcel.state == parcels.PROXY_SIGNED and name_key(parcel.consent) != "yes"
    if kind == RETURNED:
        return parcel.state in (parcels.RETURNING, parcels.RETURNED)
    return kind in _AFTER_ARRIVAL or parcel.state not in ARRIVED


def _return_agreed(facts: Facts) -> bool:
    """Tell whether goods come back since it was agreed on, so that nothing is wrong with it."""
    return any(fact.type == "return.authorised" for fact in facts.all)
