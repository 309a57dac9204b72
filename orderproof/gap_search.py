"""Looking for gaps: in the numbers by which sources count, and in the hours of their silence."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby

import msgspec

from domain.catalogue import is_reserved_source
from domain.event import Event
from domain.gap_finding import HOUR, Hole, holes, is_series, silences
from domain.linking import links
from domain.time import read_instant
from eventstore import hearing, log
from orderproof.bootstrap import Store
from projections import numbers
from projections.numbers import ORDERS, Series

SILENCE = "silence"
NUMBERS = "numbers"

_HOLES = 1_000
"""Holes of a series that are looked into; the others are counted."""

_LIVE = 21
"""Hours in which something of a source came in, before it counts as one that speaks by itself. A
file that somebody imports once a month is silent in between, and misses nothing."""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may be missing.

    Args:
        kind: `silence` or `numbers`.
        source: who did not tell.
        shops: of which it tells else.
        start: last that was heard before, RFC 3339.
        end: first that was heard after; for a silence that lasts, now.
        lasts: whether it goes on.
        hours: how long it is.
        usual_hours: of a silence, how long the source is silent else at most.
        first: of numbers that are missing, as they are written.
        last: of them.
        count: how many.
        key: what tells these numbers from others.
    """

    kind: str
    source: str
    shops: tuple[str, ...]
    start: str
    end: str
    lasts: bool = False
    hours: float = 0
    usual_hours: float | None = None
    first: str | None = None
    last: str | None = None
    count: int | None = None
    key: str = ""

    @property
    def from_(self) -> int:
        """Its beginning, microseconds since 1970 UTC."""
        return read_instant(self.start) or 0

    @property
    def to(self) -> int:
        """Its end."""
        return read_instant(self.end) or 0


class Hours(msgspec.Struct):
    """When a source was heard of.

    Args:
        happened: hours, by its own claim.
        recorded: hours in which something came in.
        shops: of which it told.
    """

    happened: set[int] = msgspec.field(default_factory=set)
    recorded: set[int] = msgspec.field(default_factory=set)
    shops: set[str] = msgspec.field(default_factory=set)


def listen(store: Store, since: str) -> dict[str, Hours]:
    """Return when each source was heard of, from what was recorded since a time."""
    found: dict[str, Hours] = {}
    for each in hearing.heard(store.connection, since):
        if not is_reserved_source(each.source):
            hours = found.setdefault(each.source, Hours())
            hours.happened.add(each.happened)
            hours.recorded.add(each.recorded)
            hours.shops.add(each.shop)
    return found


def find_silences(heard: Mapping[str, Hours], earliest: int, now: int) -> Iterator[Gap]:
    """Find the silences of sources that speak by themselves, between two instants."""
    for source, hours in heard.items():
        if sum(at >= earliest - HOUR for at in hours.recorded) < _LIVE:
            continue
        for silence in silences((at for at in hours.happened if at >= earliest), now):
            yield Gap(
                kind=SILENCE,
                source=source,
                shops=tuple(sorted(hours.shops)),
                start=_time(silence.start),
                end=_time(silence.end),
                lasts=silence.is_open,
                hours=round((silence.end - silence.start) / HOUR, 1),
                usual_hours=round(silence.usual / HOUR, 1),
            )


def find_holes(store: Store) -> tuple[list[Gap], int]:
    """Find the numbers that are left out, and how many holes were not looked into."""
    wanted = {
        (series.shop, series.system, series.prefix): series
        for series in numbers.all_series(store.views)
        if is_series(series.size, series.lowest, series.highest)
        and series.size <= series.highest - series.lowest
    }
    around: list[tuple[Series, Hole, str, str]] = []
    left_out = 0
    if wanted:
        with numbers.numbers(store.views, list(wanted.values())) as rows:
            for name, of_one in groupby(rows, lambda row: row[:3]):
                for count, found in enumerate(_around(of_one)):
                    if count < _HOLES:
                        around.append((wanted[name], *found))
                    else:
                        left_out += 1
    gaps = [_numbers_gap(store, *each) for each in around]
    return [gap for gap in gaps if gap is not None], left_out


def _around(rows: Iterator[numbers.Numbered]) -> Iterator[tuple[Hole, str, str]]:
    """Return holes with the streams of the numbers before and behind."""
    streams = ["", ""]

    def each() -> Iterator[int]:
        for row in rows:
            streams[:] = [streams[1], row.stream]
            yield row.number

    for hole in holes(each()):
        yield hole, streams[0], streams[1]


def _numbers_gap(store: Store, series: Series, hole: Hole, before: str, after: str) -> Gap | None:
    first, last = _told(store, series, before), _told(store, series, after)
    if first is None or last is None:
        return None
    times = sorted((first.occurred_at, last.occurred_at), key=lambda at: read_instant(at) or 0)
    key = [series.shop, series.system, series.prefix, series.width, hole.first, hole.last]
    return Gap(
        kind=NUMBERS,
        source=last.source.replace("/unlinked/", "/", 1),
        shops=(series.shop,),
        start=times[0],
        end=times[1],
        hours=round(((read_instant(times[1]) or 0) - (read_instant(times[0]) or 0)) / HOUR, 1),
        first=series.name(hole.first),
        last=series.name(hole.last),
        count=hole.count,
        key=msgspec.json.encode(key).decode(),
    )


def _told(store: Store, series: Series, stream: str) -> Event | None:
    """Return the event by which a number became known."""
    events = log.read_order(store.connection, None, stream)
    if series.system == ORDERS:
        return events[0] if events else None
    marker = f"{series.system}:sequence:{series.prefix}"
    named = (event for event in events if any(link.startswith(marker) for link in links(event)))
    return next(named, None)


def _time(at: int) -> str:
    return (
        datetime.fromtimestamp(at / 1e6, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )
