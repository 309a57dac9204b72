"""The worker of the role `project`: keeps read models at the newest event until it is stopped."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from eventstore import wakeup
from eventstore.connection import Connection, connect, is_away, transaction
from orderproof import errors, terminal
from orderproof.bootstrap import PROJECTOR, Store, open_store
from orderproof.installation import Installation
from projections import bookkeeping, runner

_LEASE = 0x6F726465727072  # of advisory locks: the role `project`
_SAFETY_NET = 1.0  # seconds without a wake-up before looking anyway
_HEARTBEAT = 5.0
_DRAIN = 8.0
_SHORTEST_BACK_OFF = 0.5
_LONGEST_BACK_OFF = 10.0


class _Stopped(Exception):  # noqa: N818  # no error: somebody wants us to end
    """Leaves a rebuild that would outlast the drain; the old read model stays."""


class _Signals:
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
            raise _Stopped

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


def project(installation: Installation, *, as_json: bool) -> int:
    """Feed the projections until SIGTERM or SIGINT; return the exit code.

    A second worker waits until the first one is gone. When the database goes away this waits, with
    a message, and goes on by itself.
    """
    signals = _Signals()
    with _handled(signals):
        pause = _SHORTEST_BACK_OFF
        while not signals.stop.is_set():
            began = time.monotonic()
            try:
                # It does its own waiting, and hears of a signal meanwhile.
                with open_store(installation, wait=False) as store:
                    _work(store, signals)
            except _Stopped:
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
        terminal.print_json({"role": "project", "stopped": True})
    else:
        terminal.say("Stopped; what was fed is stored.")
    return errors.OK


def _work(store: Store, signals: _Signals) -> None:
    """Feed until a stop. The lease lies on the listening connection: both end together."""
    signals.busy = store.views
    with connect(store.dsn, PROJECTOR) as listening:
        wakeup.listen(listening)
        _take_lease(listening, signals)
        terminal.complain(f"feeding {len(store.projections)} projections; SIGTERM ends it")
        beaten = -_HEARTBEAT
        while not signals.stop.is_set():
            runner.catch_up(
                store.views, store.log, store.projections, signals.check, signals.stop.is_set
            )
            if time.monotonic() - beaten >= _HEARTBEAT:
                with transaction(store.views) as cursor:
                    bookkeeping.beat(cursor, store.projections)
                beaten = time.monotonic()
            wakeup.wait(listening, _SAFETY_NET)


def _take_lease(listening: Connection, signals: _Signals) -> None:
    told = False
    while True:
        signals.check()
        with listening.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (_LEASE,))
            [(held,)] = cursor.fetchall()
        if held:
            return
        if not told:
            terminal.complain("another worker feeds the projections; waiting until it is gone")
            told = True
        signals.stop.wait(_SAFETY_NET)


@contextmanager
def _handled(signals: _Signals) -> Iterator[None]:
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
