"""Reports over any period: what went wrong, why, how long it took, and what it cost (R112-R138)."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from domain.tracking.handled import CAUSES
from domain.tracking.improvements import suggested
from domain.tracking.lead_time import SPANS, STEPS
from domain.tracking.subtypes import subtype_title
from domain.words.reports import ReportWords
from eventstore.connection import Connection
from projections import compensation_ledger, lead_time, order_exception

READ = (
    order_exception.ORDER_EXCEPTION,
    compensation_ledger.COMPENSATION_LEDGER,
    lead_time.LEAD_TIME,
)
"""The read models that reports are made of."""

HOUR = 3_600_000_000.0
DAY = 24 * HOUR
MINUTE = 60_000_000.0

Cell = str | int | float | None


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted: what began from `since` on and before `until`, of one shop or of all.

    Instants are microseconds since 1970 UTC; None is without a limit.
    """

    since: int | None = None
    until: int | None = None
    shop: str | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A table, and which of its columns make a chart of bars.

    Args:
        name: of the report.
        columns: their names, each with a head in the words of the language.
        rows: as many cells as columns; numbers are numbers.
        label: columns that name a bar.
        bar: the column that is its length.
        total: how many rows there would be without a limit.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    label: tuple[str, ...]
    bar: str
    total: int

    def dicts(self) -> list[dict[str, Cell]]:
        """Return the rows by the names of the columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def make(
    connection: Connection, name: str, period: Period, words: ReportWords, limit: int
) -> Report:
    """Make a report.

    Args:
        connection: to the read models; no transaction is open on it.
        name: one of `REPORTS`.
        period: what is counted.
        words: of the reader's language.
        limit: at most so many rows, where there may be any number.
    """
    return REPORTS[name](connection, period, words, limit)


def counts_by_kind(connection: Connection, period: Period) -> dict[str, int]:
    """Return the exceptions of a period by class and subtype, with a dot."""
    where, values = _within(period, "raised_at")
    rows = _query(
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


def _exceptions_by(
    name: str, by: str, keys: tuple[str, ...]
) -> Callable[[Connection, Period, ReportWords, int], Report]:
    def report(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:
        where, values = _within(period, "raised_at")
        rows = _query(
            connection,
            f"SELECT {by}, {_COUNTED} FROM {order_exception.TABLE}{where}"
            f" GROUP BY {by} ORDER BY count(*) DESC, {by}",
            values,
        )
        width = len(keys)
        shown = [(*_keys(row[:width], name, words), *_rounded(row[width:])) for row in rows]
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


def _goods(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:
    where, values = _within(period, "raised_at")
    rows = _query(
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


def _steps(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:  # noqa: ARG001
    where, values = _within(period, "raised_at", "stage IS NOT NULL")
    rows = _query(
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


def _causes(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:  # noqa: ARG001
    where, values = _within(period, "raised_at", "cause IS NOT NULL")
    rows = _query(
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
            (cause, words.causes[cause], *_rounded(found.get(cause, (0, 0.0, None, 0))))
            for cause in CAUSES
        ),
        label=("cause", "what"),
        bar="share",
        total=len(CAUSES),
    )


def _lead_time(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:  # noqa: ARG001
    where, values = _within(period, "placed_at")
    cells = ", ".join(
        f"count({span}), avg({span} / {HOUR})::float,"
        f" percentile_cont(0.5) WITHIN GROUP (ORDER BY {span} / {HOUR}),"
        f" percentile_cont(0.9) WITHIN GROUP (ORDER BY {span} / {HOUR})"
        for span in SPANS
    )
    [row] = _query(connection, f"SELECT {cells} FROM {lead_time.TABLE}{where}", values)
    told = {span: row[4 * number : 4 * number + 4] for number, span in enumerate(SPANS)}
    known = [step for step in STEPS if told[step][1] is not None]
    slowest = max(known, key=lambda step: told[step][1], default=None)
    return Report(
        name="lead-time",
        columns=("stage", "orders", "mean", "hours", "hours_90", "mark"),
        rows=tuple(
            (words.spans[span], *_rounded(told[span]), words.slowest if span == slowest else "")
            for span in SPANS
        ),
        label=("stage",),
        bar="mean",
        total=len(SPANS),
    )


def _compensation(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:
    where, values = _within(period, "offered_at")
    rows = _query(
        connection,
        "SELECT level, kind, currency, count(*), count(issued_at),"
        " count(*) FILTER (WHERE state = 'used'), sum(amount) FILTER (WHERE issued_at IS NOT NULL)"
        "::bigint, round(sum(amount) FILTER (WHERE issued_at IS NOT NULL)"
        " / nullif(count(DISTINCT stream_id) FILTER (WHERE issued_at IS NOT NULL), 0))::bigint"
        f" FROM {compensation_ledger.TABLE}{where} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        values,
    )
    return Report(
        name="compensation",
        columns=(
            "level",
            "kind",
            "currency",
            "offered",
            "issued",
            "used",
            "amount",
            "per_order",
        ),
        rows=tuple(
            (level, words.kinds.get(kind, kind), *rest) for level, kind, *rest in rows[:limit]
        ),
        label=("level", "kind", "currency"),
        bar="issued",
        total=len(rows),
    )


def _improvements(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:
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


def _metrics(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:  # noqa: ARG001
    where, values = _within(period, "raised_at")
    [handled] = _query(
        connection,
        f"SELECT avg((ended_at - raised_at) / {HOUR})::float,"
        f" {_percent('NOT open AND reopened = 0', 'NOT open')},"
        f" {_percent('foreseen', 'true')},"
        f" {_percent('''recovered AND class = 'payment' ''', '''class = 'payment' ''')},"
        f" {_percent(f'noticed_at - raised_at <= {5 * MINUTE}', 'true')}"
        f" FROM {order_exception.TABLE}{where}",
        values,
    )
    placed, values = _within(period, "placed_at")
    [orders] = _query(
        connection,
        f"SELECT {_percent('excepted', 'true')}, {_percent('dispatched AND paid', 'paid')},"
        f" {_percent('late = 0', 'late IS NOT NULL')}, avg(whole / {DAY})::float,"
        f" {_percent(f'stream_id IN (SELECT stream_id FROM {compensation_ledger.TABLE})', 'true')}"
        f" FROM {lead_time.TABLE}{placed}",
        values,
    )
    told: Mapping[str, Cell] = {
        "exception_rate": orders[0],
        "handling_hours": handled[0],
        "noticed": handled[4],
        "kept": handled[1],
        "foreseen": handled[2],
        "recovered": handled[3],
        "fulfilment": orders[1],
        "in_time": orders[2],
        "lead_time": orders[3],
        "compensated": orders[4],
    }
    return Report(
        name="metrics",
        columns=("metric", "value", "definition"),
        rows=tuple(
            (words.metrics[name][0], *_rounded((value,)), words.metrics[name][1])
            for name, value in told.items()
        ),
        label=("metric",),
        bar="value",
        total=len(told),
    )


def _percent(part: str, of: str) -> str:
    return (
        f"round(100.0 * count(*) FILTER (WHERE ({part}) AND {of})"
        f" / nullif(count(*) FILTER (WHERE {of}), 0), 1)::float"
    )


REPORTS: Mapping[str, Callable[[Connection, Period, ReportWords, int], Report]] = {
    "exceptions": _exceptions_by("exceptions", "class, subtype", ("kind", "class")),
    "classes": _exceptions_by("classes", "class", ("class",)),
    "levels": _exceptions_by("levels", "level", ("level",)),
    "departments": _exceptions_by("departments", "department", ("department",)),
    "goods": _goods,
    "steps": _steps,
    "causes": _causes,
    "lead-time": _lead_time,
    "compensation": _compensation,
    "improvements": _improvements,
    "metrics": _metrics,
}
"""By name."""


def _within(period: Period, column: str, *more: str) -> tuple[str, list[object]]:
    conditions = list(more)
    values: list[object] = []
    for condition, value in (
        (f"{column} >= %s", period.since),
        (f"{column} < %s", period.until),
        ("shop = %s", period.shop),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), values


def _query(connection: Connection, statement: str, values: list[object]) -> list[tuple[Any, ...]]:
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _rounded(cells: tuple[Any, ...]) -> tuple[Cell, ...]:
    return tuple(round(cell, 1) if isinstance(cell, float) else cell for cell in cells)
