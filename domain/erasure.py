"""What of an order was erased, and by whose decision, from its own events."""

from collections.abc import Iterable

import msgspec

from domain.event import Event

KEY_DESTROYED = "erasure.key_destroyed"


class Erasure(msgspec.Struct, frozen=True):
    """A key of the order was destroyed.

    Args:
        when: RFC 3339.
        purposes: of the keys.
        ground: why.
        requested_by: id of who asked.
        approved_by: id of who approved.
    """

    when: str
    purposes: frozenset[str]
    ground: str
    requested_by: str
    approved_by: str


def erasures(events: Iterable[Event]) -> list[tuple[int, Erasure]]:
    """Return the erasures of an order, each after the version of the event that says so.

    What the order's earlier events hold sealed for these purposes nobody can read any more; later
    ones are sealed with another key.
    """
    return [(event.version, _read(event)) for event in events if event.type == KEY_DESTROYED]


def erased_purposes(event: Event, of_order: Iterable[tuple[int, Erasure]]) -> list[str]:
    """Return the purposes for which an event holds something that was erased, sorted."""
    gone = {p for version, one in of_order if event.version < version for p in one.purposes}
    return sorted(gone & event.boxes.keys())


def _read(event: Event) -> Erasure:
    purposes = event.data.get("purposes")
    return Erasure(
        when=event.occurred_at,
        purposes=frozenset(p for p in purposes if isinstance(p, str))
        if isinstance(purposes, list)
        else frozenset(),
        ground=str(event.data.get("ground", "")),
        requested_by=str(event.data.get("requested_by", "")),
        approved_by=str(event.data.get("approved_by", "")),
    )
