"""The order desk's tracking table: one row an unfinished order, the first to do on top."""

from datetime import date
from typing import Protocol

import msgspec

from api.access import Token

ROWS = 50
"""Rows of a page."""


class TableAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders; `after` is where the page before ended.

    Args:
        shop: of this shop.
        quadrant: 1 to 4.
        owner: this person or department is responsible for them.
        overdue: they should have left by now and have not; goes without `owner`, `undecided`.
        undecided: nobody said what is next.
        day: as was on record when this past day ended, UTC; None for now.
        after: see above.
    """

    shop: str | None = None
    quadrant: int | None = None
    owner: str | None = None
    overdue: bool = False
    undecided: bool = False
    day: date | None = None
    after: tuple[int | str, ...] | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The eight columns (R017), the customer masked, and what is marked inside them.

    Args:
        shop: whose order it is.
        quadrant: 1 to 4.
        overdue_days: days since the first planned dispatch; 0 where it is not overdue.
        silent_hours: hours since there was news of it; None where there is none to count from.
        next_action_set: whether somebody said what is next; else `next_action` is what the state of
            things asks for.
    """

    order: str
    customer: str
    goods: str
    planned_dispatch: str
    status: str
    owner: str
    updated: str
    next_action: str
    shop: str
    quadrant: int
    overdue_days: int
    silent_hours: int | None
    next_action_set: bool


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders: so many, or, where it is not exact, more than so many."""

    number: int
    exact: bool


class Quadrant(msgspec.Struct, frozen=True, kw_only=True):
    """A quadrant, what it means, and how many orders are in it; None for a past day."""

    quadrant: int
    meaning: str
    orders: Count | None


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A past day, and which part of it a page is about: it is made of events, some orders a page.

    Args:
        day: UTC; its end is meant.
        looked_at: how many orders this page looked at, finished ones too.
        newest: the day on which the first of them began; None where there is none.
        oldest: the day on which the last of them began.
    """

    day: str
    looked_at: int
    newest: str | None
    oldest: str | None


Place = tuple[int | str, ...]
"""Where a page ends."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the table.

    Args:
        as_of: position of the newest event that it knows.
        at: when it was read, by which days are counted.
        columns: heads of the eight columns, by their names, in their order.
        quadrants: all four, whichever is shown.
        overdue: how many orders should have left by now and have not; None for a past day.
        undecided: of how many nobody said what is next; None for a past day.
        past: which past day; None for now.
        silence: hours without news that are too many.
        rows: see `Row`.
        next: cursor of the next page; None where there is none.
    """

    as_of: int
    at: str
    columns: dict[str, str]
    quadrants: list[Quadrant]
    overdue: Count | None
    undecided: Count | None
    past: Past | None = None
    silence: int
    rows: list[Row]
    next: str | None = None


class Tracking(Protocol):
    """Reads the tracking table."""

    def table(self, token: Token, asked: TableAsked, language: str) -> tuple[Table, Place | None]:
        """Return a page of the table, of the shops that a token is good for, and where it ends.

        None for the end: there are no more.
        """
