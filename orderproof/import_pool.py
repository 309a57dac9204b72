"""Worker processes of an import: several read and seal, and store in turn, in the input's order.

A worker is a process of its own, `python -m orderproof.import_pool`, on one end of a socket. It is
sent a chunk, says when it has read and sealed it, is told to go on once everything before is
stored, and says what became of it.
"""

import gc
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from typing import Any

import msgspec

from eventstore import bulk
from eventstore.bulk import Course
from eventstore.connection import connect
from eventstore.stream_keys import KeyRing
from orderproof import errors
from orderproof.errors import CommandError
from orderproof.failures import explain
from orderproof.import_chunks import Chunk, ChunkStore, Stored
from sources.rejected import Rejected

WORKERS = 2


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


class _Failed(msgspec.Struct, tag=True):
    message: str
    exit_code: int


class Worker:
    """A worker process, seen from the import."""

    def __init__(self, process: "subprocess.Popen[bytes]", pipe: Pipe) -> None:
        self._process = process
        self._pipe = pipe

    def send(self, message: msgspec.Struct) -> None:
        """Send a message.

        Raises:
            CommandError: it is gone, or it failed and says why.
        """
        try:
            self._pipe.send_bytes(msgspec.msgpack.encode(message))
        except OSError as error:
            self.receive(_Failed)  # it may have said why before it ended
            raise self._lost() from error

    def receive(self, kind: type[Any]) -> Any:
        """Wait for a message of a kind.

        Raises:
            CommandError: it is gone, or it failed and says why.
        """
        try:
            raw = self._pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._lost() from error
        message = msgspec.msgpack.decode(raw, type=kind | _Failed)
        if isinstance(message, _Failed):
            raise CommandError(message.message, message.exit_code)
        return message

    def stop(self) -> None:
        """End the process: it does when nobody talks to it any more."""
        self._pipe.close()
        self._process.wait()

    def _lost(self) -> CommandError:
        return CommandError(
            f"a worker process of the import ended with {self._process.wait()}. What was recorded "
            "stays; run the same command again to go on.",
            errors.CANNOT_TELL,
        )


@contextmanager
def workers(dsn: str, key_encryption_key: bytes) -> Iterator[list[Worker]]:
    """Start the worker processes, and stop them at the end."""
    started: list[Worker] = []
    try:
        for _ in range(WORKERS):
            started.append(_start(dsn, key_encryption_key))
        yield started
    finally:
        for worker in started:
            worker.stop()


def _start(dsn: str, key_encryption_key: bytes) -> Worker:
    ours, theirs = socket.socketpair()
    with theirs:
        # A session of its own: an interrupt at the keyboard is the parent's to handle.
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", "orderproof.import_pool", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    worker = Worker(process, Pipe(ours.detach()))
    worker.send(_Setup(dsn, key_encryption_key))  # never as an argument, which others can see
    return worker


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


def _serve(pipe: Pipe) -> None:
    """Be a worker, until nobody talks any more."""

    def receive(kind: type[Any]) -> Any:
        return msgspec.msgpack.decode(pipe.recv_bytes(), type=kind)

    def send(message: msgspec.Struct) -> None:
        pipe.send_bytes(msgspec.msgpack.encode(message))

    # A chunk is many small objects and no cycle; looking for cycles takes a tenth of the time.
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
    try:
        setup = receive(_Setup)
        with connect(setup.dsn, bulk.ROLE) as connection:
            store = ChunkStore(connection, KeyRing(setup.key_encryption_key))

            def ready(facts: int, rejected: Sequence[Rejected]) -> None:
                send(_Prepared(facts, list(rejected)))
                store.appender.course = receive(_Go).course

            while True:
                stored = store.store(receive(_Work).chunk, ready)
                send(_Done(stored, store.appender.course))
    except (EOFError, ConnectionError):
        return  # the import has ended, or was ended
    except Exception as error:  # noqa: BLE001  # told to the import, which ends with it
        # The message of an unexpected error may hold data of a customer: only its kind is told.
        known = explain(error)
        message = f"internal error ({type(error).__name__}) in a worker of the import"
        send(_Failed(*(known or (message, errors.INTERNAL))))


if __name__ == "__main__":
    _serve(Pipe(int(sys.argv[1])))
