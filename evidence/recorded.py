"""The lines of an order as the pack tells of them: number, time, source, type, hash."""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from domain.event import Event
from domain.line import decode

CORRECTION = "correction.recorded"


class Recorded(msgspec.Struct, frozen=True):
    """One recorded event.

    Args:
        event: decoded, personal data sealed.
        hash: SHA-256, hex, of its line.
        corrected_by: numbers of the events that say it was wrong.
        corrects: numbers of the events that it says were wrong.
    """

    event: Event
    hash: str
    corrected_by: tuple[int, ...] = ()
    corrects: tuple[int, ...] = ()


def read(lines: Iterable[tuple[int, bytes]]) -> list[Recorded]:
    """Read an order's lines, given with their positions, in order.

    What is no line is left out: it is no event, and the verification names it.
    """
    found = []
    for position, line in lines:
        try:
            event = decode(line, position, as_stored=True)
        except ValueError:
            continue
        found.append(Recorded(event, hashlib.sha256(line).hexdigest()))
    return _with_corrections(found)


def numbers_of(recorded: Sequence[Recorded], event_id: str) -> tuple[int, ...]:
    """Return the numbers of the events of an id: one, unless two sources gave the same."""
    return tuple(each.event.version for each in recorded if each.event.id == event_id)


def _with_corrections(recorded: list[Recorded]) -> list[Recorded]:
    by: dict[int, list[int]] = {}
    of: dict[int, list[int]] = {}
    for each in recorded:
        if each.event.type != CORRECTION:
            continue
        wrong, source = each.event.data.get("event_id"), each.event.data.get("event_source")
        for other in recorded:
            if other.event.id == wrong and source in (None, other.event.source):
                by.setdefault(other.event.version, []).append(each.event.version)
                of.setdefault(each.event.version, []).append(other.event.version)
    if not by:
        return recorded
    return [
        Recorded(
            each.event,
            each.hash,
            tuple(by.get(each.event.version, ())),
            tuple(of.get(each.event.version, ())),
        )
        for each in recorded
    ]
