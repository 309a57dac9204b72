"""The log as its files tell it: leaf hashes, roots of any size, and entries, tile by tile."""

import hashlib
from collections import OrderedDict

from archive import entry, limits, merkle, tiles
from archive.entry import Entry
from archive.errors import ArchiveError, FormatError, UnreadableFileError
from archive.verify.files import Files
from archive.verify.times import Times

_HASH = tiles.HASH_BYTES
_WIDTH = tiles.WIDTH
_BUNDLE_LEVEL = 8
_TILES_KEPT = 512  # 4 MB of hashes, in each process
_BUNDLES_KEPT = 64
_ROOTS_KEPT = 4096


class Log:
    """What the entry bundles, or where one is damaged the level 0 tiles, say up to `size`.

    Memory: a digest and a subtree hash for each 256 entries, and a bounded cache. It can be sent
    to another process, which reads the files that it needs by itself.

    Args:
        folder: the archive's files.
        size: number of entries to read, the archive's cut.
    """

    def __init__(self, folder: Files, size: int) -> None:
        self.folder = folder
        self.size = size
        self.readable = 0
        """Leaves from the first up to where a bundle's hashes are known without a hole."""
        self.times = Times({})
        """What outside time says of the entries, once it is known."""
        self._from_tiles: set[int] = set()
        self._without_tile: set[int] = set()
        self._digests = bytearray()
        self._subtrees: list[bytearray] = [bytearray()]
        self._roots: dict[int, bytes] = {}
        self._leaves: OrderedDict[int, bytes] = OrderedDict()
        self._entries: OrderedDict[int, list[bytes]] = OrderedDict()

    def width(self, index: int) -> int:
        """Return how many leaves bundle `index` has in a log of this size."""
        return min(_WIDTH, self.size - index * _WIDTH)

    def bundles(self) -> range:
        """Return the indexes of all bundles."""
        return range((self.size + _WIDTH - 1) // _WIDTH)

    def __getstate__(self) -> dict[str, object]:
        """Leave out what was read only to have it near."""
        return self.__dict__ | {"_leaves": OrderedDict(), "_entries": OrderedDict()}

    def append(self, index: int, leaves: bytes, *, from_tile: bool, no_tile: bool = False) -> None:
        """Take the leaf hashes of the next bundle.

        Args:
            index: number of the bundle.
            leaves: the hashes, joined.
            from_tile: they come from the level 0 tile, since the entries are damaged.
            no_tile: the tile is damaged or not there.
        """
        self._roots.clear()
        self._digests += hashlib.sha256(leaves).digest()
        self.readable += len(leaves) // _HASH
        if from_tile:
            self._from_tiles.add(index)
        if no_tile:
            self._without_tile.add(index)
        if len(leaves) == _WIDTH * _HASH:
            self._carry(merkle.root(split_hashes(leaves)))

    def replace_from_tiles(self, disputed: list[int]) -> None:
        """Believe the level 0 tiles instead of the entries for these bundles."""
        self._roots.clear()
        base = self._subtrees[0]
        self._without_tile.difference_update(disputed)
        for index in disputed:
            try:
                leaves = read_tile(self.folder, index, self.width(index))
            except ArchiveError:
                continue  # it could be read a moment ago; the root will not fit
            self._digests[index * _HASH : (index + 1) * _HASH] = hashlib.sha256(leaves).digest()
            self._from_tiles.add(index)
            self._leaves.pop(index, None)
            if len(leaves) == _WIDTH * _HASH:
                base[index * _HASH : (index + 1) * _HASH] = merkle.root(split_hashes(leaves))
        self._subtrees = [bytearray()]
        for place in range(0, len(base), _HASH):
            self._carry(bytes(base[place : place + _HASH]))

    def leaf(self, position: int) -> bytes | None:
        """Return the leaf hash at a position, None where it is not known."""
        index, offset = divmod(position - 1, _WIDTH)
        if not 0 < position <= self.readable:
            return None
        return self.leaves(index)[offset * _HASH : (offset + 1) * _HASH]

    def holds(self, position: int, text: bytes) -> bool | None:
        """Tell whether an entry is the one at a position; None where the log does not say."""
        if not 0 < position <= self.readable:
            return None if 0 < position <= self.size else False
        index, offset = divmod(position - 1, _WIDTH)
        leaves = self._leaves.get(index) or self.leaves(index)
        return leaves.startswith(hashlib.sha256(b"\0" + text).digest(), offset * _HASH)

    def entry(self, position: int) -> Entry | None:
        """Return the entry at a position, None where it cannot be read."""
        index, offset = divmod(position - 1, _WIDTH)
        if not 0 < position <= self.readable or index in self._from_tiles:
            return None
        try:
            return entry.parse(self._bundle(index)[offset])
        except ArchiveError:
            return None

    def root(self, size: int) -> bytes | None:
        """Return the root of the first `size` leaves, None where they are not all known."""
        if size > self.readable:
            return None
        if size not in self._roots:
            if len(self._roots) >= _ROOTS_KEPT:
                self._roots.clear()
            self._roots[size] = merkle.root_of(size, self.node)
        return self._roots[size]

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a perfect subtree, as `merkle.Node`."""
        if level >= _BUNDLE_LEVEL:
            hashes = self._subtrees[level - _BUNDLE_LEVEL]
            return bytes(hashes[index * _HASH : (index + 1) * _HASH])
        first = index << level
        leaves = self.leaves(first // _WIDTH)
        begin = first % _WIDTH * _HASH
        return merkle.root(split_hashes(leaves[begin : begin + (_HASH << level)]))

    def tile(self, level: int, index: int, width: int) -> bytes:
        """Return what a tile of hashes must hold."""
        if level == 0:
            return self.leaves(index)[: width * _HASH]
        first = index * _WIDTH
        return b"".join(self.node(_BUNDLE_LEVEL * level, first + i) for i in range(width))

    def leaves(self, index: int) -> bytes:
        """Return the leaf hashes of a bundle, joined, as they were when the log was checked.

        Raises:
            UnreadableFileError: the file has changed since.
        """
        cached = self._leaves.get(index)
        if cached is not None:
            self._leaves.move_to_end(index)
            return cached
        # The tile is a quarter of the bundle and hashed already; the digest tells that it is right.
        if index in self._without_tile:
            leaves = hash_entries(read_bundle(self.folder, index, self.width(index)))
        else:
            leaves = read_tile(self.folder, index, self.width(index), again=True)
        if hashlib.sha256(leaves).digest() != self._digests[index * _HASH : (index + 1) * _HASH]:
            raise UnreadableFileError("the log changed while it was verified")
        self._leaves[index] = leaves
        if len(self._leaves) > _TILES_KEPT:
            self._leaves.popitem(last=False)
        return leaves

    def _bundle(self, index: int) -> list[bytes]:
        cached = self._entries.get(index)
        if cached is None:
            cached = self._entries[index] = read_bundle(self.folder, index, self.width(index))
            if len(self._entries) > _BUNDLES_KEPT:
                self._entries.popitem(last=False)
        return cached

    def _carry(self, subtree: bytes) -> None:
        """Add the hash of a full bundle, and those of the subtrees that it completes."""
        level = 0
        while True:
            hashes = self._subtrees[level]
            hashes += subtree
            if len(hashes) // _HASH % 2:
                return
            subtree = merkle.node_hash(bytes(hashes[-2 * _HASH : -_HASH]), subtree)
            level += 1
            if level == len(self._subtrees):
                self._subtrees.append(bytearray())


def read_bundle(folder: Files, index: int, width: int) -> list[bytes]:
    """Read an entry bundle that must hold `width` entries.

    Raises:
        FormatError: it is not such a bundle.
        MissingFileError, TooLargeError, UnreadableFileError: as `Files.read`.
    """
    data = folder.read(tiles.tile_path("entries", index, width), limits.BUNDLE)
    entries = tiles.split_bundle(data)
    if len(entries) != width:
        raise FormatError(f"holds {len(entries)} entries instead of {width}")
    return entries


def read_tile(folder: Files, index: int, width: int, *, again: bool = False) -> bytes:
    """Read a level 0 tile that must hold `width` hashes; errors as `read_bundle`.

    Args:
        folder: the archive's files.
        index: number of the tile.
        width: hashes in it.
        again: it was read before.
    """
    read = folder.reread if again else folder.read
    data = read(tiles.tile_path(0, index, width), _WIDTH * _HASH)
    if len(data) != width * _HASH:
        raise FormatError(f"holds {len(data)} bytes instead of {width * _HASH}")
    return data


def hash_entries(entries: list[bytes]) -> bytes:
    """Return the leaf hashes of entries, joined."""
    sha256 = hashlib.sha256
    return b"".join([sha256(b"\0" + each).digest() for each in entries])


def split_hashes(joined: bytes) -> list[bytes]:
    """Split joined hashes."""
    return [joined[place : place + _HASH] for place in range(0, len(joined), _HASH)]
