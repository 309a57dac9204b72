"""Where histories go: each into a file of its own, or many into a pack."""

from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from typing import NamedTuple

from archive import layout, limits, member, pack
from archive.errors import TooLargeError
from archive.history_writer import SealedHistory, sealed_histories
from archive.layout import Layout
from archive.log_source import LogAlteredError, LogSource
from archive.log_writer import SignedLog
from archive.pack import Group
from archive.sealing import Seal, read_seal
from domain.line import Line
from domain.stream import split_order_stream

# Of about 4 KB each they make a pack of 8 MiB.
_PACKED_TOGETHER = 2048
_FILED_TOGETHER = 1024


@dataclass(frozen=True)
class Batch:
    """Histories that are made and stored together.

    Args:
        group: what they have in common, if they go into packs.
        seals: positions of the seals that end them.
    """

    group: Group | None
    seals: "array[int]" = field(default_factory=lambda: array("Q"))


class Placed(NamedTuple):
    """A history, and where it lies in its object.

    Args:
        stream: name of the stream.
        revision: number of the seal that ends it.
        date: `YYYYMMDD`, as in the name of a file.
        offset: of its gzip member in the object.
        length: of that member.
        attachments: digests, hex, of the sealed files that it names.
    """

    stream: str
    revision: int
    date: str
    offset: int
    length: int
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """An object to store.

    Args:
        data: its bytes.
        retain_until: day up to which it is kept, the last one of its histories.
        packed: whether it is a pack.
        histories: what it holds.
    """

    data: bytes
    retain_until: date
    packed: bool
    histories: Sequence[Placed]

    def path(self, log_size: int, packs: int) -> str:
        """Return its name, where so many packs were stored before it in a run."""
        if self.packed:
            return layout.pack_path(log_size, packs)
        (only,) = self.histories
        return layout.history_path(only.stream, only.date, only.revision)


Maker = Callable[[SignedLog, Sequence[Batch]], Generator[Piece, None, None]]
"""Makes the objects that hold the histories of batches, in their order, as `pieces` does."""


def plan(seals: Iterable[Line], chosen: Layout) -> list[Batch]:
    """Say which histories are stored together. It depends on nothing but the seals.

    Memory holds the position of each seal.

    Args:
        seals: the seals of a run, in the order of the log.
        chosen: how the histories of orders are stored; others are files of their own.
    """
    batches: list[Batch] = []
    current: dict[Group | None, Batch] = {}
    for line in seals:
        group = _group(line.stream, read_seal(line)) if chosen is Layout.PACK else None
        batch = current.get(group)
        together = _FILED_TOGETHER if group is None else _PACKED_TOGETHER
        if batch is None or len(batch.seals) == together:
            batch = current[group] = Batch(group)
            batches.append(batch)
        batch.seals.append(line.position)
    return batches


def pieces(source: LogSource, log: SignedLog, tag_key: bytes, batch: Batch) -> Iterator[Piece]:
    """Yield the objects that hold the histories of a batch.

    Raises:
        LogAlteredError: a line is not the one in the archive's log, or no seal any more.
        TooLargeError: a history is longer than an archive can hold.
    """
    seals = source.seals_at(batch.seals)
    for position, line in zip_longest(batch.seals, seals):
        if line is None or line.position != position or not _belongs(batch, line):
            stream = line.stream if line else ""
            raise LogAlteredError(position, stream, "the seal is not the one that it just was")
    histories = sealed_histories(source, log, tag_key, seals)
    if batch.group is None:
        for each in histories:
            yield _file(each, log.embedded)
    else:
        yield from _packs(log, batch.group, histories)


def _belongs(batch: Batch, line: Line) -> bool:
    return batch.group is None or _group(line.stream, read_seal(line)) == batch.group


def _group(stream: str, seal: Seal) -> Group | None:
    order = split_order_stream(stream)
    if order is None:
        return None
    return Group(seal.retention_class, seal.retain_until.year, order[0])


def _file(each: SealedHistory, note: bytes) -> Piece:
    data = member.compress(pack.disclose(each.text, note))
    if len(data) > limits.HISTORY:
        raise TooLargeError(
            f"the history of {each.stream!r} has {len(data)} bytes and an archive holds none over "
            f"{limits.HISTORY}; it was sealed while it grew"
        )
    placed = Placed(each.stream, each.seal.revision, each.date, 0, len(data), each.attachments)
    return Piece(data, each.seal.retain_until, packed=False, histories=[placed])


def _packs(log: SignedLog, group: Group, histories: Iterable[SealedHistory]) -> Iterator[Piece]:
    """Yield the packs of histories, and those that are too long for one as files."""
    filling = _Filling(log, group)
    for each in histories:
        compressed = member.compress(each.text)
        if len(compressed) > limits.PACKED:
            yield _file(each, log.embedded)
            continue
        if not filling.add(each, compressed):
            yield filling.finish()
            filling = _Filling(log, group)
            filling.add(each, compressed)
    if filling.placed:
        yield filling.finish()


class _Filling:
    """A pack that is being filled with the histories of a group."""

    def __init__(self, log: SignedLog, group: Group) -> None:
        self._note = log.embedded
        self._builder = pack.Builder(log.checkpoint.origin, log.checkpoint.size, group)
        self._retain_until = date.min
        self.placed: list[Placed] = []

    def add(self, each: SealedHistory, compressed: bytes) -> bool:
        """Take in a history; False if there is no room for it."""
        row = self._builder.add(each.stream, each.seal.revision, compressed)
        if row is None:
            return False
        self.placed.append(
            Placed(row.stream, row.revision, each.date, row.offset, row.length, each.attachments)
        )
        self._retain_until = max(self._retain_until, each.seal.retain_until)
        return True

    def finish(self) -> Piece:
        data = self._builder.finish(self._note)
        return Piece(data, self._retain_until, packed=True, histories=self.placed)
