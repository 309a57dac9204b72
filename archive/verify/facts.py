"""What one history shows, as an object, and as the few bytes that are kept of it."""

import hashlib
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from archive.attached import Note
from archive.checkpoint import Checkpoint
from archive.findings import Finding
from archive.index import rows
from archive.verify.events import HoldNote, KeyringNote, StoredRun

_ROW = struct.Struct(">16sI16sII16s16sIII")
ROW_BYTES = _ROW.size
_PLACE = ROW_BYTES - 8
KEY_BYTES = 16
UNKNOWN_DATE = 0xFFFFFFFF


@dataclass
class HistoryFacts:
    """What one history shows.

    Args:
        stream, tag, revision, first_version, events: as in its header.
        date: date in its name; of a packed revision that is not the first, empty.
        said: checkpoint that the seal is proved against.
        first_prev: `prev` of its first line.
        head: hash, hex, of its last line.
        shown: positions whose lines are as the log holds them.
        runs: archive runs that its lines record.
        lines: positions and lines, as they stand in the file.
        kept: class of retention, and year of the last day, that its seal names.
        holds: what its lines say about legal holds.
        keyrings: what they say about keyrings.
        until: last day on which its seal wants it kept, as an ordinal; 0 where it does not say.
        attached: the sealed files that its lines name.
    """

    stream: str
    tag: str
    revision: int
    first_version: int
    events: int
    date: str
    said: Checkpoint | None = None
    first_prev: str = ""
    head: str = ""
    shown: "array[int]" = field(default_factory=lambda: array("Q"))
    runs: list[StoredRun] = field(default_factory=list)
    lines: list[tuple[int, bytes]] = field(default_factory=list)
    kept: tuple[str, str] | None = None
    holds: list[HoldNote] = field(default_factory=list)
    keyrings: list[KeyringNote] = field(default_factory=list)
    until: int = 0
    attached: list[Note] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Return the log size that the seal is proved against, 0 where it is not known."""
        return self.said.size if self.said else 0


class Row(NamedTuple):
    """A history in 88 bytes; hashes are cut to 16 bytes.

    Args:
        key: what stands for the stream, see `stream_key`.
        revision, tag, first_version, events, first_prev, head, date: as in `HistoryFacts`.
        file: number of its file in the order in which files are read.
        member: number in its pack.
    """

    key: bytes
    revision: int
    tag: bytes
    first_version: int
    events: int
    first_prev: bytes
    head: bytes
    date: int
    file: int
    member: int

    def encode(self) -> bytes:
        """Return the row's bytes, which sort by stream and revision."""
        return _ROW.pack(*self)


def decode_row(data: bytes) -> Row:
    """Read a row's bytes."""
    return Row._make(_ROW.unpack(data))


def stream_key(stream: str) -> bytes:
    """Return what stands for a stream in tables: the first 16 bytes of its name's SHA-256."""
    return hashlib.sha256(stream.encode()).digest()[:KEY_BYTES]


def row_of(facts: HistoryFacts, file: int = 0, member: int = 0) -> Row:
    """Return what is kept of a history."""
    limit = 0xFFFFFFFF  # beyond that a header is made up, and was accused for its lines
    return Row(
        stream_key(facts.stream),
        min(facts.revision, limit),
        bytes.fromhex(facts.tag),
        min(facts.first_version, limit),
        min(facts.events, limit),
        bytes.fromhex(facts.first_prev)[:KEY_BYTES],
        bytes.fromhex(facts.head)[:KEY_BYTES],
        int(facts.date) if facts.date else UNKNOWN_DATE,
        file,
        member,
    )


class Seen(NamedTuple):
    """A history that was read, in little that is quickly sent from one process to another.

    Args:
        findings: what is wrong with it by itself and against the log.
        row: what is kept of it, without its place; empty where it says nothing.
        shown: positions whose lines are as the log holds them, eight bytes each.
        proved_at: log size that its seal is proved against.
        runs: archive runs that its lines record.
        stream: name of the stream and
        lines: lines with positions, if the stream was asked for.
        indexed: row that the archive's index must have for it; without its date where it is packed.
        holds, until, keyrings, attached: as in `HistoryFacts`.
    """

    findings: list[Finding]
    row: bytes = b""
    shown: bytes = b""
    proved_at: int = 0
    runs: Sequence[StoredRun] = ()
    stream: str = ""
    lines: Sequence[tuple[int, bytes]] = ()
    indexed: bytes = b""
    holds: Sequence[HoldNote] = ()
    until: int = 0
    keyrings: Sequence[KeyringNote] = ()
    attached: Sequence[Note] = ()


class FileSeen(NamedTuple):
    """A file of histories that was read.

    Args:
        digest: its SHA-256; empty where it could not be read.
        findings: what is wrong with the file itself.
        histories: those in it, in their order; nothing of those that are not in the sample.
        orders: how many of them are a first revision, and
        orders_read: how many of these were read.
    """

    digest: bytes
    findings: list[Finding]
    histories: list[Seen]
    orders: int = 0
    orders_read: int = 0


class Place(NamedTuple):
    """Where a history lies: in a file of its own, or in a pack, as the index's rows say it."""

    length: int
    pack: int = rows.FILE
    offset: int = 0


def seen_of(
    facts: HistoryFacts | None,
    findings: list[Finding],
    asked: frozenset[str] | None,
    place: Place | None = None,
) -> Seen:
    """Return what a history shows in the form in which it is sent and kept.

    Args:
        facts: what it shows.
        findings: what is wrong with it.
        asked: streams whose lines are wanted.
        place: where it lies in the archive, for the index; None: that is not asked.
    """
    if facts is None:
        return Seen(findings)
    wanted = asked is not None and facts.stream in asked
    return Seen(
        findings,
        row_of(facts).encode()[:_PLACE],
        facts.shown.tobytes(),
        facts.size,
        facts.runs,
        facts.stream if wanted else "",
        facts.lines if wanted else [],
        _indexed(facts, place) if place else b"",
        facts.holds,
        facts.until,
        facts.keyrings,
        facts.attached,
    )


def _indexed(facts: HistoryFacts, place: Place) -> bytes:
    row = rows.Row(
        key=stream_key(facts.stream),
        log_size=facts.size,
        pack=place.pack,
        offset=place.offset,
        length=place.length,
        revision=min(facts.revision, 0xFFFFFFFF),
        date=int(facts.date or 0),
    )
    return rows.comparable(rows.encode(row))


def placed(row: bytes, file: int, member: int) -> bytes:
    """Return a row with its place, from the row of `Seen`."""
    return row + file.to_bytes(4, "big") + member.to_bytes(4, "big")
