"""Storing attachments: the sealed files that histories name, each under the digest of its bytes.

They come into the archive with the history that names them, and are locked as long. Those that
only open lines name are stored as well, since a store is rebuilt from the archive up to the cut;
they get their lock when their order is sealed.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date

from archive import layout
from archive.errors import CannotContinueError
from archive.log_source import LogSource
from archive.manifest import Listing
from archive.store import NewObject, Store

_BATCH_BYTES = 16 << 20


def store_attachments(
    source: LogSource, store: Store, wanted: Mapping[str, date], listing: Listing
) -> None:
    """Store sealed files of a run, locked up to a day each, and name them in its manifest.

    Raises:
        CannotContinueError: one is not in the store any more.
    """
    batch: list[NewObject] = []
    size = 0
    for digest in sorted(wanted):
        data = _sealed(source, digest)
        batch.append(NewObject(layout.evidence_path(digest), data, wanted[digest]))
        size += len(data)
        if size >= _BATCH_BYTES:
            _store(store, batch, listing)
            batch, size = [], 0
    _store(store, batch, listing)


def store_open(source: LogSource, store: Store, digests: Iterable[str]) -> None:
    """Store sealed files that only open lines name, without a lock.

    Raises:
        CannotContinueError: one is not in the store any more.
    """
    for digest in sorted(set(digests)):
        path = layout.evidence_path(digest)
        if not store.has(path):
            store.put_new(path, _sealed(source, digest))


def _store(store: Store, batch: list[NewObject], listing: Listing) -> None:
    if batch:
        for each, there in zip(batch, store.put_batch(batch), strict=True):
            listing.add(each.path, there.data, each.retain_until, there.version)


def _sealed(source: LogSource, digest: str) -> bytes:
    data = source.attachment(digest)
    if data is None or hashlib.sha256(data).hexdigest() != digest:
        lost = "is not in the event store" if data is None else "is not what was attached"
        raise CannotContinueError(
            f"the attachment {digest} {lost}: bring the table attachments back from a backup of "
            "the database, and run the same command again"
        )
    return data
