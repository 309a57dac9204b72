"""Gaps in what sources told: found by their counters and by their silence, and recorded."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from domain.gap_finding import HOUR
from domain.time import read_instant
from eventstore import log
from orderproof import gap_record, gap_search
from orderproof.bootstrap import Store, catch_up
from orderproof.errors import CommandError
from orderproof.gap_record import Kept
from orderproof.gap_search import SILENCE, Gap
from projections import refund_index


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
    at = read_instant(now) or 0
    kept = gap_record.recorded(store) if record else []
    heard = gap_search.listen(store, _since(at, days, kept))
    found, left_out = gap_search.find_holes(store)
    found += gap_search.find_silences(heard, at - days * 24 * HOUR, at)
    found.sort(key=lambda gap: (gap.kind, gap.source, gap.from_, gap.key))
    on_their_way = refund_index.under_way(store.views)
    report = Report(
        as_of=now,
        days=days,
        gaps=tuple(found),
        left_out=left_out,
        concerned=sum(bool(gap_record.concerning(found, refund)) for refund in on_their_way),
    )
    if not record:
        return report
    detected = list(gap_record.detected(found, on_their_way, now))
    filled = list(gap_record.filled(store, kept, heard, now))
    return msgspec.structs.replace(
        report,
        recorded=gap_record.write(store, detected),
        filled=gap_record.write(store, filled),
    )


def _since(now: int, days: int, kept: Sequence[Kept]) -> str:
    """Return from when on sources are listened to: a gap is measured by what was before it."""
    starts = (each.start for each in kept if each.kind == SILENCE and each.start is not None)
    earliest = min((now, *starts))
    return (datetime.fromtimestamp(earliest / 1e6, UTC) - timedelta(days=days)).isoformat()
