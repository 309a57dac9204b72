"""The files of a run that its manifest names: histories, and once README and keyring."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from archive import layout
from archive.continuity import keyring
from archive.layout import Layout
from archive.log_writer import Archive, SignedLog
from archive.manifest import StoredFile
from archive.placing import Piece, pieces, plan
from archive.readme import readme
from archive.store import NewObject, Store

_BATCH_BYTES = 16 * 1024 * 1024


def store_first_files(archive: Archive, *, resumed: bool) -> dict[str, StoredFile]:
    """Store what an archive holds once: how to read it, and the keys to check it with.

    A newer release may have another README; the one that an interrupted run stored stays.
    """
    written = archive.store.get(layout.README) if resumed else None
    objects = [
        NewObject(layout.README, written or readme()),
        NewObject(layout.KEYRING, keyring(archive.signer.vkeys)),
    ]
    return _store(archive.store, objects)


def store_histories(
    archive: Archive, log: SignedLog, after: int, chosen: Layout
) -> tuple[dict[str, StoredFile], int]:
    """Store the histories whose seals lie above position `after` in the signed log.

    One batch of them is in memory at a time.

    Returns:
        The files that hold them, and how many histories they are.

    Raises:
        LogAlteredError: the lines of a stream are not those that were recorded.
    """
    size = log.checkpoint.size
    batches = plan(archive.source.seals(after, size), chosen)
    total = sum(len(batch.seals) for batch in batches)
    files: dict[str, StoredFile] = {}
    done = packs = 0
    for batch in batches:
        for some in _portions(pieces(archive.source, log, archive.tag_key, batch)):
            objects = []
            for piece in some:
                path = piece.path(size, packs)
                objects.append(NewObject(path, piece.data, piece.retain_until))
                packs += piece.packed
                done += len(piece.histories)
            files |= _store(archive.store, objects)
            archive.progress("histories", done, total)
    return files, total


def _portions(found: Iterable[Piece]) -> Iterator[list[Piece]]:
    portion: list[Piece] = []
    size = 0
    for each in found:
        portion.append(each)
        size += len(each.data)
        if size >= _BATCH_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _store(store: Store, objects: Sequence[NewObject]) -> dict[str, StoredFile]:
    stored = store.put_batch(objects)
    return {
        each.path: StoredFile(hashlib.sha256(there.data).hexdigest(), len(there.data))
        for each, there in zip(objects, stored, strict=True)
    }
