"""Legal holds in the archive: every object that holds an order's history is held with it."""

from collections.abc import Collection, Iterator

from archive import layout, limits, member, pack
from archive.attached import named_in
from archive.index import lookup, rows
from archive.index.root import Root, parse
from archive.index.writer import read_of
from archive.store import Store


def files_of(store: Store, stream: str, index: Root | None) -> Iterator[str]:
    """Yield the names of the objects that hold a stream's histories: files, copies, and packs.

    The sealed files that the histories name come last.

    Args:
        store: the archive.
        stream: name of the stream.
        index: what `index_in` returns, which knows the packs.
    """
    stem = layout.history_stem(stream)
    folder = stem.rpartition("/")[0]
    attached: set[str] = set()
    for top in (folder, layout.held_path(folder)):
        found = []
        for name in store.names(top):
            parsed = layout.parse_history_path(f"{folder}/{name}")
            if parsed is not None and parsed.stem == stem:
                found.append((parsed.revision, f"{top}/{name}"))
        for _, path in sorted(found):
            attached.update(_named_in_file(store, path))
            yield path
    yield from _packs_of(store, stream, index, attached)
    yield from (path for path in sorted(attached) if store.has(path))


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


def _packs_of(store: Store, stream: str, index: Root | None, attached: set[str]) -> Iterator[str]:
    if index is None:
        return
    found = lookup.find(index, stream, read_of(store))
    packs = {layout.pack_path(row.log_size, row.pack) for row in found if row.pack != rows.FILE}
    for path in sorted(packs):
        data = store.get(path)
        if data is None:
            continue  # it was deleted after its time was over
        for row in pack.parse(data).rows:
            if row.stream == stream:
                attached.update(_named_in(pack.text_of(data, row)))
        yield path


def _named_in_file(store: Store, path: str) -> Iterator[str]:
    data = store.get(path)
    if data is not None:
        yield from _named_in(member.decompress(data, limits.HISTORY))


def _named_in(text: bytes) -> Iterator[str]:
    """Yield the names of the sealed files that the lines of a history name."""
    return (layout.evidence_path(note.sha256) for note in named_in(text.split(b"\n")))
