"""The `[[event]]` tables of a mapping: which cells become which declared fields of an event."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from domain import catalogue
from domain.catalogue import Class, Each, EventType, For
from domain.errors import InvalidInputError
from domain.linking import LINKED, MESSAGE

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


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    type: str
    time: Any = None
    about: Any = None
    each: Literal["order", "row"] = "order"
    when: dict[str, Any] = {}
    data: dict[str, Any] = {}
    lines: dict[str, Any] = {}


def compile_event(number: int, table: dict[str, Any], currency: Source | None) -> Event:
    """Check one `[[event]]` table against the catalogue.

    Args:
        number: of the table, from 1.
        table: as the file has it.
        currency: of money that names none.

    Raises:
        InvalidInputError: `mapping`; the place names the key.
    """
    here = f"event {number}"
    try:
        read = msgspec.convert(table, _Table)
    except msgspec.ValidationError as error:
        raise _from_msgspec(error, here) from None
    here = f"{here} ({read.type})"
    known = catalogue.find(read.type)
    if known is None:
        raise _wrong(f"{here}: type", "the catalogue of events does not know this type")
    if catalogue.is_reserved_type(read.type) or read.type in (MESSAGE, LINKED):
        raise _wrong(f"{here}: type", "this type is ours; nobody else may send it")
    targets = _targets(f"{here}: data", known, read.data, currency)
    lines: tuple[Target, ...] = ()
    if read.lines:
        if not isinstance(known.fields.get("lines"), Each):
            raise _wrong(f"{here}: lines", "this type has no lines")
        lines = _lines(f"{here}: lines", known, read.lines, currency, targets)
        targets = _with_currency(known, targets, lines)
    return Event(
        type=read.type,
        time=None if read.time is None else read_source(read.time, f"{here}: time"),
        about=None if read.about is None else read_source(read.about, f"{here}: about"),
        each_row=read.each == "row",
        when={
            column: _condition(value, f"{here}: when.{column}")
            for column, value in read.when.items()
        },
        targets=tuple(sorted(targets, key=lambda target: target.source.kind != CURRENCY)),
        lines=lines,
    )


def read_source(value: Any, place: str, kind: str = TEXT) -> Source:
    """Read where a value comes from: the name of a column, or a table.

    Raises:
        InvalidInputError: `mapping`.
    """
    return _source(value, place, kind)[0]


def _source(value: Any, place: str, kind: str) -> tuple[Source, Any]:
    if isinstance(value, str) and value:
        return Source(kind=kind, column=value), None
    if not isinstance(value, dict):
        raise _wrong(place, 'a column\'s name, { column = "…" } or { constant = … } is wanted')
    try:
        table = msgspec.convert(value, _Source)
    except msgspec.ValidationError as error:
        raise _from_msgspec(error, place) from None
    if (table.column is None) == (table.constant is None):
        raise _wrong(place, "either `column` or `constant` is wanted")
    pattern = None
    if table.match is not None:
        try:
            pattern = re.compile(table.match)
        except re.error as error:
            raise _wrong(f"{place}.match", f"no regular expression: {error}") from None
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
        raise _wrong(place, "`sum` and `absolute` are for money")
    if found.constant is not None and found.kind == MONEY and type(found.constant) is not int:
        raise _wrong(place, "constant money is an integer in minor units")
    return found, table.currency


def _flat(table: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    for name, value in table.items():
        whole = (*path, *name.split("."))
        if isinstance(value, dict) and "column" not in value and "constant" not in value:
            yield from _flat(value, whole)
        else:
            yield whole, value


def _targets(
    here: str, known: EventType, table: Mapping[str, Any], default: Source | None
) -> tuple[Target, ...]:
    targets: dict[Path, Target] = {}
    money: list[tuple[Path, Source, Any]] = []
    for path, value in _flat(table):
        place = f"{here}.{'.'.join(path)}"
        source, currency = _field(value, place, _declared(known.fields, path, place))
        if source.kind == MONEY:
            money.append((path, source, currency))
        else:
            targets[path] = Target(path, source)
    for path, source, named in money:
        place = f"{here}.{'.'.join(path)}"
        beside = _currency_path(known.fields, path)
        explicit = targets.get(beside)
        code = _currency(place, named, explicit.source if explicit else default)
        if beside not in targets:
            targets[beside] = Target(beside, code)
        targets[path] = Target(path, source, code)
    return tuple(targets.values())


def _lines(
    here: str,
    known: EventType,
    table: Mapping[str, Any],
    default: Source | None,
    targets: tuple[Target, ...],
) -> tuple[Target, ...]:
    outer = next((each.source for each in targets if each.path == ("currency",)), default)
    declared = known.fields["lines"]
    fields = declared.of if isinstance(declared, Each) else {}
    found = []
    for path, value in _flat(table):
        place = f"{here}.{'.'.join(path)}"
        source, currency = _field(value, place, _declared(fields, path, place))
        code = _currency(place, currency, outer) if source.kind == MONEY else None
        found.append(Target(path, source, code))
    return tuple(found)


def _with_currency(
    known: EventType, targets: tuple[Target, ...], lines: tuple[Target, ...]
) -> tuple[Target, ...]:
    """Name the currency of the lines' money beside them, where nothing else named it."""
    code = next((line.currency for line in lines if line.currency is not None), None)
    path = ("currency",)
    if code is None or path[0] not in known.fields or any(t.path == path for t in targets):
        return targets
    return (Target(path, code), *targets)


