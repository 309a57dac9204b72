"""Rows as messages: the row itself as evidence, and what the mapping says that it tells."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from domain import validation
from domain.errors import InvalidInputError
from domain.linking import is_waiting_place
from domain.stream import order_stream
from sources import strict_json
from sources.cloudevent import MAX_NUMBER
from sources.mapped import values
from sources.mapped.fields import Event, Target
from sources.mapped.mapping import Mapping
from sources.mapped.table import Header, Row, read_header, rows
from sources.message import MEDIA_CSV, Message, Told, object_id
from sources.payload_values import first_time
from sources.rejected import Rejected
from sources.strict_json import MAX_EVENT
from sources.window import Line, Readable, Window

_TYPE = "row"
_LONGEST = 200  # bytes of a row's id and of what an event is about, so that ids are never cut


class MappedRows(msgspec.Struct, frozen=True):
    """A row, or the rows of one order, understood.

    Args:
        name: of the mapping.
        said: what they say.
        raw: header and rows as UTF-8, as they stand in the file otherwise.
        line: of the first row, from 1.
    """

    name: str
    said: Message
    raw: bytes
    line: int
    media_type: str = MEDIA_CSV

    def message(self) -> Message:
        """Return what they say."""
        return self.said


def read(stream: Readable, mapping: Mapping) -> Iterator[MappedRows | Rejected]:
    """Read a file's rows. No input raises.

    Memory does not grow with the file, unless rows of an order are looked for in all of it.
    """
    window = Window(stream)
    header = read_header(window, mapping)
    if isinstance(header, Rejected):
        yield header
    else:
        for group in _groups(rows(window, mapping, header), mapping):
            if isinstance(group, Rejected):
                yield group
                continue
            found = understood(mapping, header, group)
            if found is not None:
                yield found
    damage = window.damage_report()
    if damage is not None:
        yield damage


def _groups(
    found: Iterator[Row | Rejected], mapping: Mapping
) -> Iterator[Sequence[Row] | Rejected]:
    if mapping.group is None:
        for row in found:
            yield row if isinstance(row, Rejected) else (row,)
        return

    def number(row: Row | Rejected) -> str | None:
        if isinstance(row, Rejected) or mapping.order is None:
            return None
        return values.cell(row, mapping.order)

    if mapping.group == "file":
        orders: dict[str, list[Row]] = {}
        for row in found:
            named = number(row)
            if isinstance(row, Rejected):
                yield row
            elif named is None:
                yield (row,)
            else:
                orders.setdefault(named, []).append(row)
        yield from orders.values()
        return
    rejected: list[Rejected] = []
    readable = (row for row in found if not _aside(row, rejected))
    for named, group in groupby(readable, number):
        of_one = [row for row in group if isinstance(row, Row)]
        yield from rejected
        rejected.clear()
        if named is None:
            yield from ((row,) for row in of_one)
        else:
            yield of_one
    yield from rejected


def _aside(row: Row | Rejected, rejected: list[Rejected]) -> bool:
    """Put what could not be read aside, so that it does not cut an order in two."""
    if isinstance(row, Rejected):
        rejected.append(row)
        return True
    return False


def understood(
    mapping: Mapping, header: Header, group: Sequence[Row]
) -> MappedRows | Rejected | None:
    """Return what the rows of one message say; None for those that are to be skipped."""
    first = group[0]
    lines = [row.line for row in group]
    try:
        raw = _raw(mapping, header, lines)
        told = [each for event in mapping.events for each in _told(mapping, event, group)]
        if not told and mapping.others == "skip":
            return None
        said = _message(mapping, first, raw, told)
    except _RowError as error:
        return _reject(lines, error.line, error.reason)
    except InvalidInputError as error:
        return _reject(lines, first.line, error)
    return MappedRows(mapping.name, said, raw, first.line.number)


class _RowError(Exception):
    """One row of several cannot be read, and so none of them is recorded."""

    def __init__(self, line: Line, reason: InvalidInputError) -> None:
        super().__init__(str(reason))
        self.line = line
        self.reason = reason


def _reject(lines: Sequence[Line], bad: Line, error: InvalidInputError) -> Rejected:
    raw = b"\n".join(line.raw for line in lines)[:MAX_EVENT]
    size = sum(line.size + 1 for line in lines) - 1
    return Line(bad.number, raw, size).reject(error.code, error.place, error.message)


def _raw(mapping: Mapping, header: Header, lines: Sequence[Line]) -> bytes:
    # Without its header a row says nothing, so both are kept together.
    parts = [line.raw.removesuffix(b"\r") for line in lines]
    if header.line is not None:
        parts.insert(0, header.line.raw.removesuffix(b"\r"))
    raw = b"\n".join(parts)
    if mapping.dialect.encoding != "utf-8":
        raw = raw.decode(mapping.dialect.encoding).encode()
    if len(raw) > MAX_EVENT:
        raise strict_json.too_large()
    return raw


def _message(mapping: Mapping, row: Row, raw: bytes, told: Sequence[Told]) -> Message:
    order = None if mapping.order is None else values.cell(row, mapping.order)
    if order is not None:
        _check_number(order, mapping)
    links = [found for each in mapping.links if (found := values.cell(row, each)) is not None]
    if mapping.sequence is not None and (counted := row.cells.get(mapping.sequence)):
        links.append(f"{mapping.name}:{SEQUENCE}:{counted}")
    if told and order is None and not links:
        place = next((s.column for s in (mapping.order, *mapping.links) if s and s.column), "")
        raise InvalidInputError("order-missing", place, "the row names no order and no id of one")
    named = [found for each in mapping.id if (found := values.cell(row, each)) is not None]
    if mapping.id and not named:
        raise InvalidInputError("id-missing", mapping.id[0].column or "", "the row has no id")
    name = _short("/".join(named)) if named else object_id(_TYPE, raw)
    times = [each.occurred_at for each in told]
    if mapping.time is not None and not any(times):
        times.append(_time(mapping, row, mapping.time, required=False))
    return Message(
        id=name,
        type=_TYPE,
        occurred_at=first_time(*times),
        told=told,
        order=order,
        links=list(dict.fromkeys(links)) or [f"{mapping.name}:{order or name}"],
    )


def _short(name: str) -> str:
    raw = name.encode()
    return name if len(raw) <= _LONGEST else hashlib.sha256(raw).hexdigest()


SEQUENCE = "sequence"
"""Marks a link that is a number of a series without gaps: `erp:sequence:RE-1001`."""


def _check_number(order: str, mapping: Mapping) -> None:
    place = (mapping.order.column if mapping.order else None) or ""
    if len(order.encode()) > MAX_NUMBER:
        raise InvalidInputError(
            "too-long", place, f"an order number has at most {MAX_NUMBER} bytes"
        )
    if is_waiting_place(order_stream("", order)):
        raise InvalidInputError("order-form", place, "no order is numbered `~…/…`")


def _told(mapping: Mapping, event: Event, group: Sequence[Row]) -> Iterator[Told]:
    fitting = []
    for row in group:
        try:
            if values.holds(mapping, row, event.when):
                fitting.append(row)
        except InvalidInputError as error:
            raise _RowError(row.line, error) from None
    found: list[Told] = []
    for row in fitting if event.each_row else fitting[:1]:
        try:
            told = _event(mapping, event, row, fitting)
        except InvalidInputError as error:
            raise _RowError(row.line, error) from None
        if told not in found:  # the parcel of an order stands on each of its lines
            found.append(told)
            yield told


def _event(mapping: Mapping, event: Event, row: Row, group: Sequence[Row]) -> Told:
    source = event.time or mapping.time
    at = None if source is None else _time(mapping, row, source, required=True)
    data = _filled(mapping, event.targets, row, group)
    if event.lines:
        found = []
        for each in group:
            try:
                found.append(_filled(mapping, event.lines, each, (each,)))
            except InvalidInputError as error:
                raise _RowError(each.line, error) from None
        data["lines"] = [each for each in found if each]
    validation.check(event.type, data)
    if len(msgspec.json.encode(data)) > MAX_EVENT:
        raise strict_json.too_large()
    about = "" if event.about is None else values.cell(row, event.about) or ""
    return Told(type=event.type, data=data, occurred_at=at, about=_short(about))


def _time(mapping: Mapping, row: Row, source: Any, *, required: bool) -> str | None:
    text = values.cell(row, source)
    if text is None:
        if required:
            raise InvalidInputError("time-missing", source.column or "", "the row has no time")
        return None
    return values.time(mapping, row, source.column or "", text)


def _filled(
    mapping: Mapping, targets: Sequence[Target], row: Row, group: Sequence[Row]
) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for target in targets:
        found = _value(mapping, target, row, group)
        if found is None or found == "":
            continue
        here = data
        for name in target.path[:-1]:
            here = here.setdefault(name, {})
        here[target.path[-1]] = found
    return data


def _value(mapping: Mapping, target: Target, row: Row, group: Sequence[Row]) -> values.Value:
    currency = None
    if target.currency is not None:
        currency = values.value(mapping, row, target.currency)
    code = currency if isinstance(currency, str) else None
    if not target.source.sum:
        return values.value(mapping, row, target.source, code)
    amounts = [values.value(mapping, each, target.source, code) for each in group]
    known = [each for each in amounts if isinstance(each, int)]
    return sum(known) if known else None
