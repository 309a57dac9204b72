"""Recording gaps where a refund on its way is concerned, and that they were filled."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from domain.absence import fold_gaps, is_concerned
from domain.catalogue import OUR_SOURCE
from domain.event import Fact
from domain.gap_finding import silences
from domain.linking import ANY_SHOP, is_waiting_place
from domain.occurrence import in_order
from domain.stream import split_order_stream
from eventstore import hearing, log, recording
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof.bootstrap import Store
from orderproof.gap_search import SILENCE, Gap, Hours
from projections import numbers
from projections.numbers import Series
from projections.refund_index import UnderWay
from sources.message import MAX_IDENTITY

DETECTED = "source.gap_detected"
FILLED = "source.gap_filled"

_NAMED = 10_000
"""Numbers of one hole that are looked for again."""

_BATCH = 500


def concerning(found: Sequence[Gap], refund: UnderWay) -> list[Gap]:
    """Return the gaps in which something about a refund may have been told."""
    shop, _ = split_order_stream(refund.stream) or ("", "")
    return [
        gap
        for gap in found
        if (shop in gap.shops or ANY_SHOP in gap.shops)
        and (refund.last_fact_at is None or gap.to > refund.last_fact_at)
        and is_concerned(gap.source, refund.sources, [refund.psp] if refund.psp else [])
    ]


def detected(found: Sequence[Gap], refunds: Sequence[UnderWay], now: str) -> Iterator[Fact]:
    """Return one event for each gap and each order that it concerns."""
    last: dict[tuple[str, Gap], int] = {}
    for refund in refunds:
        if is_waiting_place(refund.stream):
            continue
        for gap in concerning(found, refund):
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


class Kept(msgspec.Struct, frozen=True):
    """A gap that was recorded by us and that nothing has filled yet."""

    stream: str
    id: str
    kind: str
    source: str
    start: int | None
    end: int | None
    data: dict[str, str]


def recorded(store: Store) -> list[Kept]:
    """Return the gaps that were recorded by us and that nothing has filled yet."""
    ids: dict[str, set[str]] = {}
    for id_, stream in hearing.recorded_ids(store.connection, OUR_SOURCE, f"{DETECTED}/"):
        ids.setdefault(stream, set()).add(id_)
    kept = []
    for stream, own in ids.items():
        events = log.read_order(store.connection, None, stream)
        data = {event.id: event.data for event in events if event.id in own}
        kept += [
            Kept(
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


def filled(
    store: Store, kept: Sequence[Kept], heard: Mapping[str, Hours], now: str
) -> Iterator[Fact]:
    """Return an event for each recorded gap of which nothing is missing any more."""
    for each in kept:
        if each.kind == SILENCE:
            done = _is_broken(each, heard.get(each.source, Hours()).happened)
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


def _is_broken(kept: Kept, spoke: set[int]) -> bool:
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


def _are_known(store: Store, kept: Kept) -> bool:
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


def write(store: Store, facts: Sequence[Fact]) -> int:
    """Record events about gaps; return how many are new."""
    count = 0
    with connect(store.dsn, ROLE) as connection:
        for at in range(0, len(facts), _BATCH):
            outcomes = recording.record(connection, None, facts[at : at + _BATCH])
            count += sum(outcome.result == "recorded" for outcome in outcomes)
    return count


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]
