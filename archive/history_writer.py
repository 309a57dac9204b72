"""Histories: what a seal ends, put together with the proof that the log holds the seal."""

from collections.abc import Iterator

from archive import history, layout, member, merkle
from archive.continuity import entry_of
from archive.entry import tag
from archive.line import date_of, read
from archive.log_source import LogAlteredError, LogSource
from archive.log_writer import SignedLog
from archive.sealing import SEALED, Seal, read_seal
from domain.line import Line, first_prev, line_hash


def history_object(
    source: LogSource, log: SignedLog, tag_key: bytes, seal_line: Line
) -> tuple[str, bytes]:
    """Return name and bytes of the history that a seal ends.

    Raises:
        LogAlteredError: the stream's lines do not chain up to the seal, or the archive's tiles
            do not prove the seal.
    """
    seal = read_seal(seal_line)
    lines = list(source.stream_lines(seal_line.stream, seal.first_version, seal.events))
    encoded = _chained(source, lines, seal_line, seal)
    header = history.make_header(
        stream=seal_line.stream,
        tag=tag(tag_key, seal_line.stream),
        origin=log.checkpoint.origin,
        revision=seal.revision,
        first_version=seal.first_version,
        positions=[line.position for line in lines],
    )
    text = history.encode(
        history.History(header, encoded, _proof(log, tag_key, seal_line, encoded[-1]))
    )
    date = date_of(read(line) for line in _first_revision(source, seal_line.stream, seal, encoded))
    return layout.history_path(seal_line.stream, date, seal.revision), member.compress(text)


def _chained(source: LogSource, lines: list[Line], seal_line: Line, seal: Seal) -> list[bytes]:
    """Encode a revision's lines; each must name the hash of the one before, up to the seal.

    The seal is in the log, so the chain shows that the older lines are still those recorded.
    """
    stream = seal_line.stream
    # A later revision's first `prev` is inside a line that chains to its seal like the others.
    prev = lines[0].prev if lines and seal.first_version > 1 else first_prev(stream)
    encoded = []
    for version, line in enumerate(lines, seal.first_version):
        if (line.stream, line.version) != (stream, version):
            raise LogAlteredError(line.position, stream, f"version {version} is not there")
        if line.prev != prev:
            _name_changed_line(source, lines)
            raise LogAlteredError(
                line.position, stream, f"version {version} does not follow from the one before"
            )
        encoded.append(line.encode())
        prev = line_hash(encoded[-1]).hex()
    if not lines or lines[-1] != seal_line:
        raise LogAlteredError(seal_line.position, stream, "the lines do not end with their seal")
    return encoded


def _name_changed_line(source: LogSource, lines: list[Line]) -> None:
    """Look for the line that no longer has the hash which was stored with it."""
    for line in lines:
        for leaf in source.leaves(line.position - 1, line.position):
            if leaf.hash != line_hash(line.encode()):
                raise LogAlteredError(
                    line.position, line.stream, "the line was changed after recording"
                )


def _proof(log: SignedLog, tag_key: bytes, seal_line: Line, encoded: bytes) -> history.Proof:
    index, size = seal_line.position - 1, log.checkpoint.size
    path = merkle.inclusion_path(index, size, log.node)
    leaf = merkle.leaf_hash(
        entry_of(tag_key, seal_line.stream, seal_line.version, line_hash(encoded))
    )
    if not merkle.verify_inclusion(leaf, index, size, path, log.checkpoint.root):
        raise LogAlteredError(
            seal_line.position, seal_line.stream, "the archive's tiles do not prove the seal"
        )
    return history.Proof(index, tuple(path), log.note)


def _first_revision(
    source: LogSource, stream: str, seal: Seal, encoded: list[bytes]
) -> Iterator[bytes]:
    """Yield the lines of revision 1, whose date every later revision keeps in its name."""
    if seal.revision == 1:
        yield from encoded
        return
    for line in source.stream_lines(stream, 1, seal.first_version - 1):
        yield line.encode()
        if line.type == SEALED:
            return
