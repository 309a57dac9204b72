"""Worker processes of an import: several read and seal, and store in turn, in the input's order.

A worker is `python -m orderproof.import_pool`, see `orderproof.worker_process`. It is sent a
chunk, says when it has read and sealed it, is told to go on once everything before is stored, and
says what became of it.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from eventstore import bulk
from eventstore.bulk import Course
from eventstore.connection import connect
from eventstore.stream_keys import KeyRing
from orderproof import worker_process
from orderproof.import_chunks import Chunk, ChunkStore, Stored
from orderproof.worker_process import Talk, Worker
from sources.rejected import Rejected

WORKERS = 2
_NAME = "the import"


class _Setup(msgspec.Struct, tag=True):
    dsn: str
    key_encryption_key: bytes


class _Work(msgspec.Struct, tag=True):
    chunk: Chunk


class _Go(msgspec.Struct, tag=True):
    course: Course


class _Prepared(msgspec.Struct, tag=True):
    facts: int
    rejected: list[Rejected]


class _Done(msgspec.Struct, tag=True):
    stored: Stored
    course: Course


@contextmanager
def workers(dsn: str, key_encryption_key: bytes) -> Iterator[Sequence[Worker]]:
    """Start the worker processes, and stop them at the end."""
    setup = _Setup(dsn, key_encryption_key)
    with worker_process.started("orderproof.import_pool", _NAME, WORKERS, setup) as processes:
        yield processes


def store_all(
    processes: Sequence[Worker],
    chunks: Iterable[tuple[Chunk, list[Rejected]]],
    ready: Callable[[int, Sequence[Rejected]], None],
    stored: Callable[[Stored], None],
) -> None:
    """Have chunks stored in their order.

    Args:
        processes: of `workers`.
        chunks: as `import_chunks.cut` gives them.
        ready: as for `ChunkStore.store`; called for one chunk after the other.
        stored: called with what became of each, before the next one's `ready`.
    """
    source = iter(chunks)
    course = Course()
    before: dict[Worker, list[Rejected]] = {}
    for worker in processes:
        _hand_out(worker, next(source, None), before)
    while before:
        worker = next(iter(before))
        prepared = worker.receive(_Prepared)
        ready(prepared.facts, [*before.pop(worker), *prepared.rejected])
        worker.send(_Go(course))
        following = next(source, None)  # read while this one is stored
        done = worker.receive(_Done)
        course = done.course
        stored(done.stored)
        _hand_out(worker, following, before)


def _hand_out(
    worker: Worker,
    chunk: tuple[Chunk, list[Rejected]] | None,
    before: dict[Worker, list[Rejected]],
) -> None:
    if chunk is not None:
        worker.send(_Work(chunk[0]))
        before[worker] = chunk[1]


def _work(talk: Talk) -> None:
    setup = talk.receive(_Setup)
    with connect(setup.dsn, bulk.ROLE) as connection:
        store = ChunkStore(connection, KeyRing(setup.key_encryption_key))

        def ready(facts: int, rejected: Sequence[Rejected]) -> None:
            talk.send(_Prepared(facts, list(rejected)))
            store.appender.course = talk.receive(_Go).course

        while True:
            stored = store.store(talk.receive(_Work).chunk, ready)
            talk.send(_Done(stored, store.appender.course))


if __name__ == "__main__":
    worker_process.serve(int(sys.argv[1]), _work, _NAME)
