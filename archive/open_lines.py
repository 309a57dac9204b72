"""Open lines: every line below the cut that is in no history, with its position."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from archive import canonical, layout, limits
from archive.errors import FormatError, TooLargeError
from archive.history import FORMAT

_KEYS = {"events", "orderproof", "origin", "size"}
_POSITION = re.compile(rb"[1-9][0-9]{0,17}")
_LONGEST = limits.LINE + 32


@dataclass(frozen=True)
class OpenHeader:
    """First line of the open lines: how many follow, of which log, below which size."""

    events: int
    origin: str
    size: int


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


def digest_row(digest: str, size: int) -> bytes:
    """Return what `open/<size>.sha256` holds, as `sha256sum -c` reads it: the digest is hex."""
    name = layout.open_path(size).rpartition("/")[2]
    return f"{digest}  {name}\n".encode()
