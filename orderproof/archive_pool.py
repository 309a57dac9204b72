"""Worker processes of an archive run: each makes histories, over a connection of its own.

A worker is `python -m orderproof.archive_pool`, see `orderproof.worker_process`. It reads the
lines of a batch, checks them against the archive's log, proves their seal and compresses them;
the archiver stores what comes back, in the order of the batches.
"""

import sys
from collections import deque
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path

import msgspec

from archive import placing
from archive.checkpoint import Checkpoint
from archive.folder import FolderReader
from archive.log_writer import SignedLog
from archive.pack import Group
from archive.placing import Batch, Maker, Piece
from archive.s3_place import Place
from archive.signed_leaves import SignedLeaves
from archive.store import Reading
from archive.tree_writer import stored_nodes
from eventstore.archive_log import ArchiveLog
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import worker_process
from orderproof.addresses import Where
from orderproof.worker_process import Talk, Worker

WORKERS = 2
_NAME = "the archive run"


class _Setup(msgspec.Struct, tag=True):
    dsn: str
    folder: str
    place: Place | None
    tag_key: bytes
    origin: str
    size: int
    root: bytes
    note: bytes
    embedded: bytes


class _Work(msgspec.Struct, tag=True):
    group: Group | None
    seals: list[int]


class _Made(msgspec.Struct, tag=True):
    pieces: list[Piece]


def maker(dsn: str, where: Where, folder: Path, tag_key: bytes) -> Maker:
    """Return what makes histories in worker processes.

    Args:
        dsn: of the event store.
        where: the archive.
        folder: of the archive; of one in a bucket, the folder of the copies of its tiles.
        tag_key: key of the tags that stand for streams in the log's entries.
    """
    return partial(_make, dsn, None if isinstance(where, Path) else where, folder, tag_key)


def _make(
    dsn: str,
    place: Place | None,
    folder: Path,
    tag_key: bytes,
    log: SignedLog,
    batches: Sequence[Batch],
) -> Generator[Piece, None, None]:
    said = log.checkpoint
    setup = _Setup(
        dsn, str(folder), place, tag_key, said.origin, said.size, said.root, log.note, log.embedded
    )
    with worker_process.started("orderproof.archive_pool", _NAME, WORKERS, setup) as workers:
        waiting = iter(batches)
        busy: deque[Worker] = deque()
        for worker in workers:
            _hand_out(worker, next(waiting, None), busy)
        while busy:
            worker = busy.popleft()
            made = worker.receive(_Made)
            _hand_out(worker, next(waiting, None), busy)  # made while these are stored
            yield from made.pieces


def _hand_out(worker: Worker, batch: Batch | None, busy: "deque[Worker]") -> None:
    if batch is not None:
        worker.send(_Work(batch.group, batch.seals.tolist()))
        busy.append(worker)


def _work(talk: Talk) -> None:
    setup = talk.receive(_Setup)
    store = _reader(setup)
    log = SignedLog(
        Checkpoint(setup.origin, setup.size, setup.root),
        setup.note,
        setup.embedded,
        stored_nodes(store, setup.size),
        SignedLeaves(store, setup.size, setup.tag_key),
    )
    with connect(setup.dsn, ROLE) as connection:
        source = ArchiveLog(connection)
        while True:
            asked = talk.receive(_Work)
            batch = Batch(asked.group)
            batch.seals.extend(asked.seals)
            talk.send(_Made(list(placing.pieces(source, log, setup.tag_key, batch))))


def _reader(setup: _Setup) -> Reading:
    folder = Path(setup.folder)
    if setup.place is None:
        return FolderReader(folder)
    from archive.bucket import BucketStore  # boto3 takes long to import, and a folder needs none
    from archive.mirrored_bucket import Copies, CopiesFirst
    from archive.s3 import Bucket

    return CopiesFirst(Copies(folder), BucketStore(Bucket(setup.place), threads=1))


if __name__ == "__main__":
    worker_process.serve(int(sys.argv[1]), _work, _NAME)
