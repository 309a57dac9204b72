"""The `[[event]]` tables of a mapping, checked against the catalogue of events."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from domain import catalogue
from domain.catalogue import Class, Each, EventType, For
from domain.linking import LINKED, MESSAGE
from sources.mapped.fields import (
    CURRENCY,
    MONEY,
    TEXT,
    Event,
    Path,
    Source,
    Target,
    from_msgspec,
    read_condition,
    read_source,
    source_and_currency,
    wrong,
)


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
        raise from_msgspec(error, here) from None
    here = f"{here} ({read.type})"
    known = catalogue.find(read.type)
    if known is None:
        raise wrong(f"{here}: type", "the catalogue of events does not know this type")
    if catalogue.is_reserved_type(read.type) or read.type in (MESSAGE, LINKED):
        raise wrong(f"{here}: type", "this type is ours; nobody else may send it")
    targets = _targets(f"{here}: data", known, read.data, currency)
    lines: tuple[Target, ...] = ()
    if read.lines:
        if not isinstance(known.fields.get("lines"), Each):
            raise wrong(f"{here}: lines", "this type has no lines")
        lines = _lines(f"{here}: lines", known, read.lines, currency, targets)
        targets = _with_currency(known, targets, lines)
    return Event(
        type=read.type,
        time=None if read.time is None else read_source(read.time, f"{here}: time"),
        about=None if read.about is None else read_source(read.about, f"{here}: about"),
        each_row=read.each == "row",
        when={
            column: read_condition(value, f"{here}: when.{column}")
            for column, value in read.when.items()
        },
        targets=tuple(sorted(targets, key=lambda target: target.source.kind != CURRENCY)),
        lines=lines,
    )


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
    source, currency = source_and_currency(value, place, kind)
    if (source.kind == MONEY) != (declared is Class.MONEY):
        raise wrong(place, "the catalogue and the mapping differ in whether this is money")
    return source, currency


def _currency(place: str, named: Any, default: Source | None) -> Source:
    if named is not None:
        return read_source(named, f"{place}.currency", CURRENCY)
    if default is None:
        raise wrong(place, "money needs a currency: name `currency` here or for the whole mapping")
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
            raise wrong(place, f"the catalogue does not declare this field; it knows {names}")
        here = _inner(here[name])
    if isinstance(here, Each):
        raise wrong(place, "a list cannot be filled from a cell")
    if isinstance(here, Mapping):
        raise wrong(place, f"this is an object; it has {', '.join(sorted(here))}")
    return here  # type: ignore[no-any-return]  # what is left is a Class
