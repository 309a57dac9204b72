"""One event as the folds read it: when it happened, and what it says."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Generic, TypeVar, cast

import msgspec

from domain.content import Content
from domain.contents import read_content
from domain.event import Event
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


T = TypeVar("T", bound=Content)
T_co = TypeVar("T_co", bound=Content, covariant=True)


class Occurrence(msgspec.Struct, Generic[T_co], frozen=True, gc=False):
    """What an event says, without the order in which we came to know of it.

    Args:
        at: when it happened, microseconds since 1970 UTC; None where the time cannot be read.
        type: dotted name of what happened.
        source: who reported it.
        event_id: the event's id, unique within the source.
        time: `at` as it was sent.
        data: what it says, as far as our code reads it.
    """

    at: int | None
    type: str
    source: str
    event_id: str
    time: str
    data: T_co


@cache
def _kinds_below(base: type[Content]) -> frozenset[type[Content]]:
    below = [_kinds_below(kind) for kind in base.__subclasses__()]
    return frozenset({base}.union(*below))


class Facts:
    """Facts in order, and the same by what they say."""

    def __init__(self, facts: Sequence[Occurrence[Content]]) -> None:
        self.all = facts
        self._by_kind: dict[type[Content], list[Occurrence[Content]]] = {}
        for fact in facts:
            kind = type(fact.data)
            own = self._by_kind.get(kind)
            if own is None:
                self._by_kind[kind] = [fact]
            else:
                own.append(fact)

    def of(self, kind: type[T]) -> Sequence[Occurrence[T]]:
        """Return the facts whose content is of this very kind, in their order."""
        return self._by_kind.get(kind, ())  # type: ignore[return-value]  # by its key

    def last(self, kind: type[T]) -> Occurrence[T] | None:
        """Return the last fact of a kind."""
        found = self._by_kind.get(kind)
        return found[-1] if found else None  # type: ignore[return-value]  # by its key

    def below(self, base: type[T]) -> Sequence[Occurrence[T]]:
        """Return the facts of a kind and of all that refine it, in their order."""
        kinds = _kinds_below(base)
        if kinds.isdisjoint(self._by_kind):
            return ()
        return cast("list[Occurrence[T]]", [fact for fact in self.all if type(fact.data) in kinds])


def in_order(
    events: Iterable[Event], read: Callable[[str, object], Content] = read_content
) -> Facts:
    """Order events by when they happened, then by rank, source and id.

    Arrival plays no part: webhooks come late, twice and out of order. A time that cannot be read
    stands before all others, where it overrules nothing.

    Args:
        events: of one stream.
        read: returns what an event says, from its type and data.
    """
    decorated = []
    for event in events:
        at = read_instant(event.occurred_at)
        data = read(event.type, event.data)
        occurrence = Occurrence(at, event.type, event.source, event.id, event.occurred_at, data)
        key = (
            _UNREADABLE if at is None else at,
            _RANKS.get(event.type, _LAST_RANK),
            event.source,
            event.id,
        )
        decorated.append((key, occurrence))
    decorated.sort(key=lambda pair: pair[0])
    return Facts([occurrence for _, occurrence in decorated])
