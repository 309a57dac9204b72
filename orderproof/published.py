"""What the installation's archive says of the log, to compare the live store with."""

from functools import lru_cache
from typing import Any

from archive import checkpoint, entry, layout, limits, note, tiles
from archive.checkpoint import Checkpoint
from archive.errors import ArchiveError, MissingFileError
from domain.line import Line
from orderproof import addresses
from orderproof.addresses import Where

_WIDTH = 256


def describe(said: Checkpoint | None) -> dict[str, Any] | None:
    """Return a checkpoint as an answer shows it."""
    if said is None:
        return None
    return {"origin": said.origin, "size": said.size, "root": said.root.hex()}


class Published:
    """The log as it is published in an archive, unverified.

    Whoever can change the database may be unable to change the archive, so the two are compared;
    whether the archive itself is intact is what `verify` is for.

    Args:
        where: the archive.
        tag_key: key of the tags in the log's entries.
    """

    def __init__(self, where: Where, tag_key: bytes) -> None:
        self._where = where
        self._tag_key = tag_key
        self._checkpoint, self._unreadable = _newest(where)
        self._bundle = lru_cache(maxsize=64)(self._read_bundle)

    @property
    def size(self) -> int:
        """How many events the archive's log holds; 0 where there is none."""
        return self._checkpoint.size if self._checkpoint else 0

    def agrees(self, line: Line, digest: bytes) -> bool:
        """Tell whether the log's entry at a line's position is this line's.

        True also where there is nothing to compare with, which `as_dict` says.
        """
        if line.position > self.size:
            return True
        index, place = divmod(line.position - 1, _WIDTH)
        bundle = self._bundle(index)
        if bundle is None:
            self._unreadable = True
            return True
        expected = entry.encode(entry.tag(self._tag_key, line.stream), line.version, digest)
        return place < len(bundle) and bundle[place] == expected

    def as_dict(self) -> dict[str, Any]:
        """Return what an answer says of the archive it was compared with."""
        said = self._checkpoint
        if self._unreadable:
            left = ["the archive cannot be read, or not all of it: verify it"]
        elif said is None:
            left = ["there is no archive yet to compare the store with"]
        else:
            left = [f"events above position {said.size} are in no archive yet"]
        return {"checkpoint": describe(said), "not_checked": left}

    def _read_bundle(self, index: int) -> list[bytes] | None:
        width = min(_WIDTH, self.size - index * _WIDTH)
        name = tiles.tile_path("entries", index, width)
        try:
            files = addresses.reading(self._where, [name])
            return tiles.split_bundle(files.read(name, limits.BUNDLE))
        except ArchiveError:
            return None


def _newest(where: Where) -> tuple[Checkpoint | None, bool]:
    """Return the newest checkpoint, and whether there is one that cannot be read."""
    try:
        files = addresses.reading(where, [layout.CHECKPOINT])
        data = files.read(layout.CHECKPOINT, limits.NOTE)
        return checkpoint.parse(note.parse(data).text), False
    except MissingFileError:
        return None, False
    except ArchiveError:
        return None, True
