"""What a report is: a table over a period, which of its columns are drawn, how it is asked for."""

from decimal import Decimal
from typing import Any

import msgspec

from eventstore.connection import Connection

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


def within(period: Period, column: str, *more: str) -> tuple[str, list[object]]:
    """Return the condition for what began in a period, as a `WHERE` with its values.

    Args:
        period: what is counted.
        column: that holds the instant of the beginning.
        more: further conditions.
    """
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


def query(connection: Connection, statement: str, values: list[object]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement, in a transaction of its own."""
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def rounded(cells: tuple[Any, ...]) -> tuple[Cell, ...]:
    """Return cells as a reader wants them: one digit after the point, sums as whole numbers."""
    return tuple(map(_plain, cells))


def _plain(cell: Any) -> Cell:
    if isinstance(cell, Decimal):
        return int(cell)  # a sum of whole numbers, however large
    return round(cell, 1) if isinstance(cell, float) else cell
