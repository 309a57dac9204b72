"""What is on record of the archive's verifications, and until when sealed histories are kept."""

from collections import Counter

from api.standing import Locks, LockYear, Verification
from domain.event import Event
from domain.reading import read_text
from domain.stream import ARCHIVE_STREAM
from eventstore import log
from eventstore.connection import Connection
from orderproof.drilling import CHECK, FAILED, VERIFIED

SEALS = 2_000
"""Seals that are read at most, so that it takes as long at any size."""

_UNKNOWN = "?"


def verifications(connection: Connection, limit: int) -> list[Verification]:
    """Return the newest verifications that are on record, the newest first."""
    lines = [
        line
        for type_ in (VERIFIED, FAILED)
        for line in log.newest_of(connection, ARCHIVE_STREAM, type_, limit)
    ]
    size = log.size(connection)
    events = log.decoded(sorted(lines, key=lambda line: -line.position)[:limit], to_show=True)
    return [_verification(event, size) for event in events]


def locks(connection: Connection) -> Locks:
    """Count sealed histories by the year until which they are kept, the newest `SEALS` alone."""
    events = log.newest_seals(connection, SEALS + 1)
    found = Counter(_year(event) for event in events[:SEALS])
    return Locks(
        years=[LockYear(year=year, histories=found[year]) for year in sorted(found)],
        counted=min(len(events), SEALS),
        exact=len(events) <= SEALS,
    )


def _verification(event: Event, size: int) -> Verification:
    data = event.data
    checks = [each for each in data.get("checks", []) if isinstance(each, str)]
    looked = _number(data.get("log_size"))
    return Verification(
        at=event.recorded_at,
        by=read_text(data.get("by")) or "",
        verdict=read_text(data.get("verdict")) or "cannot_tell",
        checks=checks,
        findings=_number(data.get("findings")),
        size=looked,
        sampled=any(each.startswith(CHECK) for each in checks),
        after=max(size - looked, 0),
    )


def _number(value: object) -> int:
    return value if type(value) is int else 0


def _year(event: Event) -> str:
    until = event.data.get("retain_until")
    return until[:4] if isinstance(until, str) and until[:4].isdecimal() else _UNKNOWN
