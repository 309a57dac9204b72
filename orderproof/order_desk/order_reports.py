"""Reports about orders: lead time, compensation, and the metrics over all (R112, R126, R138)."""

from collections.abc import Mapping

from domain.tracking.lead_time import SPANS, STEPS
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
from projections.compensation_ledger import TABLE as LEDGER_TABLE
from projections.lead_time import TABLE as LEAD_TIME_TABLE
from projections.order_exception import TABLE as EXCEPTION_TABLE


def lead_time(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:  # noqa: ARG001
    """Return how long each step took, waiting for the product and transport apart (R138)."""
    where, values = within(period, "placed_at")
    cells = ", ".join(
        f"count({span}), avg({span} / {HOUR})::float,"
        f" percentile_cont(0.5) WITHIN GROUP (ORDER BY {span} / {HOUR}),"
        f" percentile_cont(0.9) WITHIN GROUP (ORDER BY {span} / {HOUR})"
        for span in SPANS
    )
    [row] = query(connection, f"SELECT {cells} FROM {LEAD_TIME_TABLE}{where}", values)
    told = {span: row[4 * number : 4 * number + 4] for number, span in enumerate(SPANS)}
    known = [step for step in STEPS if told[step][1] is not None]
    slowest = max(known, key=lambda step: told[step][1], default=None)
    return Report(
        name="lead-time",
        columns=("stage", "orders", "mean", "hours", "hours_90", "mark"),
        rows=tuple(
            (words.spans[span], *rounded(told[span]), words.slowest if span == slowest else "")
            for span in SPANS
        ),
        label=("stage",),
        bar="mean",
        total=len(SPANS),
    )


def compensation(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:
    """Return what was offered and handed out by level, and what an order cost (R112)."""
    where, values = within(period, "offered_at")
    rows = query(
        connection,
        "SELECT level, kind, currency, count(*), count(issued_at),"
        " count(*) FILTER (WHERE state = 'used'), sum(amount) FILTER (WHERE issued_at IS NOT NULL),"
        " round(sum(amount) FILTER (WHERE issued_at IS NOT NULL)"
        " / nullif(count(DISTINCT stream_id) FILTER (WHERE issued_at IS NOT NULL), 0))"
        f" FROM {LEDGER_TABLE}{where} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
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
            (level, words.kinds.get(kind, kind), *rounded(tuple(rest)))
            for level, kind, *rest in rows[:limit]
        ),
        label=("level", "kind", "currency"),
        bar="issued",
        total=len(rows),
    )


def metrics(connection: Connection, period: Period, words: ReportWords, limit: int) -> Report:  # noqa: ARG001
    """Return the numbers that the sources name, with their definitions (R114, R126, R127)."""
    where, values = within(period, "raised_at")
    [handled] = query(
        connection,
        f"SELECT avg((ended_at - raised_at) / {HOUR})::float,"
        f" {_percent('NOT open AND reopened = 0', 'NOT open')},"
        f" {_percent('foreseen', 'true')},"
        f" {_percent('''recovered AND class = 'payment' ''', '''class = 'payment' ''')},"
        f" {_percent(f'noticed_at - raised_at <= {5 * MINUTE}', 'true')}"
        f" FROM {EXCEPTION_TABLE}{where}",
        values,
    )
    placed, values = within(period, "placed_at")
    [orders] = query(
        connection,
        f"SELECT {_percent('excepted', 'true')}, {_percent('dispatched AND paid', 'paid')},"
        f" {_percent('late = 0', 'late IS NOT NULL')}, avg(whole / {DAY})::float,"
        f" {_percent(f'stream_id IN (SELECT stream_id FROM {LEDGER_TABLE})', 'true')}"
        f" FROM {LEAD_TIME_TABLE}{placed}",
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
            (words.metrics[name][0], *rounded((value,)), words.metrics[name][1])
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
