"""Worker processes: each is a program of its own on one end of a socket, and ends with it.

A worker is sent messages and answers them; what it fails with, it tells. It ends when nobody
talks to it any more, however the process that started it came to its end.
"""

import gc
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from typing import Any

import msgspec

from orderproof import errors
from orderproof.errors import CommandError
from orderproof.failures import explain


class Failed(msgspec.Struct, tag=True):
    """What a worker says when it cannot go on."""

    message: str
    exit_code: int


class Worker:
    """A worker process, seen from the command that started it.

    Args:
        process: the process.
        pipe: our end of the socket.
        name: what it works for, such as `the import`.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", pipe: Pipe, name: str) -> None:
        self._process = process
        self._pipe = pipe
        self._name = name

    def send(self, message: msgspec.Struct) -> None:
        """Send a message.

        Raises:
            CommandError: it is gone, or it failed and says why.
        """
        try:
            self._pipe.send_bytes(msgspec.msgpack.encode(message))
        except OSError as error:
            self.receive(Failed)  # it may have said why before it ended
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
        message = msgspec.msgpack.decode(raw, type=kind | Failed)
        if isinstance(message, Failed):
            raise CommandError(message.message, message.exit_code)
        return message

    def stop(self) -> None:
        """End the process: it does when nobody talks to it any more."""
        self._pipe.close()
        self._process.wait()

    def _lost(self) -> CommandError:
        return CommandError(
            f"a worker process of {self._name} ended with {self._process.wait()}. What was "
            "recorded stays; run the same command again to go on.",
            errors.CANNOT_TELL,
        )


@contextmanager
def started(
    module: str, name: str, count: int, setup: msgspec.Struct
) -> Iterator[Sequence[Worker]]:
    """Start worker processes, and stop them at the end.

    Args:
        module: the program of each; it calls `serve`.
        name: what they work for.
        count: how many.
        setup: the first message to each. Secrets go this way, never as an argument.
    """
    workers: list[Worker] = []
    try:
        for _ in range(count):
            workers.append(_start(module, name))
            workers[-1].send(setup)
        yield workers
    finally:
        for worker in workers:
            worker.stop()


def _start(module: str, name: str) -> Worker:
    ours, theirs = socket.socketpair()
    with theirs:
        # A session of its own: an interrupt at the keyboard is the parent's to handle.
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", module, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Worker(process, Pipe(ours.detach()), name)


class Talk:
    """The other end: the command, seen from a worker."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    def receive(self, kind: type[Any]) -> Any:
        """Wait for a message of a kind."""
        return msgspec.msgpack.decode(self._pipe.recv_bytes(), type=kind)

    def send(self, message: msgspec.Struct) -> None:
        """Answer."""
        self._pipe.send_bytes(msgspec.msgpack.encode(message))


def serve(descriptor: int, work: Callable[[Talk], None], name: str) -> None:
    """Be a worker, until nobody talks any more.

    Args:
        descriptor: of the worker's end of the socket.
        work: talks for ever.
        name: what it works for.
    """
    # What is worked on is many small objects and no cycle; looking for cycles takes a tenth of
    # the time.
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
    talk = Talk(Pipe(descriptor))
    try:
        work(talk)
    except (EOFError, ConnectionError):
        return  # the command has ended, or was ended
    except Exception as error:  # noqa: BLE001  # told to the command, which ends with it
        # The message of an unexpected error may hold data of a customer: only its kind is told.
        known = explain(error)
        message = f"internal error ({type(error).__name__}) in a worker of {name}"
        talk.send(Failed(*(known or (message, errors.INTERNAL))))
