"""A window on a stream: the part that is read but not yet used, which stays small."""

import re
from typing import Protocol

import msgspec

from domain.errors import InvalidInputError
from sources.rejected import Rejected
from sources.strict_json import MAX_EVENT

CHUNK = 64 * 1024
"""Bytes that are read at a time."""

MAX_KEPT = 8 * MAX_EVENT
"""Bytes that are kept of a piece of input that is too large to be read."""

_BLANK = re.compile(rb"[ \t\r\n]+")
_BOM = b"\xef\xbb\xbf"


class Readable(Protocol):
    """A stream of bytes. `read` may return fewer than asked for, and none at the end."""

    def read(self, size: int, /) -> bytes | None:
        """Return the next bytes, at most `size`."""
        ...


class DamagedInputError(InvalidInputError):
    """The input breaks off here; what came before was readable."""


class Line(msgspec.Struct, frozen=True):
    """One line without its newline, or the beginning of one that is too long.

    Args:
        number: in the input, from 1.
        raw: its bytes, at most `MAX_KEPT`.
        size: how many bytes it has.
    """

    number: int
    raw: bytes
    size: int

    def reject(self, code: str, place: str, message: str) -> Rejected:
        """Say why the line is no event."""
        return Rejected(
            line=self.number,
            place=place,
            code=code,
            message=message,
            raw=self.raw,
            size=self.size,
            truncated=self.size > len(self.raw),
        )


class Block(msgspec.Struct, frozen=True):
    """Whole lines in a row, not read yet.

    Args:
        line: number of the first one in the input, from 1.
        raw: their bytes. The newline behind the last one is missing where the input ends so.
    """

    line: int
    raw: bytes


class Window:
    """What is held of a stream, with the number of the line at which it starts.

    Attributes:
        held: bytes that are read but not yet taken.
        line: number of the line on which `held` starts, from 1.
        damage: why the stream broke off, once it has.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._ended = False
        self.held = bytearray()
        self.line = 1
        self.damage: DamagedInputError | None = None

    def more(self) -> bool:
        """Read a chunk; return False where there is nothing more."""
        if self._ended:
            return False
        try:
            chunk = self._stream.read(CHUNK)
        except DamagedInputError as damage:
            self.damage = damage
            chunk = b""
        if not chunk:
            self._ended = True
            return False
        self.held += chunk
        return True

    def take(self, count: int) -> bytes:
        """Remove and return the first `count` bytes."""
        taken = bytes(self.held[:count])
        self.line += taken.count(b"\n")
        del self.held[:count]
        return taken

    def skip_bom(self) -> None:
        """Pass over a byte order mark, which is allowed at the start of the input alone."""
        while len(self.held) < len(_BOM) and self.more():
            pass
        if self.held.startswith(_BOM):
            del self.held[: len(_BOM)]

    def skip_space(self) -> None:
        """Pass over white space, as JSON defines it."""
        while True:
            blank = _BLANK.match(self.held)
            self.take(blank.end() if blank else 0)
            if self.held or not self.more():
                return

    def next_line(self) -> Line | None:
        """Take one line, None at the end. A last line that damage cut short stays in `held`."""
        number = self.line
        searched = 0
        while (end := self.held.find(b"\n", searched)) < 0:
            if len(self.held) > MAX_EVENT:
                return self._long_line()
            searched = len(self.held)
            if not self.more():
                if not self.held or self.damage:
                    return None
                return Line(number, self.take(searched), searched)
        return Line(number, self.take(end + 1)[:-1], end)

    def next_lines(self, size: int) -> Block | Line | None:
        """Take as many lines as fit into `size` bytes, but at least one; None at the end.

        A line of more than `MAX_EVENT` bytes may come alone as a `Line`, cut to what is kept of
        it. A last line that damage cut short stays in `held`.
        """
        while len(self.held) < size and self.more():
            pass
        end = self.held.rfind(b"\n", 0, size) + 1
        searched = size
        while not end:
            end = self.held.find(b"\n", searched) + 1
            if end:
                break
            if len(self.held) > MAX_EVENT:
                return self._long_line()
            searched = len(self.held)
            if not self.more():
                if not self.held or self.damage:
                    return None
                end = len(self.held)
        return Block(self.line, self.take(end))

    def _long_line(self) -> Line:
        number = self.line
        kept = bytearray()
        size = 0
        while True:
            end = self.held.find(b"\n")
            part = self.take(len(self.held) if end < 0 else end)
            size += len(part)
            kept += part[: MAX_KEPT - len(kept)]
            if end >= 0:
                self.take(1)
            if end >= 0 or not self.more():
                return Line(number, bytes(kept), size)

    def damage_report(self) -> Rejected | None:
        """Report the damage, if there is any, with what it cut short. To be asked for last."""
        if self.damage is None:
            return None
        number = self.line
        raw = self.take(len(self.held))
        rest = Line(number, raw, len(raw))
        return rest.reject(self.damage.code, self.damage.place, self.damage.message)
