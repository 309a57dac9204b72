"""Tables as files: CSV and XLSX, row by row, at constant memory."""

import csv
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import xlsxwriter

from orderproof.errors import CommandError
from orderproof.formulas import guarded
from orderproof.terminal import shown

CSV = "csv"
XLSX = "xlsx"
TABLES = (CSV, XLSX)
JSONL = "jsonl"

_MOST_ROWS = 1_048_576
"""Of a sheet, its head among them (ECMA-376; Excel's specifications and limits)."""
_LONGEST_CELL = 32_767
_WIDTHS = {"goods": 40, "next_action": 40, "status": 28, "customer": 24}


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was written: how many rows without the head, its size and SHA-256."""

    rows: int
    size: int
    sha256: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What a table file holds besides its rows.

    Args:
        name: of the sheet.
        columns: heads by the name of the field.
        note: what the table is of: the position and time of the log.
    """

    name: str
    columns: dict[str, str]
    note: str


def write(path: Path, format: str, sheet: Sheet, rows: Iterable[Sequence[object]]) -> Written:
    """Write a table to a new file, which is there whole or not at all.

    Cells are text, or whole numbers; what a spreadsheet would take for a formula is guarded. A CSV
    file has what it is of in its last line; a workbook in its properties and on its second sheet,
    and goes on with another sheet where one is full.

    Args:
        path: where no file may be yet.
        format: `csv` or `xlsx`.
        sheet: name, heads and note.
        rows: of cells, in the sequence of the heads; they are not held in memory.

    Raises:
        CommandError: the file is there already, or cannot be written.
    """
    return _whole(path, lambda temporary: _WRITERS[format](temporary, sheet, rows))


def write_lines(path: Path, rows: Iterable[dict[str, object]]) -> Written:
    """Write JSON Lines to a new file, which is there whole or not at all.

    Raises:
        CommandError: the file is there already, or cannot be written.
    """

    def fill(temporary: Path) -> int:
        count = 0
        with temporary.open("wb") as file:
            for row in rows:
                file.write(msgspec.json.encode(row) + b"\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        return count

    return _whole(path, fill)


def _whole(path: Path, fill: Callable[[Path], int]) -> Written:
    if path.exists():
        raise CommandError(f"{shown(path)} is there already; nothing was overwritten")
    try:
        # Only its owner may read what may name customers.
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent or None)
        os.close(descriptor)
        temporary = Path(name)
        try:
            count = fill(temporary)
            written = _measure(temporary, count)
            os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError:
        raise CommandError(f"{shown(path)} is there already; nothing was overwritten") from None
    except OSError as error:
        raise CommandError(f"{shown(path)} cannot be written: {error.strerror}") from None
    return written


def _write_csv(path: Path, sheet: Sheet, rows: Iterable[Sequence[object]]) -> int:
    count = 0
    # The mark at the beginning is what Excel knows UTF-8 by.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(sheet.columns.values())
        for row in rows:
            table.writerow([_guarded(cell) for cell in row])
            count += 1
        table.writerow([f"# {sheet.note}"])
        file.flush()
        os.fsync(file.fileno())
    return count


def _guarded(cell: object) -> object:
    return guarded(cell) if isinstance(cell, str) else cell


def _write_xlsx(path: Path, sheet: Sheet, rows: Iterable[Sequence[object]]) -> int:
    # What follows the placement of a cell is text: no formulas, no links, no numbers out of text.
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(path.parent),
    }
    count = 0
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": sheet.name, "comments": sheet.note})
        head = book.add_format({"bold": True, "text_wrap": True})
        part, line = 0, _MOST_ROWS
        for row in rows:
            if line == _MOST_ROWS:
                part += 1
                page = _begin(book, sheet, part, head)
                line = 1
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    page.write_number(line, column, cell)
                elif cell is not None and cell != "":
                    page.write_string(line, column, str(cell)[:_LONGEST_CELL])
            line += 1
            count += 1
        if not part:
            _begin(book, sheet, 1, head)
        book.add_worksheet("log").write_string(0, 0, sheet.note)
    return count


def _begin(book: Any, sheet: Sheet, part: int, head: object) -> Any:
    page = book.add_worksheet(sheet.name if part == 1 else f"{sheet.name} {part}")
    page.freeze_panes(1, 0)
    for column, (field, title) in enumerate(sheet.columns.items()):
        page.set_column(column, column, _WIDTHS.get(field, 16))
        page.write_string(0, column, title, head)
    return page


_WRITERS = {CSV: _write_csv, XLSX: _write_xlsx}


def _measure(path: Path, rows: int) -> Written:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        size = file.tell()
    return Written(rows=rows, size=size, sha256=digest.hexdigest())
