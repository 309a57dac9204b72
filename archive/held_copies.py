"""Copies of what lies in packs of orders under legal hold, each in the form of a file of its own.

They are what is handed to whoever asked for the hold, and no pack is needed to read them.
"""

from collections.abc import Callable, Collection

from archive import history, layout, line, member, pack
from archive.errors import CannotContinueError
from archive.index import lookup, rows
from archive.index.rows import Row
from archive.index.writer import Added, index_of, read_of
from archive.log_writer import Archive
from archive.manifest import Listing
from archive.retired import retain_until
from archive.store import Store
from domain.line import Line

HeldAt = Callable[[int], Collection[str]]
"""Returns the streams that are under legal hold at a size of the log."""


def nothing_held(size: int) -> Collection[str]:  # noqa: ARG001  # as `HeldAt` has it
    """Return the streams under hold in a log that knows no holds."""
    return ()


def store_copies(
    archive: Archive,
    before: Line | None,
    added: Added,
    sizes: tuple[int, int],
    held_at: HeldAt,
    listing: Listing,
) -> None:
    """Copy what lies in packs of orders under hold, and was not copied by the run before.

    What is copied follows from the log alone, so that a run that is done again copies the same.

    Args:
        archive: what is written.
        before: the event of the run before; None in the first run.
        added: what the index says of this run's histories.
        sizes: size A of the run before, and of this one.
        held_at: which streams are under hold.
        listing: names the copies.

    Raises:
        CannotContinueError: the index of the run before is not the one that was written.
    """
    since, size = sizes
    held = sorted(held_at(size))
    if not held:
        return
    earlier = set(held_at(since)) if since else set()
    index = index_of(archive.store, before) if before is not None else None
    new = _by_key(added, {rows.key_of(stream) for stream in held})
    for stream in held:
        found = new.get(rows.key_of(stream), [])
        if index is not None and stream not in earlier:
            found = [*lookup.find(index, stream, read_of(archive.store)), *found]
        for row in found:
            if row.pack != rows.FILE:
                _copy(archive.store, stream, row, listing)


def _by_key(added: Added, keys: set[bytes]) -> dict[bytes, list[Row]]:
    found: dict[bytes, list[Row]] = {}
    for each in added.each():
        row = rows.decode(each)
        if row.key in keys:
            found.setdefault(row.key, []).append(row)
    return found


def _copy(store: Store, stream: str, row: Row, listing: Listing) -> None:
    name = layout.pack_path(row.log_size, row.pack)
    data = store.get(name)
    if data is None:
        return  # deleted after its time was over, before the hold came
    packed = pack.parse(data)
    place = pack.Row(stream, row.revision, row.offset, row.length)
    if place not in packed.rows:
        raise CannotContinueError(
            f"{name} does not hold what the index says: put it back from another copy"
        )
    text = pack.disclose(pack.text_of(data, place), packed.checkpoint)
    until = retain_until(line.read(history.parse(text).lines[-1]))
    path = layout.held_path(row.path(stream))
    stored = store.put_new(path, member.compress(text), until)
    listing.add(path, stored.data, until, stored.version)
