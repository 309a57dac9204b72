"""Legal holds: what forbids to delete or erase an order, from the order's own events."""

from collections.abc import Iterable

import msgspec

from domain.event import Event

PLACED = "hold.placed"
RELEASED = "hold.released"


class Hold(msgspec.Struct, frozen=True):
    """A legal order to keep, in force.

    Args:
        id: names it in its events.
        stream: the order that is held.
        reason: why.
        by: who placed it.
        since: when, RFC 3339.
    """

    id: str
    stream: str
    reason: str
    by: str
    since: str


def in_force(events: Iterable[Event]) -> list[Hold]:
    """Return the holds that no later event releases, in the order of their placement.

    Args:
        events: of one order or of several, each order's by version; others than those about
            holds are passed over.
    """
    holds: dict[tuple[str, str], Hold] = {}
    for event in events:
        id_ = event.data.get("hold_id")
        if not isinstance(id_, str):
            continue
        if event.type == PLACED:
            holds[event.stream, id_] = Hold(
                id=id_,
                stream=event.stream,
                reason=str(event.data.get("reason", "")),
                by=str(event.data.get("by", "")),
                since=event.occurred_at,
            )
        elif event.type == RELEASED:
            holds.pop((event.stream, id_), None)
    return list(holds.values())
