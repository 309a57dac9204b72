"""Background work until SIGTERM: signals, waiting for the database, and one worker a role."""

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import psycopg2

from eventstore.connection import Connection, is_away
from orderproof import errors, terminal
from orderproof.bootstrap import Store, open_store
from orderproof.installation import Installation

_SAFETY_NET = 1.0  # seconds between two tries to get the lease
_DRAIN = 8.0
_SHORTEST_BACK_OFF = 0.5
_LONGEST_BACK_OFF = 10.0


class Stopped(Exception):  # noqa: N818  # no error: somebody wants us to end
    """Leaves a rebuild that would outlast the drain; the old read model stays."""


class Signals:
    """What SIGTERM and SIGINT ask for.

    A statement that waits for somebody's lock hears of no signal, and no Python handler runs
    meanwhile. So the signal goes through a pipe to a thread, which has the statement cancelled
    when the time to drain is over.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.busy: Connection | None = None

    def check(self, _done: int = 0, _total: int = 0) -> None:
        """Leave what would outlast the drain."""
        if self.stop.is_set():
            raise Stopped

    def watch(self, heard: socket.socket) -> None:
        """Wait for a signal, or for the end of the work."""
        if not heard.recv(1):
            return
        self.stop.set()
        heard.settimeout(_DRAIN)
        try:
            while heard.recv(1):
                pass  # more signals change nothing
        except TimeoutError:
            connection = self.busy
            if connection is not None and not connection.closed:
                connection.cancel()


class Role(msgspec.Struct, frozen=True):
    """A kind of background work.

    Args:
        name: as `orderproof worker` knows it.
        work: does it on an open store until a stop is asked for.
        lease: number of the advisory lock that its one worker holds.
        waiting: what a second worker says while it waits.
        stopped: what is said at the end.
    """

    name: str
    work: Callable[[Store, Signals], None]
    lease: int
    waiting: str
    stopped: str


def run(installation: Installation, role: Role, *, as_json: bool) -> int:
    """Do the work of a role until SIGTERM or SIGINT; return the exit code.

    A second worker waits until the first one is gone. When the database goes away this waits, with
    a message, and goes on by itself.
    """
    signals = Signals()
    with _handled(signals):
        pause = _SHORTEST_BACK_OFF
        while not signals.stop.is_set():
            began = time.monotonic()
            try:
                # It does its own waiting, and hears of a signal meanwhile.
                with open_store(installation, wait=False) as store:
                    role.work(store, signals)
            except Stopped:
                break
            except psycopg2.extensions.QueryCanceledError:
                if not signals.stop.is_set():
                    raise
            except psycopg2.Error as error:
                if not is_away(error):
                    raise
                if signals.stop.is_set():
                    break
                if time.monotonic() - began > _LONGEST_BACK_OFF:
                    pause = _SHORTEST_BACK_OFF  # it worked for a while
                terminal.complain(
                    f"the database cannot be reached or went away; trying again in {pause:.1f} s"
                )
                signals.stop.wait(pause)
                pause = min(2 * pause, _LONGEST_BACK_OFF)
    if as_json:
        terminal.print_json({"role": role.name, "stopped": True})
    else:
        terminal.say(role.stopped)
    return errors.OK


def take_lease(connection: Connection, role: Role, signals: Signals) -> None:
    """Wait until no other worker has the role. The lease ends with the connection.

    Args:
        connection: that takes no transactions.
        role: the lease of which is taken.
        signals: end the waiting.
    """
    told = False
    while True:
        signals.check()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (role.lease,))
            [(held,)] = cursor.fetchall()
        if held:
            return
        if not told:
            terminal.complain(role.waiting)
            told = True
        signals.stop.wait(_SAFETY_NET)


@contextmanager
def _handled(signals: Signals) -> Iterator[None]:
    heard, told = socket.socketpair()
    told.settimeout(0)
    watcher = threading.Thread(target=signals.watch, args=[heard], daemon=True)
    watcher.start()
    pipe_before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    before = {
        number: signal.signal(number, lambda _signal, _frame: None)
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(pipe_before)
        told.close()
        watcher.join()
        heard.close()
