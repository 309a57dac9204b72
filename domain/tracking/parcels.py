"""Parcels of an order by their newest state, whatever the sequence in which scans arrive."""

from collections.abc import Mapping

import msgspec

from domain.occurrence import Facts, Occurrence
from domain.reading import first_text, name_key, read_text
from domain.tracking import content

LABEL = "label"
HANDED_OVER = "handed_over"
DISPATCHED = "dispatched"
IN_TRANSIT = "in_transit"
CUSTOMS = "customs"
OUT_FOR_DELIVERY = "out_for_delivery"
ATTEMPT_FAILED = "attempt_failed"
AVAILABLE_FOR_PICKUP = "available_for_pickup"
DELIVERED = "delivered"
PROXY_SIGNED = "proxy_signed"
RETURNING = "returning"
RETURNED = "returned"
DAMAGED = "damaged"
LOST = "lost"
DESTROYED = "destroyed"
STATES: Mapping[str, int] = {
    LABEL: 0,
    HANDED_OVER: 1,
    DISPATCHED: 2,
    IN_TRANSIT: 3,
    CUSTOMS: 3,
    OUT_FOR_DELIVERY: 4,
    ATTEMPT_FAILED: 4,
    AVAILABLE_FOR_PICKUP: 5,
    DELIVERED: 6,
    PROXY_SIGNED: 6,
    DAMAGED: 6,
    LOST: 6,
    DESTROYED: 6,
    RETURNING: 7,
    RETURNED: 8,
}
"""A parcel's states and their ranks: the highest counts, of the same rank the newest.

A parcel on its way back is not delivered any more (events.md, states).
"""

ARRIVED = frozenset({DELIVERED, PROXY_SIGNED})
ENDED = frozenset({*ARRIVED, RETURNED, DAMAGED, LOST, DESTROYED})
_UNDER_WAY = STATES[DISPATCHED]

_TYPES: Mapping[str, str] = {
    "label.printed": LABEL,
    "shipment.handed_to_carrier": HANDED_OVER,
    "shipment.dispatched": DISPATCHED,
    "customs.entered": CUSTOMS,
    "customs.info_requested": CUSTOMS,
    "customs.refused": CUSTOMS,
    "customs.released": IN_TRANSIT,
    "shipment.out_for_delivery": OUT_FOR_DELIVERY,
    "shipment.delivery_attempted": ATTEMPT_FAILED,
    "shipment.delivery_failed": ATTEMPT_FAILED,
    "shipment.available_for_pickup": AVAILABLE_FOR_PICKUP,
    "shipment.delivered": DELIVERED,
    "shipment.proxy_signed": PROXY_SIGNED,
    "shipment.returned_to_sender": RETURNING,
    "shipment.return_in_transit": RETURNING,
    "shipment.return_received": RETURNED,
    "shipment.damaged": DAMAGED,
    "shipment.lost": LOST,
}
_SCANS = {name_key(state): state for state in STATES}


class ParcelState(msgspec.Struct, frozen=True, kw_only=True):
    """One parcel as the order desk sees it. Instants are microseconds since 1970 UTC.

    Args:
        shipment_id: its id; the tracking number, else the event's id, where it names none.
        carrier: who carries it.
        tracking_no: the carrier's number.
        state: one of `STATES`.
        dispatched_at: when it left.
        arrived_at: when it was taken, by the recipient or by somebody else.
        last_heard_at: the newest news of it.
        stale_since: when it was said that nothing is heard of it, and nothing was heard since.
        days_late: as the carrier said last.
        contested: whether the customer says that the delivery was not as reported.
        location: of the newest scan that names one.
        signed_by_kind: who took it, if somebody else did: front desk, locker, neighbour …
        consent: yes, no or unknown, whether the customer agreed to that.
        event_ids: its events, in order.
    """

    shipment_id: str
    carrier: str | None
    tracking_no: str | None
    state: str
    dispatched_at: int | None
    arrived_at: int | None
    last_heard_at: int | None
    stale_since: int | None
    days_late: int | None
    contested: bool
    location: str | None
    signed_by_kind: str | None
    consent: str | None
    event_ids: tuple[str, ...]

    @property
    def left(self) -> bool:
        """Whether it is out of the seller's hands."""
        return STATES[self.state] >= _UNDER_WAY


