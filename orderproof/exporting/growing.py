"""A file that grows page by page, and that a kill leaves to be gone on with.

Beside it lies a journal: a line that says what is being made, then one for each page with the place
where the next one begins, and length and SHA-256 of the file so far. Nothing waits for the disk:
what a power cut took from either file, the digests tell, and it is made again.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from orderproof.exporting.cells import Encoded
from orderproof.exporting.rows import Place

_PIECE = 1 << 20


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file is.

    Args:
        after: where the next page begins; None: at the beginning, or nowhere if it is `whole`.
        whole: there is no next page.
        rows: in the file.
        size: of the file, bytes.
        sha256: of the file.
        guarded: cells that begin with an apostrophe.
        cut: cells that are longer than a cell can be.
    """

    after: Place | None = None
    whole: bool = False
    rows: int = 0
    size: int = 0
    sha256: str = hashlib.sha256().hexdigest()
    guarded: int = 0
    cut: int = 0


class Growing:
    """A file under way. See `growing`."""

    def __init__(self, file: BinaryIO, journal: BinaryIO, mark: Mark, digest: Any) -> None:
        self.mark = mark
        self._file = file
        self._journal = journal
        self._digest = digest

    def add(self, page: Encoded, rows: int, after: Place | None, *, whole: bool) -> None:
        """Add a page of so many rows, after which the next one begins somewhere."""
        self._digest.update(page.data)
        self._file.write(page.data)
        self._file.flush()
        self.mark = Mark(
            after=after,
            whole=whole,
            rows=self.mark.rows + rows,
            size=self.mark.size + len(page.data),
            sha256=self._digest.hexdigest(),
            guarded=self.mark.guarded + page.guarded,
            cut=self.mark.cut + page.cut,
        )
        self._journal.write(msgspec.json.encode(self.mark) + b"\n")
        self._journal.flush()


@contextmanager
def growing(file: Path, journal: Path, said: bytes) -> Iterator[Growing]:
    """Go on with a file, or begin it.

    Args:
        file: that grows.
        journal: how far it is.
        said: what is being made, a line; what was begun as anything else is begun anew.
    """
    with _opened(file) as grows, _opened(journal) as notes:
        mark, digest = Mark(), hashlib.sha256()
        end = len(said)
        if notes.readline() == said:
            for line in notes:
                found = _mark(line)
                # The file is followed from mark to mark, and believed as far as they agree.
                if found is None or found.size < mark.size:
                    break
                further = digest.copy()
                _follow(grows, further, found.size - mark.size)
                if further.hexdigest() != found.sha256:
                    break
                mark, digest = found, further
                end += len(line)
        else:
            notes.seek(0)
            notes.write(said)
        notes.truncate(end)
        notes.seek(end)
        grows.truncate(mark.size)
        grows.seek(mark.size)
        notes.flush()
        yield Growing(grows, notes, mark, digest)


def _opened(path: Path) -> BinaryIO:
    path.touch(mode=0o600)
    return path.open("r+b")


def _mark(line: bytes) -> Mark | None:
    try:
        return msgspec.json.decode(line, type=Mark) if line.endswith(b"\n") else None
    except msgspec.DecodeError:
        return None


def _follow(file: BinaryIO, digest: Any, size: int) -> None:
    while size and (piece := file.read(min(size, _PIECE))):
        digest.update(piece)
        size -= len(piece)
