"""Rows as files: JSON Lines, CSV, XLSX, Parquet; row by row, at constant memory.

The same rows give the same bytes.
"""

import csv
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import xlsxwriter

from orderproof.exporting.rows import BOOL, INT, JSON, Row
from orderproof.reconciliation_report import guarded

JSONL, CSV, XLSX, PARQUET = "jsonl", "csv", "xlsx", "parquet"

MEDIA_TYPES: Mapping[str, str] = {
    JSONL: "application/jsonl",
    CSV: "text/csv",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    PARQUET: "application/vnd.apache.parquet",
}
"""By format."""

_BATCH = 2_000
_GROUP = 10_000
_MOST_ROWS = 1_048_576
"""Of a sheet, its head among them (ECMA-376; Excel's specifications and limits)."""
_LONGEST_CELL = 32_767


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A file: its rows without the head, bytes, SHA-256, and how many cells it has otherwise.

    `guarded` cells begin with an apostrophe, so that no spreadsheet takes them for a formula; `cut`
    ones are longer than a cell can be.
    """

    rows: int
    size: int
    sha256: str
    guarded: int
    cut: int


class Counter:
    """Counts what a file has otherwise than the rows."""

    def __init__(self) -> None:
        self.rows = self.guarded = self.cut = 0

    def guard(self, text: str) -> str:
        """Return a cell that no spreadsheet takes for a formula."""
        safe = guarded(text)
        self.guarded += safe is not text and safe != text
        return safe


Write = Callable[[Path, str, Mapping[str, str], Iterable[Row], Counter, datetime], None]


def write(
    path: Path,
    format: str,
    name: str,
    columns: Mapping[str, str],
    rows: Iterable[Row],
    made_at: datetime,
    *,
    bom: bool = False,
) -> Written:
    """Write rows to a file and tell what it is.

    Args:
        path: of the file; what is there is overwritten.
        format: `jsonl`, `csv`, `xlsx` or `parquet`.
        name: of a sheet.
        columns: the type of each, by name.
        rows: as long as the columns.
        made_at: what a workbook says when it was made.
        bom: begin a CSV file with the mark by which Excel knows UTF-8.
    """
    counter = Counter()
    if format == CSV:
        _csv(path, columns, rows, counter, bom=bom)
    else:
        _WRITERS[format](path, name, columns, rows, counter, made_at)
    with path.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256")
        size = file.tell()
    return Written(
        rows=counter.rows,
        size=size,
        sha256=digest.hexdigest(),
        guarded=counter.guarded,
        cut=counter.cut,
    )


def _jsonl(
    path: Path, _: str, columns: Mapping[str, str], rows: Iterable[Row], counter: Counter,
    __: datetime,
) -> None:  # fmt: skip
    names = tuple(columns)
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for batch in _batches(rows, _BATCH):
            file.write(b"".join([encode(dict(zip(names, row))) + b"\n" for row in batch]))  # noqa: B905
            counter.rows += len(batch)


def _csv(
    path: Path, columns: Mapping[str, str], rows: Iterable[Row], counter: Counter, *, bom: bool
) -> None:
    kinds = tuple(columns.values())
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        for row in rows:
            cells = map(_plain, row, kinds)
            table.writerow(
                [counter.guard(cell) if isinstance(cell, str) else cell for cell in cells]
            )
            counter.rows += 1


def _xlsx(
    path: Path, name: str, columns: Mapping[str, str], rows: Iterable[Row], counter: Counter,
    made_at: datetime,
) -> None:  # fmt: skip
    # What is placed in a cell is text: no formulas, no links, no numbers out of text.
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(path.parent),
    }
    kinds = tuple(columns.values())
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": name, "created": made_at.replace(tzinfo=None)})
        part, line = 0, _MOST_ROWS
        page: Any = None
        for row in rows:
            if line == _MOST_ROWS:
                part += 1
                page, line = _sheet(book, name, part, columns), 1
            for column, cell in enumerate(map(_plain, row, kinds)):
                if isinstance(cell, bool):
                    page.write_boolean(line, column, cell)
                elif isinstance(cell, int) and abs(cell) < 2**53:
                    page.write_number(line, column, cell)
                elif cell is not None:
                    text = counter.guard(str(cell))
                    counter.cut += len(text) > _LONGEST_CELL
                    page.write_string(line, column, text[:_LONGEST_CELL])
            line += 1
            counter.rows += 1
        if not part:
            _sheet(book, name, 1, columns)


def _sheet(book: Any, name: str, part: int, columns: Mapping[str, str]) -> Any:
    page = book.add_worksheet(name if part == 1 else f"{name} {part}")
    page.freeze_panes(1, 0)
    for column, title in enumerate(columns):
        page.write_string(0, column, title)
    return page


def _parquet(
    path: Path, _: str, columns: Mapping[str, str], rows: Iterable[Row], counter: Counter,
    __: datetime,
) -> None:  # fmt: skip
    import pyarrow as pa  # here: it is large, and only this format needs it
    from pyarrow import parquet

    types = {INT: pa.int64(), BOOL: pa.bool_()}
    schema = pa.schema([(name, types.get(kind, pa.string())) for name, kind in columns.items()])
    kinds = tuple(columns.values())
    with parquet.ParquetWriter(str(path), schema, compression="zstd") as writer:
        for batch in _batches(rows, _GROUP):
            found = [
                [_plain(cell, kind) for cell in column] if kind == JSON else list(column)
                for kind, column in zip(kinds, zip(*batch, strict=True), strict=True)
            ]
            arrays = [
                pa.array(each, type=field.type) for each, field in zip(found, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            counter.rows += len(batch)


def _batches(rows: Iterable[Row], size: int) -> Iterator[Sequence[Row]]:
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


def _plain(cell: Any, kind: str) -> Any:
    """Return a cell for a table: JSON as its text."""
    if kind == JSON and cell is not None:
        return bytes(cell).decode()
    return cell


_WRITERS: Mapping[str, Write] = {JSONL: _jsonl, XLSX: _xlsx, PARQUET: _parquet}
FORMATS = tuple(MEDIA_TYPES)
