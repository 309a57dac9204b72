"""Legal holds in the archive: every object that holds an order's history is held with it."""

from collections.abc import Collection, Iterator

from archive import layout
from archive.index import lookup, rows
from archive.index.root import Root, parse
from archive.index.writer import read_of
from archive.store import Store


def files_of(store: Store, stream: str, index: Root | None) -> Iterator[str]:
    """Yield the names of the objects that hold a stream's histories: files, copies, and packs.

    Args:
        store: the archive.
        stream: name of the stream.
        index: what `index_in` returns, which knows the packs.
    """
    stem = layout.history_stem(stream)
    folder = stem.rpartition("/")[0]
    for top in (folder, layout.held_path(folder)):
        found = []
        for name in store.names(top):
            parsed = layout.parse_history_path(f"{folder}/{name}")
            if parsed is not None and parsed.stem == stem:
                found.append((parsed.revision, f"{top}/{name}"))
        yield from (path for _, path in sorted(found))
    yield from _packs_of(store, stream, index)


def index_in(store: Store) -> Root | None:
    """Return the root of an archive's index; None where nothing was archived yet.

    Raises:
        FormatError: it is damaged.
    """
    data = store.get(layout.INDEX)
    return None if data is None else parse(data)


def put_on(store: Store, held: Collection[str], released: Collection[str]) -> int:
    """Put the objects of streams under legal hold, and release those of others. Safe to repeat.

    Args:
        store: the archive. A folder knows no holds; there the recorded event alone protects.
        held: every stream that is under hold.
        released: streams that were.

    Returns:
        The number of objects under hold.
    """
    if not held and not released:
        return 0
    index = index_in(store)
    kept = {path for stream in sorted(held) for path in files_of(store, stream, index)}
    for path in sorted(kept):
        store.hold(path, on=True)
    # A pack holds orders that are held beside others.
    for stream in sorted(released):
        for path in files_of(store, stream, index):
            if path not in kept:
                store.hold(path, on=False)
    return len(kept)


def _packs_of(store: Store, stream: str, index: Root | None) -> Iterator[str]:
    if index is None:
        return
    found = lookup.find(index, stream, read_of(store))
    packs = {layout.pack_path(row.log_size, row.pack) for row in found if row.pack != rows.FILE}
    for path in sorted(packs):
        if store.has(path):  # else it was deleted after its time was over
            yield path
