"""Opening inputs: plain or gzip, told by their first bytes, from a file or standard input.

Source: RFC 1952 (gzip).
"""

import re
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self, cast

from sources import uci_retail
from sources.window import CHUNK, DamagedInputError

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31  # zlib's number for a gzip wrapper with any window

# A bomb: deflate can reach 1:1032, files of records stay far below this.
_SUSPECT_RATIO = 500
_SUSPECT_SIZE = 64 * 1024 * 1024

_PEEKED = 4096

# What follows the first bytes is part of the mark where these alone could begin a line of text.
_PACKED = {
    "zip": rb"PK(?:\x03\x04|\x05\x06)",
    "zstd": rb"\x28\xb5\x2f\xfd",
    "bzip2": rb"BZh[1-9]1AY&SY",
    "xz": rb"\xfd7zXZ\0",
    "7z": rb"7z\xbc\xaf\x27\x1c",
    "gzip within gzip": _GZIP_MAGIC,
}

_TRUNCATED = "the gzip file ends too early; what should follow is missing"
_CORRUPT = "the gzip file is damaged from here on; what should follow cannot be read"
_BOMB = "the gzip file grows suspiciously much; unpack it before importing it"


class Input:
    """A stream of bytes, decompressed on the way where it is gzip.

    Attributes:
        consumed: bytes of the file itself that were read so far, for progress.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.consumed = 0
        self._file = file
        # A file's `read` may wait until it has all that is asked for; a pipe gives what it has.
        self._read_some: Callable[[int], bytes] = getattr(file, "read1", file.read)
        self._chunks = self._decoded()
        self._pending = b""
        self._damage: DamagedInputError | None = None

    def read(self, size: int = CHUNK, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end.

        Raises:
            DamagedInputError: once, after all that was readable has been returned: gzip that is
                cut short (`gzip-truncated`), altered (`gzip-corrupt`) or blown up (`gzip-bomb`).
        """
        self._fill(1)
        if not self._pending and self._damage is not None:
            damage, self._damage = self._damage, None
            raise damage
        taken, self._pending = self._pending[:size], self._pending[size:]
        return taken

    def peek(self) -> bytes:
        """Return what the input starts with, without taking it: for `detect`.

        That is at least the first line that is not blank, or all there is, as far as it fits into
        4 KiB; no more is waited for, since a pipe may pause.
        """
        while len(self._pending) < _PEEKED and b"\n" not in self._pending.lstrip():
            if not self._fill(len(self._pending) + 1):
                break
        return self._pending[:_PEEKED]

    def close(self) -> None:
        """Close the file, unless it is standard input."""
        if self._file is not sys.stdin.buffer:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _fill(self, size: int) -> bool:
        while len(self._pending) < size:
            try:
                chunk = next(self._chunks, None)
            except DamagedInputError as damage:
                self._damage = damage
                return False
            if chunk is None:
                return False
            self._pending += chunk
        return True

    def _raw(self) -> bytes:
        data = self._read_some(CHUNK) or b""
        self.consumed += len(data)
        return data

    def _decoded(self) -> Iterator[bytes]:
        data = self._raw()
        while 0 < len(data) < len(_GZIP_MAGIC) and (more := self._raw()):
            data += more
        if data.startswith(_GZIP_MAGIC):
            yield from self._inflated(data)
            return
        while data:
            yield data
            data = self._raw()

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        """Decompress all members of a gzip file, up to where it is damaged."""
        produced = 0
        while data:
            inflater = zlib.decompressobj(wbits=_GZIP_WINDOW)
            while not inflater.eof:
                data = data or self._raw()
                before = inflater.copy()
                try:
                    out = inflater.decompress(data, CHUNK) if data else inflater.flush()
                except zlib.error:
                    yield from _readable_part(before, data)
                    raise DamagedInputError("gzip-corrupt", "", _CORRUPT) from None
                produced += len(out)
                if produced > max(_SUSPECT_SIZE, _SUSPECT_RATIO * self.consumed):
                    raise DamagedInputError("gzip-bomb", "", _BOMB)
                yield out
                if not data:
                    raise DamagedInputError("gzip-truncated", "", _TRUNCATED)
                data = inflater.unconsumed_tail
            data = inflater.unused_data
            # The file may be padded with zeros.
            while not (data := data.lstrip(b"\0")) and (data := self._raw()):
                pass


def _readable_part(inflater: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Decompress byte by byte what comes before the damage in a piece of a gzip file."""
    for i in range(len(data)):
        try:
            yield inflater.decompress(data[i : i + 1])
        except zlib.error:
            return


def open_input(path: str | Path) -> Input:
    """Open a file, or standard input where the path is `-`.

    Raises:
        OSError: the file is not there or cannot be read.
    """
    if str(path) == "-":
        return Input(sys.stdin.buffer)
    return Input(cast("BinaryIO", Path(path).open("rb", buffering=0)))


def packing(head: bytes) -> str | None:
    """Name the packing of an input that is not unpacked here, by what `Input.peek` shows."""
    return next((name for name, mark in _PACKED.items() if re.match(mark, head)), None)


def detect(head: bytes) -> Literal["cloudevents", "uci-retail"] | None:
    """Tell the format of an input by its first bytes, None where they fit none."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        return "cloudevents"
    if uci_retail.is_header(text.partition(b"\n")[0]):
        return "uci-retail"
    return None
