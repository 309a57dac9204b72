"""What has been shown so far: streams with their heads, tags, positions, and archive runs."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from archive.findings import Finding, finding
from archive.verify.attached import Attached
from archive.verify.events import HoldNote, KeyringNote, StoredRun, event_name, stream_name
from archive.verify.facts import (
    KEY_BYTES,
    ROW_BYTES,
    UNKNOWN_DATE,
    Row,
    Seen,
    decode_row,
    placed,
    stream_key,
)
from archive.verify.open_orders import OpenOrders
from archive.verify.table import Table

Where = Callable[[int, int], tuple[str, str]]
"""Given numbers of a file and of a history in it, returns the file's name and the stream's."""


class Head(NamedTuple):
    """How far a stream has been shown: its last version, and the first bytes of its last hash."""

    version: int
    hash: bytes


class Streams:
    """Collects what the files of an archive show.

    Memory: one bit a position, about 90 bytes for each history, and a small object for each
    stream that has open lines.

    Args:
        size: number of positions that the log's files tell about.
        where: tells the names that a finding needs, which are not kept.
        asked: streams whose lines are counted each.
        by_tag: whether the lines of every stream are counted.
    """

    def __init__(
        self,
        size: int,
        where: Where,
        asked: frozenset[str] = frozenset(),
        *,
        by_tag: bool = False,
    ) -> None:
        self.size = size
        self.by_tag = by_tag
        self.shown_by_tag: Counter[int] = Counter()
        self.asked = asked
        self.runs: dict[int, StoredRun] = {}
        self.keyrings: set[KeyringNote] = set()
        self.attached = Attached()
        self.events = 0
        self.shown_of: Counter[str] = Counter()
        """Lines that are as the log holds them, of the streams that were asked for."""
        self.streams = 0
        self.open_orders = OpenOrders()
        self._where = where
        self._rows = Table(ROW_BYTES)
        self._tags = Table(2 * KEY_BYTES)  # a tag, and the key of its stream
        self._open_tags: dict[str, str] = {}
        self._open_streams: dict[str, str] = {}
        self._placed: dict[tuple[str, str], int] = {}
        self._released: dict[tuple[str, str], int] = {}
        self._shown = bytearray((size + 7) // 8)

    def take(self, seen: Seen, name: str, file: int, member: int = 0) -> list[Finding]:
        """Take in a history that was checked; `join` looks at all of them together."""
        if not seen.row:
            return []
        self._rows.add(placed(seen.row, file, member))
        self.runs.update((run.position, run) for run in seen.runs)
        self.take_holds(seen.holds)
        self.keyrings.update(seen.keyrings)
        self.attached.take(seen)
        if seen.stream:
            self.shown_of[seen.stream] += len(seen.shown) // 8
        if self.by_tag:
            tag = decode_row(placed(seen.row, file, member)).tag
            self.shown_by_tag[int.from_bytes(tag, "big")] += len(seen.shown) // 8
        return self.mark(array("Q", seen.shown), name)

    def join(self) -> Iterator[tuple[str, Finding]]:
        """Hold the revisions of every stream together, and every stream to a tag of its own.

        Yields:
            The file that is to blame, and what is wrong.
        """
        head: Row | None = None
        for data in self._rows.rows():
            row = decode_row(data)
            if head is not None and head.key != row.key:
                self._tags.add(head.tag + head.key)
                self.streams += 1
                head = None
            if head is not None and row.revision <= head.revision:
                name, stream = self._where(row.file, row.member)
                again = f"shows revision {row.revision} of {stream_name(stream)} a second time"
                yield name, finding("FILE_UNEXPECTED", name, again)
                continue
            yield from self._check_joint(row, head)
            if head is not None and row.date == UNKNOWN_DATE:
                row = row._replace(date=head.date)
            head = row
        if head is not None:
            self._tags.add(head.tag + head.key)
            self.streams += 1
        yield from self._shared_tags()

    def bind(self, stream: str, tag: str, name: str) -> list[Finding]:
        """Hold a stream with open lines to one tag, and that tag to the stream."""
        known = self.tag_of(stream)
        if known and known != tag:
            return [two_tags(stream, name, known, tag)]
        other = self.stream_of(tag)
        if other is not None and other != stream:
            detail = f"in {name}: has the tag of {stream_name(other)}"
            return [finding("EVENT_WRONG_ORDER", stream_name(stream), detail, found=tag)]
        if not known:
            self.streams += 1
        self._open_tags[stream] = tag
        self._open_streams[tag] = stream
        return []

    def goes_on(self, shown_of: Mapping[str, int], shown_by_tag: Mapping[int, int]) -> None:
        """Take in how many open lines are as the log holds them."""
        self.shown_of.update(shown_of)
        self.shown_by_tag.update(shown_by_tag)

    def tags_of_histories(self) -> Iterator[str]:
        """Yield the tag, hex, of every stream that has histories, after `join`."""
        return (pair[:KEY_BYTES].hex() for pair in self._tags.rows())

    def take_holds(self, notes: Iterable[HoldNote]) -> None:
        """Take in what events say about legal holds, in whatever order."""
        for note in notes:
            known = self._placed if note.begins else self._released
            known[note.stream, note.hold] = note.position

    def held(self) -> dict[str, int]:
        """Return the streams under a legal hold, and at which position that began."""
        held: dict[str, int] = {}
        for (stream, hold), position in self._placed.items():
            if (stream, hold) not in self._released:
                held[stream] = min(position, held.get(stream, position))
        return held

    def places(self, stream: str) -> list[tuple[int, int]]:
        """Return, by revision, numbers of the files that hold a stream's histories."""
        rows = map(decode_row, self._rows.find(stream_key(stream)))
        return [(row.revision, row.file) for row in rows]

    def mark(self, positions: "array[int]", name: str) -> list[Finding]:
        """Note that a file shows these positions; each may be shown once."""
        twice = 0
        shown = self._shown
        for position in positions:
            byte, bit = (position - 1) >> 3, 1 << ((position - 1) & 7)
            if shown[byte] & bit:
                twice = twice or position
            shown[byte] |= bit
        self.events += len(positions)
        if not twice:
            return []
        detail = f"shows log position {twice}, which another file shows already"
        return [finding("FILE_ALTERED", name, detail)]

    def head(self, stream: str) -> Head | None:
        """Return how far the histories of a stream go; None where it has none."""
        rows = self._rows.find(stream_key(stream))
        if not rows:
            return None
        last = decode_row(rows[-1])
        return Head(last.events, last.head)

    def tag_of(self, stream: str) -> str:
        """Return the tag, hex, of a stream, as its files tell it; empty where none does."""
        rows = self._rows.find(stream_key(stream))
        return decode_row(rows[-1]).tag.hex() if rows else self._open_tags.get(stream, "")

    def stream_of(self, tag: str) -> str | None:
        """Return the stream that has a tag; None where it is not known."""
        found = self._tags.find(bytes.fromhex(tag)) if tag else []
        if not found:
            return self._open_streams.get(tag)
        rows = self._rows.find(found[0][KEY_BYTES:])
        return self._names(decode_row(rows[0]))[1]

    def whole(self, stream: str, events: int) -> bool:
        """Tell whether that many lines of a stream asked for were shown, as the log has them."""
        return self.shown_of[stream] == events

    def is_shown(self, position: int) -> bool:
        """Tell whether a file has shown this position."""
        byte, bit = divmod(position - 1, 8)
        return bool(self._shown[byte] >> bit & 1)

    def missing(self) -> "array[int]":
        """Return the positions that no file has shown."""
        result = array("Q")
        for byte, bits in enumerate(self._shown):
            if bits == 0xFF:
                continue
            first = byte * 8 + 1
            for bit in range(min(8, self.size - first + 1)):
                if not bits >> bit & 1:
                    result.append(first + bit)
        return result

    def release(self) -> None:
        """Give back the memory of what no later step asks for: all but the archive runs."""
        self._rows, self._tags = Table(ROW_BYTES), Table(2 * KEY_BYTES)

    def _check_joint(self, row: Row, head: Row | None) -> Iterator[tuple[str, Finding]]:
        revision, version = (head.revision, head.events) if head else (0, 0)
        if head is not None and row.tag != head.tag:
            name, stream = self._names(row)
            yield name, two_tags(stream, name, head.tag.hex(), row.tag.hex())
        if row.revision != revision + 1:
            name, stream = self._names(row)
            yield (
                name,
                finding(
                    "REVISION_GAP",
                    stream_name(stream),
                    f"{name} is revision {row.revision} and the one before is not here",
                    expected=f"revision {revision + 1}",
                    found=f"revision {row.revision}",
                ),
            )
        elif row.first_version != version + 1:
            name, stream = self._names(row)
            yield (
                name,
                finding(
                    "SEQUENCE_GAP",
                    event_name(stream, row.first_version),
                    f"{name} does not begin where the revision before ends",
                    expected=str(version + 1),
                    found=str(row.first_version),
                ),
            )
        elif head is not None and row.first_prev != head.head:
            name, stream = self._names(row)
            yield (
                name,
                finding(
                    "CHAIN_BROKEN",
                    event_name(stream, row.first_version),
                    f"{name} does not follow the last line of the revision before",
                    expected=f"{head.head.hex()}…",
                    found=f"{row.first_prev.hex()}…",
                ),
            )
        elif head is not None and UNKNOWN_DATE != row.date != head.date != UNKNOWN_DATE:
            name, _ = self._names(row)
            yield (
                name,
                finding(
                    "EVENT_WRONG_ORDER",
                    name,
                    "its name has another date than the revisions before",
                    expected=f"{head.date:08}",
                    found=f"{row.date:08}",
                ),
            )

    def _shared_tags(self) -> Iterator[tuple[str, Finding]]:
        before = b""
        for each in self._tags.rows():
            if each[:KEY_BYTES] == before[:KEY_BYTES]:
                (_, first), (name, stream) = self._of_key(before), self._of_key(each)
                detail = f"in {name}: has the tag of {stream_name(first)}"
                tag = each[:KEY_BYTES].hex()
                yield (
                    name,
                    finding("EVENT_WRONG_ORDER", stream_name(stream), detail, found=tag),
                )
            before = each

    def _of_key(self, pair: bytes) -> tuple[str, str]:
        return self._names(decode_row(self._rows.find(pair[KEY_BYTES:])[0]))

    def _names(self, row: Row) -> tuple[str, str]:
        return self._where(row.file, row.member)


def two_tags(stream: str, name: str, first: str, second: str) -> Finding:
    """Accuse a log that keeps one history under two tags, so that neither counts all of it."""
    detail = f"in {name}: the log keeps this history under two tags"
    return finding("ORDER_FORK", stream_name(stream), detail, expected=first, found=second)


def names_of(known: Iterable[tuple[str, str]]) -> Where:
    """Return a `Where` for a few files that hold one history each.

    Args:
        known: name and stream of each file, by its number.
    """
    names = list(known)
    return lambda file, _: names[file]
