"""Rows as a workbook: lines of XML as they come, bound into a file at the end (ECMA-376, part 1).

A cell is a number, a truth value or a text: none is a formula or a link. A sheet that is full goes
on on another one.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from orderproof.exporting.cells import Columns, Encoded, table
from orderproof.exporting.rows import Row

_ROOM = 1_048_576 - 1
"""Rows of a sheet besides its head (Excel's specifications and limits)."""
_LONGEST = 32_767
"""Characters of a cell, as UTF-16 counts them."""
_EXACT = 2**53
"""Numbers are doubles: a larger one is a text."""

# What XML cannot hold, and what would be read as such an escape, as spreadsheets escape it. A
# line feed is a character reference, since here a line is a row.
_SPECIAL = re.compile("[&<>\x00-\x08\x0a-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": "&#10;"}
_LARGE = 2**31 - 1
"""Bytes of a sheet from which an archive needs the longer form, which old readers do not know."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def encode(columns: Columns, rows: Sequence[Row], before: int) -> Encoded:
    """Return rows as XML, a line each, after so many others."""
    first = before % _ROOM + 2
    numbers = [(first + n - 2) % _ROOM + 2 for n in range(len(rows))]
    found, guarded = table(columns, rows)
    cut = 0
    drawn: list[list[str]] = []
    for letters, cells in zip(_letters(len(columns)), found, strict=True):
        column = []
        for number, cell in zip(numbers, cells, strict=True):
            if cell is None:
                column.append("")
            elif isinstance(cell, bool):
                column.append(f'<c r="{letters}{number}" t="b"><v>{cell:d}</v></c>')
            elif isinstance(cell, int) and abs(cell) < _EXACT:
                column.append(f'<c r="{letters}{number}"><v>{cell}</v></c>')
            else:
                text = str(cell)
                if len(text) > _LONGEST // 2:
                    short = _cut(text)
                    cut += short != text
                    text = short
                column.append(
                    f'<c r="{letters}{number}" t="inlineStr"><is><t xml:space="preserve">'
                    f"{_SPECIAL.sub(_escaped, text)}</t></is></c>"
                )
        drawn.append(column)
    lines = [
        f'<row r="{number}">{"".join(cells)}</row>\n'
        for number, cells in zip(numbers, zip(*drawn, strict=True), strict=True)
    ]
    return Encoded("".join(lines).encode(), guarded, cut)


def _cut(text: str) -> str:
    return text.encode("utf-16-le")[: 2 * _LONGEST].decode("utf-16-le", "ignore")


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    return _ESCAPES.get(char) or f"_x{ord(char):04X}_"


def _letters(count: int) -> list[str]:
    from xlsxwriter.utility import xl_col_to_name

    return [xl_col_to_name(n) for n in range(count)]


def bind(
    parts: Path, file: Path, name: str, columns: Columns, rows: int, made_at: datetime
) -> None:
    """Bind lines of XML into a workbook.

    Args:
        parts: the lines.
        file: the workbook.
        name: of its first sheet.
        columns: of each sheet's head.
        rows: how many lines there are.
        made_at: what the workbook says when it was made.
    """
    large = parts.stat().st_size > _LARGE
    with (
        parts.open("rb") as lines,
        zipfile.ZipFile(_frame(name, columns, rows, made_at)) as frame,
        zipfile.ZipFile(file, "w") as book,
    ):
        for each in frame.namelist():
            entry = zipfile.ZipInfo(each, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with book.open(entry, "w", force_zip64=large) as out:
                if not each.startswith("xl/worksheets/sheet"):
                    out.write(frame.read(each))
                    continue
                number = int(each.removeprefix("xl/worksheets/sheet").removesuffix(".xml"))
                own = min(rows - (number - 1) * _ROOM, _ROOM)
                head, end = _open(frame.read(each), columns, own)
                out.write(head)
                _copy(islice(lines, own), out)
                out.write(end)


def _copy(lines: Iterable[bytes], out: Any) -> None:
    rest = iter(lines)
    while piece := b"".join(islice(rest, 100)):
        out.write(piece)


def _frame(name: str, columns: Columns, rows: int, made_at: datetime) -> io.BytesIO:
    """Return a workbook that has all but the rows."""
    import xlsxwriter  # here: only this format needs it

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"title": name, "created": made_at.replace(tzinfo=None)})
        for part in range(max(1, -(-rows // _ROOM))):
            page = book.add_worksheet(name if part == 0 else f"{name} {part + 1}")
            page.freeze_panes(1, 0)
            for column, title in enumerate(columns):
                page.write_string(0, column, title)
    return buffer


def _open(sheet: bytes, columns: Columns, rows: int) -> tuple[bytes, bytes]:
    """Return what stands before and behind the rows of a sheet."""
    last = _letters(len(columns))[-1].encode()
    head, mark, end = sheet.partition(b"</sheetData>")
    head, dimensions = _DIMENSION.subn(b'<dimension ref="A1:%b%d"/>' % (last, rows + 1), head)
    if not mark or dimensions != 1:
        raise AssertionError("a sheet that is bound has another form")
    return head, mark + end
