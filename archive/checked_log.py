"""Reading the event store's log with distrust, before any of it is sealed or signed."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from itertools import islice, zip_longest

from archive import entry, layout, limits, member, open_lines
from archive.errors import CannotContinueError, FormatError, TooLargeError
from archive.log_source import LogAlteredError, LogSource
from archive.signed_leaves import SignedLeaves
from archive.store import Store
from archive.tile_spool import TileSpool
from archive.tree_writer import RightEdge, store_tiles
from domain.line import Line, Written, first_prev, line_hash

Progress = Callable[[str, int, int], None]
"""Called with a step (`check`, `histories`), how many are done, and how many there are."""

# About 18 MB. Beyond, the line before is read once more.
_STREAMS_KEPT = 50_000
_TOGETHER = 2_000
_REPORTED = 5  # of these batches


class CheckedLog:
    """The log as far as it was read and found to go on from what the archive has signed.

    Every line is compared with the store's own hash of it, and follows by its `prev` from the
    line before in its stream: one that was checked so, or the one in the archive's stored log.
    The log's tiles are made on the way, and wait until the signature that fixes their size is
    stored. Close it after use.

    Args:
        source: the event log.
        leaves: the log that is signed already.
        edge: the unfinished tiles of that log; not changed.
        tag_key: key of the tags that stand for streams in the log's entries.
        progress: told how far the check is.
    """

    def __init__(
        self,
        source: LogSource,
        leaves: SignedLeaves,
        edge: RightEdge,
        tag_key: bytes,
        progress: Progress,
    ) -> None:
        self.longest = 0
        """Bytes of the longest line that was seen."""
        self._source = source
        self._leaves = leaves
        self._edge = edge.copy()
        self._tag = lru_cache(maxsize=4096)(partial(entry.tag, tag_key))
        self._progress = progress
        self._full = TileSpool()
        self._last: OrderedDict[str, tuple[int, str]] = OrderedDict()

    def close(self) -> None:
        """Let go of the tiles that were not stored."""
        self._full.close()

    def edge(self) -> RightEdge:
        """Return the unfinished tiles of the log as far as it was checked."""
        return self._edge.copy()

    def root_at(self, size: int) -> bytes:
        """Check every line up to a size that was not checked yet; return the log's root there.

        Raises:
            LogAlteredError: a position is missing, or a line is not the one that was recorded.
            TooLargeError: a line is longer than an archive can hold.
        """
        after = self._edge.size
        if size < after:
            raise CannotContinueError(f"the log was read up to {after} and now ends at {size}")
        for number, entries in enumerate(self._checked(after, size), 1):
            for name, data in self._edge.extend(entries):
                self._full.add(name, data)
            if number % _REPORTED == 0:
                self._progress("check", self._edge.size - after, size - after)
        self._progress("check", size - after, size - after)
        return self._edge.root()

    def store_tiles(self, store: Store, retain_until: date) -> None:
        """Store the tiles of the log as far as it was checked and they were not stored yet.

        Args:
            store: the archive's folder or bucket.
            retain_until: the lock of full tiles.
        """
        store_tiles(store, self._full.drain(), self._edge, retain_until)

    def forget_tiles(self) -> None:
        """Do not store the tiles up to here; an earlier attempt did."""
        self._full.clear()

    def refuse_other_open_lines(self, store: Store, sealed_upto: int) -> None:
        """Compare the open lines up to the signed size with those that the archive holds.

        They are sealed, or written to `open/`, once more. A line that a forged or hidden seal
        takes out of them, or brings in, shows too.

        Args:
            store: the archive's folder or bucket.
            sealed_upto: size A of the newest run.

        Raises:
            LogAlteredError: a line was changed, dropped or put elsewhere.
            CannotContinueError: the archive's own open lines cannot be read.
        """
        size = self._leaves.size
        ours = self._source.open_lines(sealed_upto, size)
        archived = _open_positions(store, size)
        if archived is None:  # lost; the next run writes them anew
            for line in ours:
                self._refuse_other(line)
            return
        for line, position in zip_longest(ours, archived):
            if line is not None:
                self._refuse_other(line)
            if line is None or line.position != position:
                found = [each for each in (line.position if line else None, position) if each]
                raise LogAlteredError(
                    min(found),
                    line.stream if line else "",
                    "the open lines are not those of the last run; a line or a seal was changed, "
                    "dropped or put in",
                )

    def _refuse_other(self, line: Line) -> None:
        encoded = line.encode()
        self.longest = max(self.longest, len(encoded))
        self._leaves.refuse_other(line, line_hash(encoded))

    def _checked(self, after: int, upto: int) -> Iterator[list[bytes]]:
        """Check lines and yield their entries, a batch at a time."""
        position = after
        rows = self._source.written(after, upto)
        while batch := list(islice(rows, _TOGETHER)):
            before = self._lines_before(batch)
            entries = []
            for each in batch:
                position += 1
                digest = self._hash(position, each)
                self._follow(each, digest, before)
                entries.append(entry.write(self._tag(each.stream), each.version, digest))
            yield entries
        if position != upto:
            raise LogAlteredError(position + 1, "", "the position is missing")

    def _hash(self, position: int, each: Written) -> str:
        """Return a line's hash, hex; refuse a line that is not the one of a position."""
        at, stream, _, _, line, stored = each
        if at != position:
            raise LogAlteredError(position, stream, "the position is missing or out of order")
        digest = hashlib.sha256(line).hexdigest()
        if digest != stored:
            raise LogAlteredError(position, stream, "the line was changed after recording")
        if len(line) > self.longest:
            if len(line) > limits.LINE:
                raise TooLargeError(
                    f"position {position} of the log, stream {stream!r}: the event has "
                    f"{len(line)} bytes and an archive holds none over {limits.LINE}; nothing "
                    "was signed. It cannot be archived by this version"
                )
            self.longest = len(line)
        return digest

    def _lines_before(self, lines: Sequence[Written]) -> dict[str, Line]:
        """Read for each stream that was not met lately the line before its first one here."""
        first = {each.stream: each.version for each in reversed(lines)}
        wanted = [
            (stream, version - 1, version - 1)
            for stream, version in first.items()
            if version > 1 and stream not in self._last
        ]
        found = self._source.ranges(wanted) if wanted else []
        return {line.stream: line for each in found for line in each}

    def _follow(self, each: Written, digest: str, before: Mapping[str, Line]) -> None:
        """Refuse a line that does not follow from the one before in its stream."""
        _, stream, version, prev, _, _ = each
        # Nearly always the one before was met here, and what it says is all there is to compare.
        if self._last.get(stream) != (version - 1, prev) and prev != self._prev_of(
            each, before.get(stream)
        ):
            raise LogAlteredError(
                each.position, stream, f"version {version} does not follow from the one before"
            )
        self._last[stream] = (version, digest)
        self._last.move_to_end(stream)
        if len(self._last) > _STREAMS_KEPT:
            self._last.popitem(last=False)

    def _prev_of(self, line: Written, before: Line | None) -> str:
        seen = self._last.get(line.stream)
        if seen is not None:
            version, digest = seen
            if line.version != version + 1:
                raise LogAlteredError(
                    line.position, line.stream, f"version {version + 1} is not there"
                )
            return digest
        if line.version == 1:
            return first_prev(line.stream)
        version = line.version - 1
        if before is None:  # met in this batch, and forgotten since
            before = next(self._source.stream_lines(line.stream, version, version), None)
        if before is None or before.version != version or before.position >= line.position:
            raise LogAlteredError(line.position, line.stream, f"version {version} is not there")
        digest_before = line_hash(before.encode())
        self._leaves.refuse_other(before, digest_before)
        return digest_before.hex()


def _open_positions(store: Store, size: int) -> Iterator[int] | None:
    """Return the positions of the stored open lines, None if there is no such file."""
    name = layout.open_path(size)
    return _positions(store, name) if store.has(name) else None


def _positions(store: Store, name: str) -> Iterator[int]:
    try:
        with store.reading(name) as file:
            rows = open_lines.split_rows(member.chunks(file, limits.OPEN_TEXT))
            open_lines.read_header(next(rows, b""))
            for row in rows:
                yield open_lines.read_row(row)[0]
    except (FormatError, TooLargeError) as error:
        raise CannotContinueError(
            f"the archive is altered: {name} {error}. Put it back from a copy, or take it away: "
            "then the run does without it and writes it anew"
        ) from error
