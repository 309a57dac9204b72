"""One event as the folds read it: when it happened, and what it says."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from domain import catalogue
from domain.event import Event
from domain.reading import read_amount, read_text
from domain.time import read_instant

REFUND_RANKS: dict[str, int] = {
    name: rank
    for rank, name in enumerate(
        (
            "refund.requested",
            "refund.rejected",
            "refund.approved",
            "refund.submitted",
            "refund.submission_unknown",
            "refund.accepted",
            "refund.customer_action_required",
            "refund.cancelled",
            "refund.succeeded",
            "refund.settled",
            "refund.offline_recorded",
            "refund.failed",
            "refund.bounced",
        )
    )
}
"""Order of a refund's facts that happened at the same instant."""

_RANKS = REFUND_RANKS | {
    "dispute.opened": 0,
    "dispute.withdrawn": 1,
    "dispute.won": 2,
    "dispute.accepted": 3,
    "dispute.lost": 4,
    "order.placed": 0,
    "order.imported": 1,
}
_LAST_RANK = 99
_UNREADABLE = -(2**63)


class Occurrence(msgspec.Struct, frozen=True):
    """What an event says, without the order in which we came to know of it.

    Args:
        at: when it happened, microseconds since 1970 UTC; None where the time cannot be read.
        type: dotted name of what happened.
        source: who reported it.
        event_id: the event's id, unique within the source.
        time: `at` as it was sent.
        data: the content, as far as its fields are declared.
    """

    at: int | None
    type: str
    source: str
    event_id: str
    time: str
    data: Mapping[str, object]


def in_order(events: Iterable[Event]) -> list[Occurrence]:
    """Order events by when they happened, then by rank, source and id.

    Arrival plays no part: webhooks come late, twice and out of order. A time that cannot be read
    stands before all others, where it overrules nothing. Of the data only declared fields are
    read: others are sealed, and a verdict must be the same for readers without keys.
    """
    decorated = []
    for event in events:
        at = read_instant(event.occurred_at)
        data = _declared(event)
        occurrence = Occurrence(at, event.type, event.source, event.id, event.occurred_at, data)
        key = (
            _UNREADABLE if at is None else at,
            _RANKS.get(event.type, _LAST_RANK),
            event.source,
            event.id,
        )
        decorated.append((key, occurrence))
    decorated.sort(key=lambda pair: pair[0])
    return [occurrence for _, occurrence in decorated]


def _declared(event: Event) -> Mapping[str, object]:
    known = catalogue.find(event.type)
    if known is None or not isinstance(event.data, dict):
        return {}
    return {name: value for name, value in event.data.items() if name in known.fields}


def last_text(facts: Sequence[Occurrence], name: str) -> str | None:
    """Return the text that the last fact which has one states."""
    for fact in reversed(facts):
        value = read_text(fact.data, name)
        if value is not None:
            return value
    return None


def last_amount(facts: Sequence[Occurrence], name: str = "amount") -> int | None:
    """Return the amount that the last fact which has one states."""
    for fact in reversed(facts):
        value = read_amount(fact.data, name)
        if value is not None:
            return value
    return None
