"""Which sealed files events name as attached."""

import struct
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from archive import layout
from archive.attached import Note
from archive.verify.facts import KEY_BYTES, Seen, stream_key
from archive.verify.table import Table

_ROW = struct.Struct(">32sQII16s")
OPEN = bytes(KEY_BYTES)
"""In the place of what stands for a stream, where a line is in no history yet."""


class Row(NamedTuple):
    """An event that names a sealed file.

    Args:
        sha256: digest of the sealed bytes.
        size: how many there are.
        until: last day on which the seal wants the history kept, as an ordinal.
        proved_at: log size that the history is proved against; 0 for an open line.
        key: what stands for the stream; `OPEN` for an open line.
    """

    sha256: bytes
    size: int
    until: int
    proved_at: int
    key: bytes


class Attached:
    """Which sealed files events name. Memory: 64 bytes for each."""

    def __init__(self) -> None:
        self._rows = Table(_ROW.size)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: str) -> bool:
        digest = layout.parse_evidence_path(name)
        return digest is not None and bool(self._rows.find(bytes.fromhex(digest)))

    def take(self, seen: Seen) -> None:
        """Take in what a history names."""
        for note in seen.attached:
            self._add(note, seen.until, seen.proved_at, seen.row[:KEY_BYTES])

    def take_open(self, notes: Sequence[Note]) -> None:
        """Take in what open lines name."""
        for note in notes:
            self._add(note, 0, 0, OPEN)

    def of(self, streams: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield the names of files that histories of these streams name, and the stream."""
        keys = {stream_key(stream): stream for stream in streams}
        if keys:
            for row in self._each():
                if row.key in keys:
                    yield layout.evidence_path(row.sha256.hex()), keys[row.key]

    def files(self) -> Iterator[tuple[str, list[Row]]]:
        """Yield each file's name, and who names it."""
        for digest, rows in groupby(self._each(), key=lambda row: row.sha256):
            yield layout.evidence_path(digest.hex()), list(rows)

    def _each(self) -> Iterator[Row]:
        return (Row(*_ROW.unpack(row)) for row in self._rows.rows())

    def _add(self, note: Note, until: int, proved_at: int, key: bytes) -> None:
        at = min(proved_at, 0xFFFFFFFF)
        self._rows.add(_ROW.pack(bytes.fromhex(note.sha256), note.size, until, at, key))
