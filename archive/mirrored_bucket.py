"""A bucket, with copies of the log's hashes on the disk for as long as it is open.

Proofs of a run read the tiles that the run has just stored, thousands of times and from several
processes. What the bucket confirmed need not be asked of it again.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from archive.bucket import BucketStore
from archive.s3 import Bucket
from archive.store import NewObject, Reading, Stored

_TILES = "log/tile/"
_ENTRIES = "log/tile/entries/"


class MirroredBucket(BucketStore):
    """As `BucketStore`. The copies are gone once it is closed."""

    def __init__(self, bucket: Bucket, *, create_once: bool = True, threads: int = 16) -> None:
        super().__init__(bucket, create_once=create_once, threads=threads)
        self._folder = tempfile.TemporaryDirectory(prefix="orderproof-tiles-")
        self.copies = Copies(Path(self._folder.name))

    def close(self) -> None:
        """Let the threads go, and the copies."""
        super().close()
        self._folder.cleanup()

    def get(self, path: str) -> bytes | None:
        """Return the bytes of an object, or None if there is none."""
        return self.copies.get(path) or super().get(path)

    def put_batch(self, objects: Sequence[NewObject]) -> list[Stored]:
        """Store objects that never change; they are there and locked when this returns."""
        stored = super().put_batch(objects)
        for each, there in zip(objects, stored, strict=True):
            self.copies.keep(each.path, there.data)
        return stored


class Copies:
    """Copies of tiles of hashes.

    Args:
        folder: where they are, of one run alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, path: str, data: bytes) -> None:
        """Keep a copy of an object, if it is a tile of hashes."""
        if path.startswith(_TILES) and not path.startswith(_ENTRIES):
            self._place(path).write_bytes(data)

    def get(self, path: str) -> bytes | None:
        """Return a copy, None if there is none."""
        if not path.startswith(_TILES):
            return None
        try:
            return self._place(path).read_bytes()
        except FileNotFoundError:
            return None

    def _place(self, path: str) -> Path:
        return self.folder / path.replace("/", "-")


class CopiesFirst:
    """An archive to read from, of which some is at hand.

    Args:
        copies: what is at hand.
        behind: has all of it.
    """

    def __init__(self, copies: Copies, behind: Reading) -> None:
        self._copies = copies
        self._behind = behind

    def get(self, path: str) -> bytes | None:
        """Return the bytes of an object, or None if there is none."""
        return self._copies.get(path) or self._behind.get(path)
