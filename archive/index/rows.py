"""Rows of the index: 48 bytes that say where one history lies; sorted, so that a key is found."""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from archive import layout
from archive.errors import FormatError

SIZE = 48
FILE = 0xFFFFFFFF
"""Number of the pack in the row of a history that is a file of its own."""

_FORM = struct.Struct(">16sQIQIII")
_OWN_FILE = FILE.to_bytes(4, "big")
_SUM = 1 << 256


class Row(NamedTuple):
    """Where one revision of a stream's history lies. Rows sort as their bytes do.

    Args:
        key: first 16 bytes of the SHA-256 of the stream's name.
        log_size: size A of the log that the history is proved against.
        pack: number of its pack in that run, or `FILE`.
        offset: where it begins in the pack; 0 in a file of its own.
        length: how many bytes it has, compressed.
        revision: number of the seal that ends it.
        date: date of revision 1 as a number, `YYYYMMDD`; 0 where there is none.
    """

    key: bytes
    log_size: int
    pack: int
    offset: int
    length: int
    revision: int
    date: int

    def path(self, stream: str) -> str:
        """Return the name of the history's own file, or of the file it would have alone."""
        return layout.history_path(stream, f"{self.date:08}", self.revision)


def key_of(stream: str) -> bytes:
    """Return the key of a stream's rows."""
    return hashlib.sha256(stream.encode()).digest()[:16]


def shard_of(key: bytes, shards: int) -> int:
    """Return which of so many shards holds the rows of a key."""
    return int.from_bytes(key[:4], "big") * shards >> 32


def encode(row: Row) -> bytes:
    """Return the 48 bytes of a row, numbers big-endian."""
    return _FORM.pack(*row)


def parse(data: bytes) -> list[bytes]:
    """Split rows, which must rise.

    Raises:
        FormatError: the bytes are not whole rows, or are not sorted, or hold one twice.
    """
    if len(data) % SIZE:
        raise FormatError("does not hold whole rows of 48 bytes")
    rows = [data[at : at + SIZE] for at in range(0, len(data), SIZE)]
    if any(a >= b for a, b in pairwise(rows)):
        raise FormatError("its rows are not sorted")
    return rows


def decode(row: bytes) -> Row:
    """Read one row of 48 bytes."""
    return Row(*_FORM.unpack(row))


def of_key(rows: Iterable[bytes], key: bytes) -> Iterator[Row]:
    """Yield the rows of a key."""
    return (decode(row) for row in rows if row[:16] == key)


def comparable(row: bytes) -> bytes:
    """Return a row as it is compared with the histories: of a packed one without its date.

    What the date of a packed history is shows only in its first revision, and it says nothing of
    where the history lies.
    """
    return row if row[24:28] == _OWN_FILE else row[:-4] + bytes(4)


def digest_sum(rows: Iterable[bytes]) -> int:
    """Return the sum of the rows' SHA-256 hashes modulo 2^256: the same in whatever order."""
    return sum(int.from_bytes(hashlib.sha256(row).digest(), "big") for row in rows) % _SUM
