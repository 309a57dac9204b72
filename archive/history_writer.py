"""Histories: what a seal ends, put together with the proof that the log holds the seal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from archive import history, limits, merkle
from archive.attached import named_in
from archive.continuity import entry_of
from archive.entry import tag
from archive.errors import TooLargeError
from archive.line import ATTACHED, EventLine, date_of, read
from archive.log_source import LogAlteredError, LogSource
from archive.log_writer import SignedLog
from archive.seal_check import dating_lines
from archive.sealing import Seal, read_seal
from archive.signed_leaves import SignedLeaves
from domain.line import Line, first_prev, line_hash

_LINES = 2_000  # that are read at once, unless one history alone has more

_Ranged = tuple[Line, Seal, int, int]  # a seal, and the versions that its history is made from


@dataclass(frozen=True)
class SealedHistory:
    """A history, to be stored.

    Args:
        stream: name of the stream.
        date: `YYYYMMDD` in the history's name.
        seal: what its last line says.
        text: its text up to the checkpoint, which is the same for all histories of a run.
        attachments: digests, hex, of the sealed files that it names.
    """

    stream: str
    date: str
    seal: Seal
    text: bytes
    attachments: tuple[str, ...]


def sealed_histories(
    source: LogSource, log: SignedLog, tag_key: bytes, seals: Iterable[Line]
) -> Iterator[SealedHistory]:
    """Yield the histories that seals end, in their order.

    Raises:
        LogAlteredError: a line is not the one in the archive's log, the lines do not chain up
            to the seal, or the archive's tiles do not prove the seal.
        TooLargeError: a history is longer than an archive can hold.
    """
    for batch in _batches(map(_ranged, seals)):
        found = source.ranges([(line.stream, first, last) for line, _, first, last in batch])
        for (line, seal, _, _), lines in zip(batch, found, strict=True):
            yield _sealed_history(source, log, tag_key, line, seal, lines)


def _ranged(line: Line) -> _Ranged:
    seal = read_seal(line)
    # With the line before a later revision, which its first line follows from.
    return line, seal, max(seal.first_version - 1, 1), seal.events


def _batches(seals: Iterable[_Ranged]) -> Iterator[list[_Ranged]]:
    batch: list[_Ranged] = []
    size = 0
    for each in seals:
        _, _, first, last = each
        if batch and size + last - first >= _LINES:
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += last - first + 1
    if batch:
        yield batch


def _sealed_history(
    source: LogSource,
    log: SignedLog,
    tag_key: bytes,
    seal_line: Line,
    seal: Seal,
    lines: list[Line],
) -> SealedHistory:
    """Return the history that a seal ends."""
    stream = seal_line.stream
    before = seal.first_version - 1
    encoded = _chained(log.leaves, lines, seal_line, max(before, 1))
    if before:
        lines, encoded = lines[1:], encoded[1:]
    header = history.make_header(
        stream=stream,
        tag=tag(tag_key, stream),
        origin=log.checkpoint.origin,
        revision=seal.revision,
        first_version=seal.first_version,
        positions=[line.position for line in lines],
    )
    index = seal_line.position - 1
    text = history.encode_open(header, encoded, index, _path(log, tag_key, seal_line, encoded[-1]))
    if len(text) + len(log.embedded) > limits.HISTORY:
        raise TooLargeError(
            f"the history of {stream!r} has {len(text)} bytes and an archive holds none over "
            f"{limits.HISTORY}; it was sealed while it grew"
        )
    named = tuple(note.sha256 for note in named_in(_attaching(lines, encoded)))
    dated = _date(source, log, encoded, seal_line, seal)
    return SealedHistory(stream, dated, seal, text, named)


def _attaching(lines: list[Line], encoded: list[bytes]) -> Iterator[bytes]:
    return (text for line, text in zip(lines, encoded, strict=True) if line.type == ATTACHED)


def _chained(leaves: SignedLeaves, lines: list[Line], seal_line: Line, first: int) -> list[bytes]:
    """Encode lines; each is the one in the archive's log and follows the one before.

    Args:
        leaves: the archive's log.
        lines: the line before the revision, where there is one, and the revision's.
        seal_line: the last of them.
        first: version of the first of them.
    """
    stream = seal_line.stream
    prev = first_prev(stream) if first == 1 else None
    encoded = []
    for version, line in enumerate(lines, first):
        if (line.stream, line.version) != (stream, version):
            raise LogAlteredError(line.position, stream, f"version {version} is not there")
        encoded.append(line.encode())
        digest = line_hash(encoded[-1])
        leaves.refuse_other(line, digest)
        if prev is not None and line.prev != prev:
            raise LogAlteredError(
                line.position, stream, f"version {version} does not follow from the one before"
            )
        prev = digest.hex()
    if not lines or lines[-1] != seal_line:
        raise LogAlteredError(seal_line.position, stream, "the lines do not end with their seal")
    return encoded


def _path(log: SignedLog, tag_key: bytes, seal_line: Line, encoded: bytes) -> list[bytes]:
    """Return the proof that the signed log holds the seal."""
    index, size = seal_line.position - 1, log.checkpoint.size
    path = merkle.inclusion_path(index, size, log.node)
    leaf = merkle.leaf_hash(
        entry_of(tag_key, seal_line.stream, seal_line.version, line_hash(encoded))
    )
    if not merkle.verify_inclusion(leaf, index, size, path, log.checkpoint.root):
        raise LogAlteredError(
            seal_line.position, seal_line.stream, "the archive's tiles do not prove the seal"
        )
    return path


def _date(
    source: LogSource, log: SignedLog, encoded: list[bytes], seal_line: Line, seal: Seal
) -> str:
    """Return the date of revision 1, which every later revision keeps in its name."""
    if seal.revision == 1:
        return date_of(read(text) for text in encoded)
    return date_of(map(_read, _signed(log, dating_lines(source, seal_line.stream, seal.events))))


def _signed(log: SignedLog, lines: Iterable[Line]) -> Iterable[Line]:
    for line in lines:
        log.leaves.refuse_other(line)
        yield line


def _read(line: Line) -> EventLine:
    return read(line.encode())
