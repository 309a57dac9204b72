"""Improvements: suggested where a cause is frequent, adopted by people, compared afterwards."""

import msgspec

from domain.stream import DESK_STREAM, stream_id
from domain.time import instant
from domain.tracking.improvements import IMPROVEMENTS, suggested
from domain.words.reports import ReportWords
from eventstore import log
from orderproof import errors
from orderproof.bootstrap import Store
from orderproof.errors import CommandError
from orderproof.order_desk import exporting
from orderproof.order_desk.exception_reports import counts_by_kind, share_of
from orderproof.order_desk.report import DAY, Period

SUGGESTED = "improvement.suggested"
ADOPTED = "improvement.adopted"
PART = "improvements"
"""Names the stream of the desk in which both are recorded."""

WINDOW = 30
"""Days before and after an adoption that are compared, as far as they are over."""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """An improvement that was adopted, and what became of its cause.

    Args:
        cause: class and subtype, with a dot.
        adopted_at: RFC 3339 UTC.
        days: that were compared on either side.
        before: its share of all exceptions before, in percent; None where there were none.
        after: the same afterwards.
        exceptions_before: how many exceptions there were before, of any kind.
        exceptions_after: the same afterwards.
    """

    cause: str
    adopted_at: str
    days: float
    before: float | None
    after: float | None
    exceptions_before: int
    exceptions_after: int


def suggest(store: Store, period: Period, words: ReportWords, by: str) -> list[str]:
    """Record what is suggested for a period, and return the causes."""
    found = suggested(counts_by_kind(store.views, period))
    for improvement, _ in found:
        said: dict[str, object] = {
            "cause": improvement.cause,
            "suggestion": improvement.suggestion[words.code],
        }
        exporting.record(store, SUGGESTED, said, by, PART)
    return [improvement.cause for improvement, _ in found]


def adopt(store: Store, cause: str, suggestion: str | None, words: ReportWords, by: str) -> int:
    """Record that something is done from now on so that a cause becomes rarer.

    Args:
        store: the open installation.
        cause: class and subtype, with a dot.
        suggestion: what is done; the one of the table where it is None.
        words: of the language in which that is recorded.
        by: who decided it.

    Returns:
        The position of the event.

    Raises:
        CommandError: nothing is suggested for the cause, and nobody says what is done.
    """
    known = IMPROVEMENTS.get(cause)
    if suggestion is None and known is None:
        raise CommandError(
            f"nothing is suggested for this cause, say --what; known are {', '.join(IMPROVEMENTS)}",
            errors.USAGE,
        )
    what = suggestion or (known.suggestion[words.code] if known is not None else "")
    return exporting.record(store, ADOPTED, {"cause": cause, "suggestion": what}, by, PART)


def compare(store: Store, at: int, shop: str | None = None) -> list[Compared]:
    """Compare the shares of causes before and after something was done about them (R124).

    Args:
        store: the open installation, its read models up to date.
        at: the instant up to which it is compared, microseconds since 1970 UTC.
        shop: of this shop alone.
    """
    found = []
    for cause, adopted_at in _adopted(store):
        adopted = instant(adopted_at)
        span = max(min(at - adopted, int(WINDOW * DAY)), 0)
        before = Period(since=adopted - span, until=adopted, shop=shop)
        after = Period(since=adopted, until=adopted + span, shop=shop)
        share_before, count_before = share_of(store.views, cause, before)
        share_after, count_after = share_of(store.views, cause, after)
        found.append(
            Compared(
                cause=cause,
                adopted_at=adopted_at,
                days=round(span / DAY, 1),
                before=share_before,
                after=share_after,
                exceptions_before=count_before,
                exceptions_after=count_after,
            )
        )
    return found


def _adopted(store: Store) -> list[tuple[str, str]]:
    rows = log.stored(
        store.connection,
        " FROM events e WHERE stream_id = %s AND type = %s ORDER BY version",
        [str(stream_id(f"{DESK_STREAM}/{PART}")), ADOPTED],
    )
    events = [log.event_of(row) for row in rows]
    return [(str(event.data.get("cause")), event.occurred_at) for event in events]
