"""Gaps in what sources told: found by their counters and by their silence, and recorded."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from domain.absence import fold_gaps, is_concerned
from domain.catalogue import OUR_SOURCE, is_reserved_source
from domain.event import Event, Fact
from domain.gap_finding import HOUR, Hole, holes, is_series, silences
from domain.linking import is_waiting_place, links
from domain.occurrence import in_order
from domain.stream import split_order_stream
from domain.time import read_instant
from eventstore import hearing, log, recording
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof.bootstrap import Store, catch_up
from orderproof.errors import CommandError
from projections import numbers, refund_index
from projections.numbers import ORDERS, Series
from projections.refund_index import UnderWay
from sources.message import MAX_IDENTITY

DETECTED = "source.gap_detected"
FILLED = "source.gap_filled"
SILENCE = "silence"
NUMBERS = "numbers"

_HOLES = 1_000
"""Holes of a series that are looked into; the others are counted."""

_NAMED = 10_000
"""Numbers of one hole that are looked for again."""

_BATCH = 500


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


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    Args:
        as_of: when.
        days: how far back silence was looked for.
        gaps: by source and time.
        left_out: holes of series with very many that were not looked into.
        concerned: refunds on their way that a gap may hide something of.
        recorded: events about gaps that were recorded; None where nothing was to be.
        filled: events about gaps that were filled since.
    """

    as_of: str
    days: int
    gaps: tuple[Gap, ...]
    left_out: int
    concerned: int
    recorded: int | None = None
    filled: int | None = None


def run(store: Store, days: int, *, record: bool) -> Report:
    """Look for gaps.

    Args:
        store: the open installation.
        days: how far back silence is looked for.
        record: in each order with a refund on its way that is concerned, that there is a gap; and
            in those where one was recorded, that it was filled.

    Raises:
        CommandError: the days cannot be meant.
    """
    if not 1 <= days <= 3_650:
        raise CommandError("--days: 1 to 3650")
    catch_up(store)
    now = log.clock(store.connection)
    kept = _recorded(store) if record else []
    hours, shops = _heard(store, _since(now, days, kept))
    earliest = (read_instant(now) or 0) - days * 24 * HOUR
    found = [*_silences(hours, shops, earliest, now)]
    counted, left_out = _numbers(store)
    found += counted
    found.sort(key=lambda gap: (gap.kind, gap.source, gap.from_, gap.first or ""))
    on_their_way = refund_index.under_way(store.views)
    facts = list(_facts(found, on_their_way, now))
    report = Report(
        as_of=now,
        days=days,
        gaps=tuple(found),
        left_out=left_out,
        concerned=len({(r.stream, r.refund_id) for r in on_their_way if _concerning(found, r)}),
    )
    if not record:
        return report
    filled = list(_filled(store, kept, hours, now))
    return msgspec.structs.replace(
        report, recorded=_record(store, facts), filled=_record(store, filled)
    )


def _since(now: str, days: int, kept: Sequence["_Kept"]) -> str:
    """Return from when on sources are listened to: a gap is measured by what was before it."""
    earliest = min(
        (each.start for each in kept if each.kind == SILENCE and each.start is not None),
        default=None,
    )
    end = read_instant(now) or 0
    start = min(end, earliest) if earliest is not None else end
    since = datetime.fromtimestamp(start / 1e6, UTC) - timedelta(days=days)
    return since.isoformat()


def _heard(store: Store, since: str) -> tuple[dict[str, set[int]], dict[str, set[str]]]:
    """Return the hours in which each source was heard of, and the shops that it tells of."""
    hours: dict[str, set[int]] = {}
    shops: dict[str, set[str]] = {}
    for source, shop, hour in hearing.heard(store.connection, since):
        if not is_reserved_source(source):
            hours.setdefault(source, set()).add(hour)
            shops.setdefault(source, set()).add(shop)
    return hours, shops


def _silences(
    hours: Mapping[str, set[int]], shops: Mapping[str, set[str]], earliest: int, now: str
) -> Iterator[Gap]:
    for source, spoke in hours.items():
        for silence in silences((at for at in spoke if at >= earliest), read_instant(now) or 0):
            yield Gap(
                kind=SILENCE,
                source=source,
                shops=tuple(sorted(shops[source])),
                start=_time(silence.start),
                end=_time(silence.end),
                lasts=silence.is_open,
                hours=round((silence.end - silence.start) / HOUR, 1),
                usual_hours=round(silence.usual / HOUR, 1),
            )


def _numbers(store: Store) -> tuple[list[Gap], int]:
    found: list[Gap] = []
    left_out = 0
    for series in numbers.all_series(store.views):
        if not is_series(series.size, series.lowest, series.highest):
            continue
        if series.size == series.highest - series.lowest + 1:
            continue
        around, more = _around(store, series)
        left_out += more
        found += [
            gap
            for hole, before, after in around
            if (gap := _numbers_gap(store, series, hole, before, after)) is not None
        ]
    return found, left_out


