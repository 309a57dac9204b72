"""Where values come from, by the tables of a mapping: columns, constants, conditions."""

import re
from typing import Any, Literal

import msgspec

from domain.errors import InvalidInputError

TEXT = "text"
MONEY = "money"
INTEGER = "integer"
DATE = "date"
TIME = "time"
CURRENCY = "currency"

Path = tuple[str, ...]


class _Source(msgspec.Struct, forbid_unknown_fields=True):
    """A table that says where a value comes from; see `Source`."""

    column: str | None = None
    constant: str | int | bool | None = None
    match: str | None = None
    kind: Literal["text", "money", "integer", "date", "time", "currency"] | None = None
    currency: Any = None
    values: dict[str, str | int | bool] = {}
    absolute: bool = False
    sum: bool = False


class Source(msgspec.Struct, frozen=True):
    """Where a value comes from.

    Args:
        kind: what it is read as.
        column: its column; None for a constant.
        constant: the value itself.
        match: finds the value in the cell: its first group, else all that it matches.
        values: values by what stands in the cell; other cells are as they are.
        absolute: whether the sign of money is dropped.
        sum: whether it is the sum over all rows of the order.
    """

    kind: str = TEXT
    column: str | None = None
    constant: str | int | bool | None = None
    match: re.Pattern[str] | None = None
    values: dict[str, str | int | bool] = {}
    absolute: bool = False
    sum: bool = False


class Target(msgspec.Struct, frozen=True):
    """A field of an event, and where its value comes from.

    Args:
        path: names of the members that lead to it.
        source: gives the value.
        currency: of money, gives its currency.
    """

    path: Path
    source: Source
    currency: Source | None = None


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must hold of a cell: all that is given here."""

    any_of: tuple[str, ...] | None = None
    empty: bool | None = None
    above: int | float | None = None
    below: int | float | None = None
    match: str | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What a row tells, where all conditions hold of it.

    Args:
        type: of the catalogue.
        time: says when it happened; None for the mapping's own.
        about: names the thing that it is about, where a message tells several of a type.
        each_row: whether each row of a group tells it, and not the group once.
        when: conditions by column.
        targets: fields that are filled, currencies first.
        lines: the same for each row of the group, below `lines`.
    """

    type: str
    time: Source | None
    about: Source | None
    each_row: bool
    when: dict[str, Condition]
    targets: tuple[Target, ...]
    lines: tuple[Target, ...]

    @property
    def columns(self) -> frozenset[str]:
        """All columns that are read for it."""
        sources = [self.time, self.about]
        for target in (*self.targets, *self.lines):
            sources += [target.source, target.currency]
        named = {each.column for each in sources if each is not None and each.column}
        return frozenset(named | set(self.when))


def read_source(value: Any, place: str, kind: str = TEXT) -> Source:
    """Read where a value comes from: the name of a column, or a table.

    Raises:
        InvalidInputError: `mapping`.
    """
    return source_and_currency(value, place, kind)[0]


def source_and_currency(value: Any, place: str, kind: str) -> tuple[Source, Any]:
    """Do as `read_source`, and return what names the currency of money as well, unread."""
    if isinstance(value, str) and value:
        return Source(kind=kind, column=value), None
    if not isinstance(value, dict):
        raise wrong(place, 'a column\'s name, { column = "…" } or { constant = … } is wanted')
    try:
        table = msgspec.convert(value, _Source)
    except msgspec.ValidationError as error:
        raise from_msgspec(error, place) from None
    if (table.column is None) == (table.constant is None):
        raise wrong(place, "either `column` or `constant` is wanted")
    pattern = None
    if table.match is not None:
        try:
            pattern = re.compile(table.match)
        except re.error as error:
            raise wrong(f"{place}.match", f"no regular expression: {error}") from None
    found = Source(
        kind=table.kind or kind,
        column=table.column,
        constant=table.constant,
        match=pattern,
        values=table.values,
        absolute=table.absolute,
        sum=table.sum,
    )
    if (found.sum or found.absolute) and found.kind != MONEY:
        raise wrong(place, "`sum` and `absolute` are for money")
    if found.constant is not None and found.kind == MONEY and type(found.constant) is not int:
        raise wrong(place, "constant money is an integer in minor units")
    return found, table.currency


def read_condition(value: Any, place: str) -> Condition:
    """Read what must hold of a cell.

    Raises:
        InvalidInputError: `mapping`.
    """
    if isinstance(value, str):
        return Condition(any_of=(value,))
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return Condition(any_of=tuple(value))
    if not isinstance(value, dict):
        raise wrong(place, "a text, a list of texts, or a table with a condition is wanted")
    try:
        found = msgspec.convert(value, Condition)
        re.compile(found.match or "")
    except msgspec.ValidationError as error:
        raise from_msgspec(error, place) from None
    except re.error as error:
        raise wrong(f"{place}.match", f"no regular expression: {error}") from None
    return found


def from_msgspec(error: msgspec.ValidationError, here: str) -> InvalidInputError:
    """Return the refusal of a table that has other keys or kinds of values than it may."""
    message, _, place = str(error).partition(" - at `$")
    return wrong(here + (f": {place.strip('.`')}" if place else ""), message)


def wrong(place: str, message: str) -> InvalidInputError:
    """Return the refusal of what a key says."""
    return InvalidInputError("mapping", place, message)