def _field(value: Any, place: str, declared: Class) -> tuple[Source, Any]:
    kind = {Class.MONEY: MONEY, Class.CURRENCY: CURRENCY}.get(declared, TEXT)
    if place.rpartition(".")[2] == "currency":
        kind = CURRENCY
    source, currency = _source(value, place, kind)
    if (source.kind == MONEY) != (declared is Class.MONEY):
        raise _wrong(place, "the catalogue and the mapping differ in whether this is money")
    return source, currency


def _currency(place: str, named: Any, default: Source | None) -> Source:
    if named is not None:
        return read_source(named, f"{place}.currency", CURRENCY)
    if default is None:
        raise _wrong(place, "money needs a currency: name `currency` here or for the whole mapping")
    return default


def _currency_path(fields: Mapping[str, Any], path: Path) -> Path:
    """Return where the currency of money stands; see `domain.validation`."""
    own = path[-1].removesuffix("amount") + "currency"
    here: Any = fields
    levels = [fields]
    for name in path[:-1]:
        here = _inner(here[name])
        levels.append(here)
    for depth in range(len(levels) - 1, -1, -1):
        for name in (own, "currency") if depth == len(levels) - 1 else ("currency",):
            if name in levels[depth]:
                return (*path[:depth], name)
    return ("currency",)


def _inner(field: Any) -> Any:
    return field.of if isinstance(field, For) else field


def _declared(fields: Any, path: Path, place: str) -> Class:
    here: Any = fields
    for name in path:
        if not isinstance(here, Mapping) or name not in here:
            names = ", ".join(sorted(here)) if isinstance(here, Mapping) else "nothing below it"
            raise _wrong(place, f"the catalogue does not declare this field; it knows {names}")
        here = _inner(here[name])
    if isinstance(here, Each):
        raise _wrong(place, "a list cannot be filled from a cell")
    if isinstance(here, Mapping):
        raise _wrong(place, f"this is an object; it has {', '.join(sorted(here))}")
    return here  # type: ignore[no-any-return]  # what is left is a Class


def _condition(value: Any, place: str) -> Condition:
    if isinstance(value, str):
        return Condition(any_of=(value,))
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return Condition(any_of=tuple(value))
    if not isinstance(value, dict):
        raise _wrong(place, "a text, a list of texts, or a table with a condition is wanted")
    try:
        found = msgspec.convert(value, Condition)
        re.compile(found.match or "")
    except msgspec.ValidationError as error:
        raise _from_msgspec(error, place) from None
    except re.error as error:
        raise _wrong(f"{place}.match", f"no regular expression: {error}") from None
    return found


def _from_msgspec(error: msgspec.ValidationError, here: str) -> InvalidInputError:
    message, _, place = str(error).partition(" - at `$")
    return _wrong(here + (f": {place.strip('.`')}" if place else ""), message)


def _wrong(place: str, message: str) -> InvalidInputError:
    return InvalidInputError("mapping", place, message)