def fold_parcels(facts: Facts) -> tuple[ParcelState, ...]:
    """Fold what was reported of parcels, given in order; a voided label is no parcel.

    Facts that name a shipment and those that name only its tracking number are of one parcel.
    """
    found: dict[str, list[Occurrence[content.Moved]]] = {}
    by_number: dict[str, str] = {}
    for fact in facts.below(content.Moved):
        said = fact.data
        number = read_text(said.tracking_no)
        own = read_text(said.shipment_id)
        if own is None:
            own = by_number.get(number or "") or number or _only(found) or fact.event_id
        elif number is not None and number in found and own not in found:
            found[own] = found.pop(number)  # its scans came first, by the number alone
        if number is not None:
            by_number[number] = own
        found.setdefault(own, []).append(fact)
    folded = [_fold(own, of_one) for own, of_one in found.items()]
    return tuple(parcel for parcel in folded if parcel is not None)


def _only(found: Mapping[str, object]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None


def _fold(own: str, facts: list[Occurrence[content.Moved]]) -> ParcelState | None:
    reached = [(state, fact) for fact in facts if (state := _state(fact)) is not None]
    if all(state == LABEL for state, _ in reached) and facts[-1].type == "label.voided":
        return None
    last = max(reached, key=lambda one: STATES[one[0]], default=(LABEL, None))[0]
    # `max` keeps the first of a rank, and the newest one counts.
    newest = [state for state, _ in reached if STATES[state] == STATES[last]]
    state = newest[-1] if newest else LABEL
    heard = [fact.at for fact in facts if fact.at is not None and fact.type not in _SILENCE]
    silent = [fact.at for fact in facts if fact.type == "tracking.went_stale"]
    proxies = [fact.data for fact in facts if isinstance(fact.data, content.ProxySigned)]
    backwards = [fact.data for fact in reversed(facts)]
    left = [fact.at for reached_, fact in reached if STATES[reached_] >= _UNDER_WAY]
    arrived = [fact.at for reached_, fact in reached if reached_ in ARRIVED]
    is_stale = bool(silent) and state not in ENDED and (silent[-1] or 0) >= max(heard, default=0)
    return ParcelState(
        shipment_id=own,
        carrier=first_text(s.carrier for s in backwards if isinstance(s, content.Parcel)),
        tracking_no=first_text(said.tracking_no for said in backwards),
        state=state,
        dispatched_at=left[0] if left else None,
        arrived_at=arrived[0] if arrived and state in ARRIVED else None,
        last_heard_at=max(heard, default=None),
        stale_since=silent[-1] if is_stale else None,
        days_late=_days_late(facts),
        contested=any(fact.type == "shipment.delivery_contested" for fact in facts),
        location=first_text(s.location for s in backwards if isinstance(s, content.Scan)),
        signed_by_kind=first_text(said.signed_by_kind for said in reversed(proxies)),
        consent=first_text(said.consent for said in reversed(proxies)),
        event_ids=tuple(fact.event_id for fact in facts),
    )


_SILENCE = frozenset({"tracking.went_stale", "label.printed", "label.voided"})


def _state(fact: Occurrence[content.Moved]) -> str | None:
    if isinstance(fact.data, content.Scan):
        return _SCANS.get(name_key(read_text(fact.data.normalised)))
    return _TYPES.get(fact.type)


def _days_late(facts: list[Occurrence[content.Moved]]) -> int | None:
    for fact in reversed(facts):
        if isinstance(fact.data, content.Delayed):
            text = read_text(fact.data.days_late)
            return int(text) if text is not None and text.isdecimal() and len(text) < 6 else None
    return None
