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


class Dialect(msgspec.Struct, frozen=True):
    """How a CSV file is written.

    Args:
        encoding: one in which ASCII is itself, as Python names it.
        delimiter: stands between cells.
        quote: stands around a cell that holds a delimiter, None where nothing does.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str | None = '"'


PLAIN = Dialect()


class Record(msgspec.Struct, frozen=True):
    """One record.

    Args:
        line: where it starts, and its bytes.
        cells: its values as text, without quotes.
    """

    line: Line
    cells: list[str]


def records(
    window: Window, columns: int | None = None, dialect: Dialect = PLAIN
) -> Iterator[Record | Rejected]:
    """Read records, blank lines left out.

    A record that does not have so many columns is rejected. So is the first line alone of a quoted
    cell that is never closed; reading goes on with the line after it.
    """
    ahead: deque[Line] = deque()
    while line := ahead.popleft() if ahead else window.next_line():
        if not line.raw.strip():
            continue
        try:
            yield record(line, columns, dialect)
        except InvalidInputError as error:
            longer = None
            if error.code == _OPEN:
                longer = _over_lines(line, columns, ahead, window, dialect)
            yield longer or line.reject(error.code, error.place, error.message)


_OPEN = "csv-quote"


def record(line: Line, columns: int | None = None, dialect: Dialect = PLAIN) -> Record:
    """Read one line as a record.

    Raises:
        InvalidInputError: `too-large`, `invalid-utf8`, `invalid-text`, `nul`, `csv-quote`,
            `csv-syntax` or `csv-columns`.
    """
    if line.size > MAX_EVENT:
        raise strict_json.too_large()
    text = _text(line.raw.removesuffix(b"\r"), dialect.encoding)
    try:
        if dialect.quote is None:
            cells = text.split(dialect.delimiter)
        else:
            reader = csv.reader(
                [text], strict=True, delimiter=dialect.delimiter, quotechar=dialect.quote
            )
            cells = next(reader)
    except csv.Error:
        if text.count(dialect.quote or '"') % 2:
            raise InvalidInputError(_OPEN, "", "a quoted cell is not closed") from None
        raise InvalidInputError("csv-syntax", "", "the line is no CSV") from None
    if columns is not None and len(cells) != columns:
        raise InvalidInputError("csv-columns", "", f"a record has {columns} columns here")
    return Record(line, cells)


def _text(raw: bytes, encoding: str) -> str:
    if encoding == PLAIN.encoding:
        return strict_json.decode_text(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            "invalid-text", f"byte {error.start + 1}", f"the text is not {encoding}"
        ) from None
    if "\0" in text:
        raise InvalidInputError("nul", "", "the text holds a NUL character")
    return text


def _over_lines(
    first: Line, columns: int | None, ahead: deque[Line], window: Window, dialect: Dialect
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
            found = record(Line(first.number, raw, len(raw)), columns, dialect)
        except InvalidInputError as error:
            if error.code == _OPEN:
                continue
            return None
        for _ in range(used + 1):
            ahead.popleft()
        return found
    return None