def _around(store: Store, series: Series) -> tuple[list[tuple[Hole, str, str]], int]:
    """Return holes with the streams of the numbers before and behind, and how many more."""
    found: list[tuple[Hole, str, str]] = []
    more = 0
    streams = [""] * 2

    with numbers.numbers(store.views, series) as rows:

        def each() -> Iterator[int]:
            for number, stream in rows:
                streams[:] = [streams[1], stream]
                yield number

        for hole in holes(each()):
            if len(found) < _HOLES:
                found.append((hole, streams[0], streams[1]))
            else:
                more += 1
    return found, more


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


def _concerning(found: Sequence[Gap], refund: UnderWay) -> list[Gap]:
    """Return the gaps in which something about a refund may have been told."""
    shop, _ = split_order_stream(refund.stream) or ("", "")
    return [
        gap
        for gap in found
        if shop in gap.shops
        and (refund.last_fact_at is None or gap.to > refund.last_fact_at)
        and is_concerned(gap.source, refund.sources, [refund.psp] if refund.psp else [])
    ]


def _facts(found: Sequence[Gap], refunds: Sequence[UnderWay], now: str) -> Iterator[Fact]:
    """Return one event for each gap and each order that it concerns."""
    last: dict[tuple[str, Gap], int] = {}
    for refund in refunds:
        if is_waiting_place(refund.stream):
            continue
        for gap in _concerning(found, refund):
            at = last.get((refund.stream, gap), 0)
            last[refund.stream, gap] = max(at, refund.last_fact_at or 0)
    for (stream, gap), at in last.items():
        # A silence that lasts is recorded again only where something was heard of the refund since.
        name = [stream, gap.source, gap.start, at if gap.lasts else gap.end, gap.key]
        yield Fact(
            stream=stream,
            type=DETECTED,
            source=OUR_SOURCE,
            id=_id(gap, _digest(name)),
            occurred_at=now if gap.lasts else gap.end,
            data={"source": gap.source, "from": gap.start, "to": gap.end},
        )


def _id(gap: Gap, digest: str) -> str:
    # The key tells later which numbers to look for again; one that is too long is left out.
    name = f"{DETECTED}/{gap.kind}/{digest}/"
    return name + gap.key if len((name + gap.key).encode()) <= MAX_IDENTITY else name


class _Kept(msgspec.Struct, frozen=True):
    """A gap that was recorded by us and that nothing has filled yet."""

    stream: str
    id: str
    kind: str
    source: str
    start: int | None
    end: int | None
    data: dict[str, str]


def _recorded(store: Store) -> list[_Kept]:
    ids: dict[str, set[str]] = {}
    for id_, stream in hearing.recorded_ids(store.connection, OUR_SOURCE, f"{DETECTED}/"):
        ids.setdefault(stream, set()).add(id_)
    kept = []
    for stream, own in ids.items():
        events = log.read_order(store.connection, None, stream)
        data = {event.id: event.data for event in events if event.id in own}
        kept += [
            _Kept(
                stream=stream,
                id=gap.event_id,
                kind=gap.event_id.split("/")[1],
                source=gap.source or "",
                start=gap.start,
                end=gap.end,
                data=data[gap.event_id],
            )
            for gap in fold_gaps(in_order(events))
            if gap.event_id in data
        ]
    return kept


def _filled(
    store: Store, kept: Sequence[_Kept], hours: Mapping[str, set[int]], now: str
) -> Iterator[Fact]:
    """Return an event for each recorded gap of which nothing is missing any more."""
    for each in kept:
        if each.kind == SILENCE:
            done = _is_broken(each, hours.get(each.source, set()))
        else:
            done = _are_known(store, each)
        if done:
            yield Fact(
                stream=each.stream,
                type=FILLED,
                source=OUR_SOURCE,
                id=f"{FILLED}/{each.kind}/{_digest([each.stream, each.id])}",
                occurred_at=now,
                data=each.data,
            )


def _is_broken(kept: _Kept, spoke: set[int]) -> bool:
    """Tell whether a source was heard of after all in a silence, and no long one is left in it."""
    if kept.start is None or kept.end is None:
        return False
    inside = [at for at in spoke if kept.start < at < kept.end]
    left = [
        silence
        for silence in silences((at for at in spoke if at <= kept.end), kept.end)
        if silence.start < kept.end and kept.start < silence.end
    ]
    return bool(inside) and not left


def _are_known(store: Store, kept: _Kept) -> bool:
    """Tell whether all numbers of a hole came in."""
    try:
        shop, system, prefix, width, first, last = msgspec.json.decode(kept.id.split("/", 3)[3])
    except (ValueError, IndexError):
        return False  # a key that was too long for an id
    if last - first >= _NAMED:
        return False
    series = Series(shop, system, prefix, 0, first, last, width)
    names = [series.name(number) for number in range(first, last + 1)]
    return numbers.are_known(store.views, shop, system, names)


def _record(store: Store, facts: Sequence[Fact]) -> int:
    count = 0
    with connect(store.dsn, ROLE) as connection:
        for at in range(0, len(facts), _BATCH):
            outcomes = recording.record(connection, None, facts[at : at + _BATCH])
            count += sum(outcome.result == "recorded" for outcome in outcomes)
    return count


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def _time(at: int) -> str:
    return (
        datetime.fromtimestamp(at / 1e6, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )
