"""Legal holds in the archive: every object that holds an order's history is held with it."""

from collections.abc import Iterable, Iterator

from archive import layout
from archive.store import Store


def files_of(store: Store, stream: str) -> Iterator[str]:
    """Yield the names of the objects that hold a stream's histories, by revision."""
    stem = layout.history_stem(stream)
    folder = stem.rpartition("/")[0]
    for top in (folder, f"{layout.HELD}/{folder}"):
        found = []
        for name in store.names(top):
            parsed = layout.parse_history_path(f"{folder}/{name}")
            if parsed is not None and parsed.stem == stem:
                found.append((parsed.revision, f"{top}/{name}"))
        yield from (path for _, path in sorted(found))


def hold(store: Store, streams: Iterable[str], *, on: bool) -> int:
    """Put the histories of streams under legal hold, or release them. Safe to repeat.

    Args:
        store: the archive. A folder knows no holds; there the recorded event alone protects.
        streams: names of streams.
        on: whether they are held.

    Returns:
        The number of objects.
    """
    objects = 0
    for stream in streams:
        for path in files_of(store, stream):
            store.hold(path, on=on)
            objects += 1
    return objects
