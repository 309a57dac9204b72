"""What an archive's stored tiles say was recorded, to hold the event store's lines against."""

from functools import lru_cache, partial

from archive import entry, merkle
from archive.errors import CannotContinueError, FormatError
from archive.log_source import LogAlteredError
from archive.store import Reading
from archive.tiles import HASH_BYTES, WIDTH
from archive.tree_writer import stored_entries, stored_hashes
from domain.line import Line, line_hash

# Lines of one order lie near each other in the log: 8 MB, the tiles of a quarter million events.
_TILES_KEPT = 1024
_TAGS_KEPT = 4096


class SignedLeaves:
    """The leaf hashes of a log as it is stored in an archive.

    The store's own hashes are no witness: who can rewrite a line can rewrite its hash. What is
    in the archive was signed, and the event store has no power over it.

    Args:
        store: the archive's folder or bucket.
        size: number of entries of the stored log.
        tag_key: key of the tags that stand for streams in the log's entries.
    """

    def __init__(self, store: Reading, size: int, tag_key: bytes) -> None:
        self.size = size
        self._store = store
        self._tag = lru_cache(maxsize=_TAGS_KEPT)(partial(entry.tag, tag_key))
        self._tile = lru_cache(maxsize=_TILES_KEPT)(self._read_tile)

    def refuse_other(self, line: Line, digest: bytes | None = None) -> None:
        """Do nothing if the log holds the line at its position, or does not reach so far.

        Args:
            line: a line as the event store gives it.
            digest: the hash of the line's bytes, where the caller has computed it.

        Raises:
            LogAlteredError: the log holds something else there.
            CannotContinueError: the archive's own files are damaged at this place.
        """
        if line.position > self.size:
            return
        index, offset = divmod(line.position - 1, WIDTH)
        written = entry.encode(
            self._tag(line.stream), line.version, digest or line_hash(line.encode())
        )
        at = offset * HASH_BYTES
        if line.position < 1 or (
            self._tile(index)[at : at + HASH_BYTES] != merkle.leaf_hash(written)
        ):
            self._refuse_damaged(index)
            raise LogAlteredError(
                line.position,
                line.stream,
                "the line was changed after recording: it is not the one in the archive's log",
            )

    def _width(self, index: int) -> int:
        return min(WIDTH, self.size - index * WIDTH)

    def _read_tile(self, index: int) -> bytes:
        try:
            return b"".join(stored_hashes(self._store, 0, index, self._width(index)))
        except FormatError as error:
            raise CannotContinueError(f"the archive is altered: {error}") from error

    def _refuse_damaged(self, index: int) -> None:
        """Accuse the event store only where the archive's entries and hashes agree."""
        if index < 0:
            return
        try:
            entries = stored_entries(self._store, index, self._width(index))
        except FormatError as error:
            raise CannotContinueError(f"the archive is altered: {error}") from error
        if b"".join(map(merkle.leaf_hash, entries)) != self._tile(index):
            first = index * WIDTH + 1
            raise CannotContinueError(
                f"the archive is altered: its entries from {first} on are not those that its "
                "hashes are about"
            )
