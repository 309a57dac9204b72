"""Reports about exceptions: shares, goods, steps, causes, and what to improve (R117-R137)."""

from collections.abc import Callable
from typing import Any

from domain.tracking.handled import CAUSES
from domain.tracking.improvements import suggested
from domain.tracking.subtypes import subtype_title
from domain.words.reports import ReportWords
from eventstore.connection import Connection
from orderproof.order_desk.report import (
    DAY,
    HOUR,
    MINUTE,
    Cell,
    Period,
    Report,
    query,
    rounded,
    within,
)
from projections import order_exception


def counts_by_kind(connection: Connection, period: Period) -> dict[str, int]:
    """Return the exceptions of a period by class and subtype, with a dot."""
    where, values = within(period, "raised_at")
    rows = query(
        connection,
        "SELECT coalesce(class, '?') || '.' || coalesce(subtype, '?'), count(*)"
        f" FROM {order_exception.TABLE}{where} GROUP BY 1",
        values,
    )
    return dict(rows)


_COUNTED = (
    "count(*), round(100.0 * count(*) / sum(count(*)) OVER (), 1)::float,"
    " count(*) FILTER (WHERE open),"
    " round(100.0 * count(*) FILTER (WHERE NOT open AND reopened = 0)"
    "  / nullif(count(*) FILTER (WHERE NOT open), 0), 1)::float,"
    " round(100.0 * count(*) FILTER (WHERE foreseen) / count(*), 1)::float,"
    f" percentile_cont(0.5) WITHIN GROUP (ORDER BY (noticed_at - raised_at) / {MINUTE}),"
    f" percentile_cont(0.5) WITHIN GROUP (ORDER BY (ended_at - raised_at) / {HOUR}),"
    f" avg((ended_at - raised_at) / {HOUR})::float,"
    f" percentile_cont(0.9) WITHIN GROUP (ORDER BY (ended_at - raised_at) / {HOUR})"
)
_COUNTED_COLUMNS = (
    "count",
    "share",
    "open",
    "kept",
    "foreseen",
    "notice",
    "hours",
    "mean",
    "hours_90",
)


def exceptions_by(
    name: str, by: str, keys: tuple[str, ...]
) -> Callable[[Connection, Period, ReportWords, int], Report]:
    """Return what reports how exceptions went, by some of their columns (R117, R118, R124).

    Args:
        name: of the report.
        by: the columns, as SQL.
        keys: their heads.
    """

    def report(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:
        where, values = within(period, "raised_at")
        rows = query(
            connection,
            f"SELECT {by}, {_COUNTED} FROM {order_exception.TABLE}{where}"
            f" GROUP BY {by} ORDER BY count(*) DESC, {by}",
            values,
        )
        width = len(keys)
        shown = [(*_keys(row[:width], name, words), *rounded(row[width:])) for row in rows]
        return Report(
            name=name,
            columns=(*keys, *_COUNTED_COLUMNS),
            rows=tuple(shown[:limit]),
            label=keys[:1],
            bar="share",
            total=len(shown),
        )

    return report


def _keys(cells: tuple[Any, ...], name: str, words: ReportWords) -> tuple[Cell, ...]:
    if name == "exceptions":
        class_, subtype = cells
        return (subtype_title(f"{class_}.{subtype}", words.code), class_)
    return cells


def goods(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:
    """Return the goods that exceptions are about, the most frequent first (R124)."""
    where, values = within(period, "raised_at")
    rows = query(
        connection,
        "SELECT sku, count(*), round(100.0 * count(*) / nullif((SELECT count(*) FROM"
        f" {order_exception.TABLE}{where}), 0), 1)::float,"
        " mode() WITHIN GROUP (ORDER BY coalesce(class, '?') || '.' || coalesce(subtype, '?')),"
        f" count(*) OVER () FROM {order_exception.TABLE}, unnest(skus) AS sku{where}"
        " GROUP BY sku ORDER BY count(*) DESC, sku LIMIT %s",
        [*values, *values, limit],
    )
    return Report(
        name="goods",
        columns=("sku", "count", "share", "usual"),
        rows=tuple(
            (sku, count, share, subtype_title(usual, words.code))
            for sku, count, share, usual, _ in rows
        ),
        label=("sku",),
        bar="count",
        total=rows[0][4] if rows else 0,
    )


def steps(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:  # noqa: ARG001
    """Return where it went wrong, as root causes say (R122)."""
    where, values = within(period, "raised_at", "stage IS NOT NULL")
    rows = query(
        connection,
        "SELECT stage, blamed, count(*), round(100.0 * count(*) / sum(count(*)) OVER (), 1)::float"
        f" FROM {order_exception.TABLE}{where} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        values,
    )
    return Report(
        name="steps",
        columns=("stage", "department", "count", "share"),
        rows=tuple(rows[:limit]),
        label=("stage", "department"),
        bar="share",
        total=len(rows),
    )


def causes(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:  # noqa: ARG001
    """Return the ten causes of late deliveries with share and mean delay (R128-R137)."""
    where, values = within(period, "raised_at", "cause IS NOT NULL")
    rows = query(
        connection,
        "SELECT cause, count(*), round(100.0 * count(*) / sum(count(*)) OVER (), 1)::float,"
        f" avg(late / {DAY})::float, count(late) FROM {order_exception.TABLE}{where} GROUP BY 1",
        values,
    )
    found = {row[0]: row[1:] for row in rows}
    return Report(
        name="causes",
        columns=("cause", "what", "count", "share", "days", "known"),
        rows=tuple(
            (cause, words.causes[cause], *rounded(found.get(cause, (0, 0.0, None, 0))))
            for cause in CAUSES
        ),
        label=("cause", "what"),
        bar="share",
        total=len(CAUSES),
    )


def improvements(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:
    """Return what is suggested where a cause is too frequent (R125)."""
    found = suggested(counts_by_kind(connection, period))
    return Report(
        name="improvements",
        columns=("kind", "cause", "share", "limit", "suggestion"),
        rows=tuple(
            (
                subtype_title(one.cause, words.code),
                one.cause,
                round(share, 1),
                one.limit,
                one.suggestion[words.code],
            )
            for one, share in found[:limit]
        ),
        label=("kind",),
        bar="share",
        total=len(found),
    )


def share_of(connection: Connection, cause: str, period: Period) -> tuple[float | None, int]:
    """Return which share of a period's exceptions has this class and subtype, and their number."""
    counts = counts_by_kind(connection, period)
    total = sum(counts.values())
    return (round(100 * counts.get(cause, 0) / total, 1) if total else None), total
