"""The files of a run that its manifest names: histories, and once README and keyring."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from archive import layout
from archive.continuity import keyring
from archive.history_writer import history_objects
from archive.log_writer import Archive, SignedLog
from archive.manifest import StoredFile
from archive.readme import readme
from archive.store import NewObject, Store

_BATCH = 1024
_BATCH_BYTES = 16 * 1024 * 1024


def store_first_files(archive: Archive, *, resumed: bool) -> dict[str, StoredFile]:
    """Store what an archive holds once: how to read it, and the key to check it with.

    A newer release may have another README; the one that an interrupted run stored stays.
    """
    written = archive.store.get(layout.README) if resumed else None
    objects = [
        NewObject(layout.README, written or readme()),
        NewObject(layout.KEYRING, keyring(archive.public)),
    ]
    return _store(archive.store, objects)


def store_histories(archive: Archive, log: SignedLog, after: int) -> dict[str, StoredFile]:
    """Store the histories whose seals lie above position `after` in the signed log.

    One batch of them is in memory at a time.

    Raises:
        LogAlteredError: the lines of a stream are not those that were recorded.
    """
    size = log.checkpoint.size
    total = sum(1 for _ in archive.source.seals(after, size))
    seals = archive.source.seals(after, size)
    objects = history_objects(archive.source, log, archive.tag_key, seals)
    files: dict[str, StoredFile] = {}
    for batch in _batches(objects):
        files |= _store(archive.store, batch)
        archive.progress("histories", len(files), total)
    return files


def _batches(objects: Iterable[NewObject]) -> Iterator[list[NewObject]]:
    batch: list[NewObject] = []
    size = 0
    for each in objects:
        batch.append(each)
        size += len(each.data)
        if len(batch) == _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _store(store: Store, objects: Sequence[NewObject]) -> dict[str, StoredFile]:
    stored = store.put_batch(objects)
    return {
        each.path: StoredFile(hashlib.sha256(there.data).hexdigest(), len(there.data))
        for each, there in zip(objects, stored, strict=True)
    }
