"""Open lines: every line below the cut that is in no history, with its position."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from archive import canonical, layout, line
from archive.errors import FormatError, TooLargeError
from archive.history import FORMAT

_KEYS = {"events", "orderproof", "origin", "size"}
_POSITION = re.compile(rb"[1-9][0-9]{0,17}")
_LONGEST = line.MAX_BYTES + 32


@dataclass(frozen=True)
class OpenHeader:
    """First line of the open lines: how many follow, of which log, below which size."""

    events: int
    origin: str
    size: int


@dataclass(frozen=True)
class OpenLines:
    """Open lines as a whole, each with its position, by ascending position."""

    origin: str
    size: int
    lines: list[tuple[int, bytes]]


def encode(origin: str, size: int, lines: Sequence[tuple[int, bytes]]) -> bytes:
    """Return the text of the open lines of the log `origin` below `size`."""
    header = {"events": len(lines), "orderproof": FORMAT, "origin": origin, "size": size}
    rows = (b"%d\t%b\n" % (position, text) for position, text in lines)
    return canonical.encode(header) + b"\n" + b"".join(rows)


def parse(text: bytes) -> OpenLines:
    """Read open lines as a whole.

    Raises:
        FormatError: the text is not in the form of `encode`.
    """
    rows = split_rows([text])
    header = read_header(next(rows, b""))
    lines = [read_row(row) for row in rows]
    if len(lines) != header.events:
        raise FormatError("holds another number of lines than its header says")
    if any(a >= b for (a, _), (b, _) in pairwise(lines)):
        raise FormatError("its positions do not rise")
    return OpenLines(header.origin, header.size, lines)


def split_rows(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Split text that comes in pieces into rows without their newlines.

    Raises:
        FormatError: the text does not end in a newline.
        TooLargeError: a row is longer than any event.
    """
    rest = b""
    for chunk in chunks:
        *rows, rest = (rest + chunk).split(b"\n")
        yield from rows
        if len(rest) > _LONGEST:
            raise TooLargeError("holds a line that is longer than any event")
    if rest:
        raise FormatError("does not end with a whole line")


def read_header(row: bytes) -> OpenHeader:
    """Read the first row.

    Raises:
        FormatError: the row is not the header of open lines.
    """
    header = canonical.decode(row)
    if not isinstance(header, dict) or set(header) != _KEYS:
        raise FormatError("the header's keys are not those of open lines")
    events, origin, size = header["events"], header["origin"], header["size"]
    if header["orderproof"] != FORMAT or type(header["orderproof"]) is not int:
        raise FormatError("the header names a format that this version does not know")
    if not isinstance(origin, str) or type(events) is not int or type(size) is not int:
        raise FormatError("a field of the header has the wrong type")
    if events < 0 or size < 0:
        raise FormatError("a number in the header is negative")
    return OpenHeader(events, origin, size)


def read_row(row: bytes) -> tuple[int, bytes]:
    """Read a row as position and event line.

    Raises:
        FormatError: the row is not a position, a tab and a line.
    """
    position, tab, text = row.partition(b"\t")
    if not tab or not _POSITION.fullmatch(position):
        raise FormatError("a row is not a position, a tab and a line")
    return int(position), text


def digest_text(compressed: bytes, size: int) -> bytes:
    """Return the content of `open/<size>.sha256`, as `sha256sum -c` reads it."""
    return digest_row(hashlib.sha256(compressed).hexdigest(), size)


def digest_row(digest: str, size: int) -> bytes:
    """Return the content of `open/<size>.sha256` for a digest that is known already."""
    name = layout.open_path(size).rpartition("/")[2]
    return f"{digest}  {name}\n".encode()
