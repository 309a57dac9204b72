"""The log's tiles as a run writes them, and hashes of the stored tree for roots and proofs.

Source: https://c2sp.org/tlog-tiles
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache

from archive import merkle
from archive.errors import FormatError
from archive.store import NewObject, Reading, Store
from archive.tiles import HASH_BYTES, WIDTH, bundle, split_bundle, tile_path

_BATCH = 256
_HEIGHT = 8

# Seals of one run lie side by side, so their proofs share nearly all tiles.
_TILES_KEPT = 64


class RightEdge:
    """The unfinished tiles of a growing log: all that further entries need of what is stored.

    Args:
        rows: hashes of the unfinished tile of every level, from level 0.
        entries: the entries below the unfinished tile of level 0.
    """

    def __init__(
        self, size: int = 0, rows: Iterable[list[bytes]] = (), entries: Iterable[bytes] = ()
    ) -> None:
        self.size = size
        self._rows = [list(row) for row in rows] or [[]]
        self._entries = list(entries)

    def copy(self) -> "RightEdge":
        """Return an independent edge of the same log."""
        return RightEdge(self.size, self._rows, self._entries)

    def extend(self, entries: Sequence[bytes]) -> list[tuple[str, bytes]]:
        """Append entries; return the tiles that are full with them, as names and contents."""
        full: list[tuple[str, bytes]] = []
        taken = 0
        while taken < len(entries):
            some = entries[taken : taken + WIDTH - len(self._entries)]
            taken += len(some)
            self.size += len(some)
            self._entries += some
            self._rows[0] += map(merkle.leaf_hash, some)
            if len(self._entries) == WIDTH:
                full += self._close_full()
        return full

    def _close_full(self) -> list[tuple[str, bytes]]:
        """Empty the tiles that are full and enter each into the tile above it."""
        full = [(tile_path("entries", self.size // WIDTH - 1), bundle(self._entries))]
        self._entries.clear()
        leaves = WIDTH
        level = 0
        while len(self._rows[level]) == WIDTH:
            row = self._rows[level]
            full.append((tile_path(level, self.size // leaves - 1), b"".join(row)))
            if level + 1 == len(self._rows):
                self._rows.append([])
            self._rows[level + 1].append(merkle.root(row))
            row.clear()
            leaves *= WIDTH
            level += 1
        return full

    def unfinished(self) -> list[tuple[str, bytes]]:
        """Return the partial tiles of a log that ends here, as names and contents."""
        partial = []
        if self._entries:
            name = tile_path("entries", self.size // WIDTH, len(self._entries))
            partial.append((name, bundle(self._entries)))
        nodes = self.size
        for level, row in enumerate(self._rows):
            if row:
                partial.append((tile_path(level, nodes // WIDTH, len(row)), b"".join(row)))
            nodes //= WIDTH
        return partial

    def root(self) -> bytes:
        """Return the root of the log as it is now."""
        # A tile of one level with what lies right of it hashes like a tree of its own: RFC 6962
        # splits at a power of two, and so does every tile.
        right: list[bytes] = []
        for row in self._rows:
            if row or right:
                right = [merkle.root([*row, *right])]
        return right[0] if right else merkle.EMPTY_ROOT


def load_edge(store: Reading, size: int) -> RightEdge:
    """Read the unfinished tiles of a stored log of this size.

    Raises:
        FormatError: a tile is missing or not of its width, or the entries are not those that
            the hashes of level 0 are about.
    """
    rows: list[list[bytes]] = []
    nodes = size
    while nodes:
        rows.append(stored_hashes(store, len(rows), nodes // WIDTH, nodes % WIDTH))
        nodes //= WIDTH
    entries = stored_entries(store, size // WIDTH, size % WIDTH)
    if [merkle.leaf_hash(entry) for entry in entries] != (rows[0] if rows else []):
        raise FormatError("the newest entries in log/tile are not those that its hashes are about")
    return RightEdge(size, rows, entries)


def last_entries(store: Reading, size: int) -> list[bytes]:
    """Return the entries of the last bundle, full or partial, of a stored log of this size.

    Raises:
        FormatError: the bundle is missing or holds another number of entries.
    """
    last = (size - 1) // WIDTH
    return stored_entries(store, last, size - last * WIDTH)


def store_tiles(
    store: Store,
    full: Iterable[tuple[str, bytes]],
    edge: RightEdge,
    retain_until: date | None = None,
) -> None:
    """Store the full tiles of a log that has grown, then the unfinished ones.

    Args:
        store: the archive's folder or bucket.
        full: names and contents of the tiles that became full, as `RightEdge.extend` gives them.
        edge: the log's unfinished tiles behind them.
        retain_until: the lock of full tiles. An unfinished tile gets none: a full one takes its
            place, and whoever wants to save room may delete it then.
    """
    batch: list[NewObject] = []
    for name, data in full:
        batch.append(NewObject(name, data, retain_until))
        if len(batch) >= _BATCH:
            store.put_batch(batch)
            batch.clear()
    store.put_batch(batch + [NewObject(name, data) for name, data in edge.unfinished()])


def stored_nodes(store: Reading, size: int) -> merkle.Node:
    """Return a reader of subtree hashes in a stored log of this size, for roots and proofs.

    The reader raises FormatError where a tile is missing or not of its width.
    """

    @lru_cache(maxsize=_TILES_KEPT)
    def tile(level: int, index: int) -> list[list[bytes]]:
        nodes = size >> (_HEIGHT * level)
        width = WIDTH if index < nodes // WIDTH else nodes % WIDTH
        heights = [stored_hashes(store, level, index, width)]
        while len(heights[-1]) > 1:
            row = heights[-1]
            pairs = zip(row[::2], row[1::2], strict=False)
            heights.append([merkle.node_hash(left, right) for left, right in pairs])
        return heights

    def node(level: int, index: int) -> bytes:
        height = level % _HEIGHT
        in_tile = WIDTH >> height
        return tile(level // _HEIGHT, index // in_tile)[height][index % in_tile]

    return node


def stored_hashes(store: Reading, level: int, index: int, width: int) -> list[bytes]:
    """Return the hashes of a stored tile.

    Raises:
        FormatError: the tile is missing or not of its width.
    """
    if width == 0:
        return []
    name = tile_path(level, index, width)
    data = store.get(name)
    if data is None or len(data) != width * HASH_BYTES:
        raise FormatError(f"{name} is missing or not of its length")
    return [data[place : place + HASH_BYTES] for place in range(0, len(data), HASH_BYTES)]


def stored_entries(store: Reading, index: int, width: int) -> list[bytes]:
    """Return the entries of a stored bundle.

    Raises:
        FormatError: the bundle is missing or holds another number of entries.
    """
    if width == 0:
        return []
    name = tile_path("entries", index, width)
    entries = split_bundle(store.get(name) or b"")
    if len(entries) != width:
        raise FormatError(f"{name} is missing or holds another number of entries")
    return entries
