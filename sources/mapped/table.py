"""Rows of a CSV file that a mapping describes, each with its line and its bytes."""

from collections.abc import Iterator

import msgspec

from domain.errors import InvalidInputError
from sources.csv_records import Record, record, records
from sources.mapped.mapping import Mapping
from sources.rejected import Rejected
from sources.window import Line, Window

_PREAMBLE = 64
"""Lines among which the header is looked for: bills begin with who they are for."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row.

    Args:
        line: where it starts, and its bytes.
        cells: what stands in each column, by name.
    """

    line: Line
    cells: dict[str, str]


class Header(msgspec.Struct, frozen=True):
    """The names of the columns, and the line that has them; None where the mapping says them."""

    names: tuple[str, ...]
    line: Line | None


def read_header(window: Window, mapping: Mapping) -> Header | Rejected:
    """Find the header: the first line that names every column that the mapping needs."""
    window.skip_bom()
    if mapping.columns is not None:
        return Header(mapping.columns, None)
    first: Line | None = None
    nearest = frozenset(mapping.needed)
    for _ in range(_PREAMBLE):
        line = window.next_line()
        if line is None:
            break
        first = first or line
        try:
            cells = record(line, None, mapping.dialect).cells
        except InvalidInputError:
            continue
        names = tuple(_clean(mapping, cell) for cell in cells)
        lacking = mapping.needed.difference(names)
        if not lacking:
            double = sorted(name for name in mapping.needed if names.count(name) > 1)
            if double:
                return _no_header(line, f"the column {double[0]} stands there twice")
            return Header(names, line)
        nearest = min(nearest, lacking, key=len)
    missing = ", ".join(sorted(nearest))
    return _no_header(
        first or Line(window.line, b"", 0),
        f"no line among the first {_PREAMBLE} names every column; missing: {missing}",
    )


def rows(window: Window, mapping: Mapping, header: Header) -> Iterator[Row | Rejected]:
    """Read the rows below the header, up to what ends the table."""
    count = len(header.names)
    for each in records(window, None, mapping.dialect):
        if isinstance(each, Rejected):
            if mapping.end is None or not _begins(each.raw, mapping, (mapping.end,)):
                yield each
                continue
            return
        if mapping.end is not None and _begins(each.line.raw, mapping, (mapping.end,)):
            return
        if mapping.comments and _begins(each.line.raw, mapping, mapping.comments):
            continue
        yield _row(each, mapping, header.names, count)


def _row(each: Record, mapping: Mapping, names: tuple[str, ...], count: int) -> Row | Rejected:
    cells = [_clean(mapping, cell) for cell in each.cells]
    # Some programs end each row, but not the header, with a delimiter.
    if len(cells) < count or any(cells[count:]):
        return each.line.reject("csv-columns", "", f"a record has {count} columns here")
    return Row(each.line, dict(zip(names, cells, strict=False)))


def _clean(mapping: Mapping, cell: str) -> str:
    return cell.strip().strip(mapping.strip).strip() if mapping.strip else cell.strip()


def _begins(raw: bytes, mapping: Mapping, beginnings: tuple[str, ...]) -> bool:
    text = raw.decode(mapping.dialect.encoding, "replace")
    if mapping.dialect.quote:
        text = text.lstrip(mapping.dialect.quote)
    return text.startswith(beginnings)


def _no_header(line: Line, message: str) -> Rejected:
    return line.reject("csv-header", "", f"{message}; nothing was read")
