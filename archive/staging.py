"""What a run has decided and not yet published, kept so that a later attempt decides the same.

A manifest names files that are replaced only when the run is published. Until then their bytes
lie in `staged/`, for the case that the run is killed and a newer release goes on with it.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from archive import layout
from archive.layout import Layout
from archive.store import Store

_STAGED = re.compile(r"([0-9]+)_(.+)")
_LAYOUT = "layout"
_INDEX = "index"


def stage_layout(store: Store, log_size: int, wanted: Layout, *, resumed: bool) -> Layout:
    """Return how the run at this size stores histories: as its first attempt did.

    Args:
        store: the archive.
        log_size: size A of the run.
        wanted: how a new run is to store them.
        resumed: whether there may have been an attempt before.
    """
    path = layout.staged_path(log_size, _LAYOUT)
    written = store.get(path) if resumed else None
    if written is not None:
        return Layout(written.decode())
    store.replace(path, [wanted.encode()])
    return wanted


def stage(
    store: Store, log_size: int, wanted: Mapping[str, bytes], *, recorded: bool
) -> dict[str, bytes]:
    """Keep the files that are to be replaced, and return those that change, by name.

    Args:
        store: the archive.
        log_size: size A of the run.
        wanted: the files as they are to be.
        recorded: whether an earlier attempt has named in a manifest which of them change.
    """
    everything = _staged(store)
    staged = _contents(store, dict.fromkeys(everything.get(log_size, []), log_size))
    if recorded and staged:
        return staged
    before = _contents(store, _newest(everything, log_size - 1))
    for name, data in sorted(wanted.items()):
        if name not in staged and before.get(name, store.get(name)) != data:
            store.replace(layout.staged_path(log_size, name), [data])
            staged[name] = data
    return staged


def stage_index(store: Store, log_size: int, data: bytes) -> None:
    """Keep the index of the run at this size, as it is before the run's event is recorded."""
    store.replace(layout.staged_path(log_size, _INDEX), [data])


def staged_index(store: Store, log_size: int) -> bytes | None:
    """Return what `stage_index` has kept; None where the run is published or has not got so far."""
    return store.get(layout.staged_path(log_size, _INDEX))


def put_in_place(store: Store, log_size: int) -> None:
    """Replace the files that runs up to this size have changed, by what the newest has staged."""
    for name, data in _contents(store, _newest(_staged(store), log_size)).items():
        if store.get(name) != data:
            store.replace(name, [data])


def clear(store: Store, log_size: int) -> None:
    """Delete what runs up to this size have staged; they are published."""
    for name in store.names(layout.STAGED):
        match = _STAGED.fullmatch(name)
        if match and int(match[1]) <= log_size:
            store.delete(f"{layout.STAGED}/{name}")


def _staged(store: Store) -> dict[int, list[str]]:
    """Return the names of staged files by the size of their run."""
    found: dict[int, list[str]] = {}
    for name in store.names(layout.STAGED):
        match = _STAGED.fullmatch(name)
        if match and match[2] not in (_LAYOUT, _INDEX):
            found.setdefault(int(match[1]), []).append(unquote(match[2]))
    return found


def _newest(staged: Mapping[int, Iterable[str]], log_size: int) -> dict[str, int]:
    """Return which run up to a size has staged each file last."""
    newest = {}
    for size, names in sorted(staged.items()):
        if size <= log_size:
            newest.update(dict.fromkeys(names, size))
    return newest


def _contents(store: Store, sizes: Mapping[str, int]) -> dict[str, bytes]:
    found = {name: store.get(layout.staged_path(size, name)) for name, size in sizes.items()}
    return {name: data for name, data in found.items() if data is not None}
