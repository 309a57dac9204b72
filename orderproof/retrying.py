"""The quarantine looked at, and tried again: after a release that reads more, or by hand."""

import fcntl
import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from archive.durable import sync_folder
from eventstore import bulk
from eventstore.connection import connect
from orderproof import errors, import_chunks, importing, linking
from orderproof.bootstrap import Store
from orderproof.errors import CommandError
from orderproof.import_chunks import ChunkStore
from orderproof.importing import READ_ALONE, Tally
from orderproof.quarantine import Quarantine
from sources.message import MAX_IDENTITY


class Kept(msgspec.Struct, frozen=True):
    """A file of the quarantine.

    Args:
        file: its name.
        rows: pieces of input in it.
        size: bytes of it.
        inputs: where they came from.
        codes: how many broke each rule.
    """

    file: str
    rows: int
    size: int
    inputs: tuple[str, ...]
    codes: dict[str, int]


def kept(folder: Path) -> list[Kept]:
    """Return what is in the quarantine, the oldest first."""
    found = []
    for file in sorted(folder.glob("*.jsonl")):
        codes: Counter[str] = Counter()
        inputs = set()
        for row in rows(file):
            codes[str(row.get("code"))] += 1
            inputs.add(str(row.get("input"))[:MAX_IDENTITY])
        size = file.stat().st_size
        found.append(Kept(file.name, codes.total(), size, tuple(sorted(inputs)), dict(codes)))
    return found


def named(folder: Path, name: str) -> Path:
    """Return a file of the quarantine.

    Raises:
        CommandError: there is none of this name.
    """
    if name not in {file.name for file in folder.glob("*.jsonl")}:
        raise CommandError(
            "there is no such file in the quarantine. Next: orderproof quarantine list",
            errors.NOT_FOUND,
        )
    return folder / name


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Have a file that nobody adds rows to, and nobody else retries or deletes.

    Raises:
        CommandError: somebody does.
    """
    with file.open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                "rows are still added to this file, or somebody else works on it; try again later",
                errors.PARTLY,
            ) from None
        if not file.exists():
            raise CommandError("this file was retried or deleted just now", errors.NOT_FOUND)
        yield


def rows(file: Path) -> Iterator[dict[str, Any]]:
    """Return the rows of a file. One that a kill cut off is left out: it was not acknowledged."""
    with file.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield json.loads(line)


def retry(store: Store, file: Path) -> Tally:
    """Read all of a file again; what is recorded leaves it, and the rest stays in a new one.

    A kill leaves the file as it was, and what was recorded is a repeat the next time.

    Args:
        store: the open installation.
        file: of the quarantine.

    Raises:
        CommandError: see `alone`.
    """
    tally = Tally()
    with (
        alone(file),
        connect(store.dsn, bulk.ROLE) as connection,
        closing(Quarantine(file.parent)) as left,
    ):
        chunks = ChunkStore(connection, store.ring)
        for row in rows(file):
            tally.read += 1
            if _again(store, chunks, row, tally):
                continue
            tally.rejected += 1
            left.add_row(row)
        left.sync()
        file.unlink()
        sync_folder(file.parent)
    linking.link_if_waiting(store)
    return tally


def _again(store: Store, chunks: ChunkStore, row: dict[str, Any], tally: Tally) -> bool:
    """Tell whether a row could be read this time, and all of it is recorded."""
    raw, kind = row.get("raw"), row.get("format")
    if not isinstance(raw, str) or kind not in READ_ALONE or row.get("truncated"):
        return False
    read = importing.read(store, io.BytesIO(raw.encode()), kind, row.get("shop"), Tally())
    well = True
    for chunk, rejected in import_chunks.cut(read):
        refused = [*rejected]
        result = chunks.store(chunk, lambda _, more, to=refused: to.extend(more))  # type: ignore[misc]
        tally.recorded += result.recorded
        tally.duplicates += result.duplicates
        well = well and not refused and not result.mismatches
    return well


def discard(file: Path) -> None:
    """Delete a file of the quarantine for good; errors as `alone`."""
    with alone(file):
        file.unlink()
        sync_folder(file.parent)
