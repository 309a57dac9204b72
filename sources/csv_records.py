"""Records of a CSV file with line number and bytes, so that bad ones can be set aside.

Source: RFC 4180.
"""

import csv
from collections import deque
from collections.abc import Iterator

import msgspec

from domain.errors import InvalidInputError
from sources import strict_json
from sources.rejected import Rejected
from sources.strict_json import MAX_EVENT
from sources.window import Line, Window

_LONGEST_RECORD = 32  # lines that a quoted cell may run over


class Record(msgspec.Struct, frozen=True):
    """One record.

    Args:
        line: where it starts, and its bytes.
        cells: its values as text, without quotes.
    """

    line: Line
    cells: list[str]


def records(window: Window, columns: int | None = None) -> Iterator[Record | Rejected]:
    """Read records, blank lines left out.

    A record that does not have so many columns is rejected. So is the first line alone of a quoted
    cell that is never closed; reading goes on with the line after it.
    """
    ahead: deque[Line] = deque()
    while line := ahead.popleft() if ahead else window.next_line():
        if not line.raw.strip():
            continue
        try:
            yield _record(line, columns)
        except InvalidInputError as error:
            longer = _over_lines(line, columns, ahead, window) if error.code == _OPEN else None
            yield longer or line.reject(error.code, error.place, error.message)


_OPEN = "csv-quote"


def _record(line: Line, columns: int | None) -> Record:
    if line.size > MAX_EVENT:
        raise strict_json.too_large()
    text = strict_json.decode_text(line.raw.removesuffix(b"\r"))
    try:
        cells = next(csv.reader([text], strict=True))
    except csv.Error:
        if text.count('"') % 2:
            raise InvalidInputError(_OPEN, "", "a quoted cell is not closed") from None
        raise InvalidInputError("csv-syntax", "", "the line is no CSV") from None
    if columns is not None and len(cells) != columns:
        raise InvalidInputError("csv-columns", "", f"a record has {columns} columns here")
    return Record(line, cells)


def _over_lines(
    first: Line, columns: int | None, ahead: deque[Line], window: Window
) -> Record | None:
    """Try to close a quoted cell with the lines that follow, which are put in `ahead`."""
    raw = first.raw
    for used in range(_LONGEST_RECORD):
        if used == len(ahead):
            line = window.next_line()
            if line is None:
                return None
            ahead.append(line)
        raw += b"\n" + ahead[used].raw
        try:
            record = _record(Line(first.number, raw, len(raw)), columns)
        except InvalidInputError as error:
            if error.code == _OPEN:
                continue
            return None
        for _ in range(used + 1):
            ahead.popleft()
        return record
    return None
