"""Reports over any period: what went wrong, why, how long it took, and what it cost (R112-R138)."""

from collections.abc import Callable, Mapping

from domain.words.reports import ReportWords
from eventstore.connection import Connection
from orderproof.order_desk import exception_reports, order_reports
from orderproof.order_desk.report import Period, Report
from projections import compensation_ledger, lead_time, order_exception

READ = (
    order_exception.ORDER_EXCEPTION,
    compensation_ledger.COMPENSATION_LEDGER,
    lead_time.LEAD_TIME,
)
"""The read models that reports are made of."""

REPORTS: Mapping[str, Callable[[Connection, Period, ReportWords, int], Report]] = {
    "exceptions": exception_reports.exceptions_by(
        "exceptions", "class, subtype", ("kind", "class")
    ),
    "classes": exception_reports.exceptions_by("classes", "class", ("class",)),
    "levels": exception_reports.exceptions_by("levels", "level", ("level",)),
    "departments": exception_reports.exceptions_by("departments", "department", ("department",)),
    "goods": exception_reports.goods,
    "steps": exception_reports.steps,
    "causes": exception_reports.causes,
    "lead-time": order_reports.lead_time,
    "compensation": order_reports.compensation,
    "improvements": exception_reports.improvements,
    "metrics": order_reports.metrics,
}
"""By name."""


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
