"""The files of a run that its manifest names: histories, attachments, and once the keyring."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from functools import partial
from itertools import chain

from archive.attachments import store_attachments
from archive.index.writer import Added
from archive.keyring_log import keyrings_of_run
from archive.layout import Layout
from archive.log_writer import Archive, SignedLog, locked_until
from archive.manifest import Listing
from archive.placing import Batch, Maker, Piece, pieces, plan
from archive.store import NewObject, Store

_BATCH = 1024
_BATCH_BYTES = 4 * 1024 * 1024

# Fewer histories are made before other processes have started.
_MANY = 4000


def store_keyrings(archive: Archive, after: int, upto: int, listing: Listing) -> None:
    """Store the keyrings of a run, before anything is signed by the keys that they name.

    Args:
        archive: what is written.
        after: size A of the run before, 0 if there was none.
        upto: size A of this run.
        listing: of the run; extended.
    """
    found = keyrings_of_run(archive.source, archive.keyrings, archive.origin, after, upto)
    # No seal dates their locks, so the manifest does not either: a run that is taken up again on
    # another day must write the same manifest.
    for each in found:
        stored = archive.store.put_new(each.path, each.data, locked_until(archive))
        listing.add(each.path, stored.data, None, stored.version)


def store_histories(
    archive: Archive,
    log: SignedLog,
    after: int,
    chosen: Layout,
    listing: Listing,
    maker: Maker | None = None,
) -> Added:
    """Store the histories whose seals lie above position `after` in the signed log.

    One batch of them is in memory at a time. The files that they name as attached follow.

    Args:
        archive: what is written.
        log: the log that they are proved against.
        after: size of the log that the histories of the run before are proved against.
        chosen: how the histories of orders are stored.
        listing: names the files that hold them.
        maker: makes them elsewhere, where there are many.

    Returns:
        What the index gets of them.

    Raises:
        LogAlteredError: the lines of a stream are not those that were recorded.
        CannotContinueError: an attachment is not in the store any more.
    """
    size = log.checkpoint.size
    batches = plan(archive.source.seals(after, size), chosen)
    total = sum(len(batch.seals) for batch in batches)
    if maker is None or total < _MANY:
        maker = partial(_here, archive)
    added = Added()
    attached: dict[str, date] = {}
    packs = 0
    with closing(maker(log, batches)) as made:
        for some in _portions(made):
            objects, numbers = [], []
            for piece in some:
                path = piece.path(size, packs)
                objects.append(NewObject(path, piece.data, piece.retain_until))
                numbers.append(packs)
                packs += piece.packed
            lengths = _store(archive.store, objects, listing)
            for piece, number, length in zip(some, numbers, lengths, strict=True):
                added.add(piece, size, number, length)
                for digest in chain.from_iterable(each.attachments for each in piece.histories):
                    attached[digest] = max(attached.get(digest, date.min), piece.retain_until)
            archive.progress("histories", len(added), total)
    store_attachments(archive.source, archive.store, attached, listing)
    return added


def _here(
    archive: Archive, log: SignedLog, batches: Sequence[Batch]
) -> Generator[Piece, None, None]:
    for batch in batches:
        yield from pieces(archive.source, log, archive.tag_key, batch)


def _portions(found: Iterable[Piece]) -> Iterator[list[Piece]]:
    portion: list[Piece] = []
    size = 0
    for each in found:
        portion.append(each)
        size += len(each.data)
        if size >= _BATCH_BYTES or len(portion) == _BATCH:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _store(store: Store, objects: Sequence[NewObject], listing: Listing) -> list[int]:
    """Store objects, list them, and return how long each is as it lies in the archive."""
    stored = store.put_batch(objects)
    for each, there in zip(objects, stored, strict=True):
        listing.add(each.path, there.data, each.retain_until, there.version)
    return [len(there.data) for there in stored]
