"""Group commit: callers in any number of threads share one connection and its commits.

A commit waits for the disk, whoever it is for. So one thread takes all that was offered while the
last commit ran and appends it in one call; each caller gets the answers to its own events.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from domain.event import Fact
from eventstore import appending, recording
from eventstore.appending import Encoded, Row
from eventstore.connection import FOR_CALLERS, Cursor, open_connection
from eventstore.errors import EventRefusedError, StoreUnavailableError
from eventstore.recording import Outcome
from eventstore.stream_keys import KeyRing

ROLE = "orderproof_writer"

_BESIDE = f"{FOR_CALLERS} -c synchronous_commit=off"

_OF_THE_EVENT = ("22", "23", "54")  # classes of SQLSTATE: data, integrity, limits

MAX_EVENTS = 500
"""Events that are appended in one call, if there are several callers'."""

MAX_BYTES = 8 * 1024 * 1024
"""Bytes of bodies that are enough for a call."""

Failure = Callable[[Exception], Exception]
"""Makes of what went wrong what a caller is told."""


def _unavailable(error: Exception) -> StoreUnavailableError:
    return StoreUnavailableError(
        f"{_reason(error)}; nothing is lost that was acknowledged, so try again"
    )


def _refused(error: Exception) -> EventRefusedError:
    # Not the message, which may quote the event.
    code = getattr(error, "pgcode", None)
    return EventRefusedError(f"the database refused the event: {type(error).__name__} ({code})")


def _is_fault_of_an_event(error: Exception) -> bool:
    """Tell it from a fault of the server, its set-up or the way to it, which may pass."""
    return isinstance(error, psycopg2.Error) and (error.pgcode or "").startswith(_OF_THE_EVENT)


def _reason(error: Exception) -> str:
    if isinstance(error, psycopg2.errors.DiskFull):
        return "the database's disk is full"
    if isinstance(error, psycopg2.errors.LockNotAvailable | psycopg2.errors.QueryCanceled):
        return "the database is busy: somebody holds its lock for long"
    return "the database is away or went away"


class _Offer:
    """One caller's events, and the lock on which it waits for their rows."""

    __slots__ = ("answered", "error", "events", "failure", "generation", "rows")

    def __init__(self, events: Sequence[Encoded], generation: int) -> None:
        self.events = events
        self.generation = generation
        self.rows: Sequence[Row] = ()
        self.error: Exception | None = None
        self.failure: Failure = _unavailable
        self.answered = threading.Lock()
        self.answered.acquire()


class Writer:
    """Records facts for any number of threads of this process.

    Other processes have writers of their own; the database puts them in line. A process that is
    forked off has none: its copy has no thread that would ever answer.

    Args:
        dsn: of the event store.
        keys: seals personal data.
        role: database role that is taken on; None stays with the login's own.
    """

    def __init__(self, dsn: str, keys: KeyRing, role: str | None = ROLE) -> None:
        self._dsn = dsn
        self._keys = keys
        self._role = role
        self._offers: SimpleQueue[_Offer | None] = SimpleQueue()
        self._side: Connection | None = None
        self._beside_lock = threading.Lock()
        self._gate = threading.Lock()
        self._closed = False
        self._process = os.getpid()
        # Counts lost connections. Keys are made without waiting for the disk, so a server that
        # crashed may not have those that were read before; nothing sealed with them is appended.
        # And none are read before there is a connection that a crash would end.
        self._generation = 0
        self._connected = False
        # The writing thread's own.
        self._held_back: _Offer | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="event writer", daemon=True)
        self._thread.start()

    def record(
        self, facts: Sequence[Fact], expected_versions: Sequence[int | None] | None = None
    ) -> list[Outcome]:
        """Record facts and return what became of each, after the commit; see `recording.record`.

        Raises:
            StoreUnavailableError: whether they are stored is not known. Trying again is safe.
            EventRefusedError: one of them cannot be stored as it is; none is recorded.
            RuntimeError: the writer belongs to the process that this one was forked from.
        """
        if os.getpid() != self._process:
            raise RuntimeError("a writer belongs to the process that made it; make another one")
        generation = self._generation

        def append(events: Sequence[Encoded]) -> Sequence[Row]:
            return self._append(events, generation)

        if not self._connected:
            self._append((), generation)
        try:
            return recording.record_by(append, self._beside, self._keys, facts, expected_versions)
        except psycopg2.Error as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        """Finish what was offered, and stop."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._offers.put(None)
        self._thread.join()
        with self._beside_lock:
            if self._side is not None:
                self._side.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _append(self, events: Sequence[Encoded], generation: int) -> Sequence[Row]:
        offer = _Offer(events, generation)
        with self._gate:
            if self._closed:
                raise StoreUnavailableError("the writer is closed")
            self._offers.put(offer)
        offer.answered.acquire()
        if offer.error is not None:
            raise offer.failure(offer.error) from offer.error
        return offer.rows

    @contextmanager
    def _beside(self) -> Iterator[Cursor]:
        """Give a cursor for keys and repeats, beside the writing thread, which goes on."""
        with self._beside_lock:
            if self._side is None or self._side.closed:
                self._side = open_connection(self._dsn, self._role, _BESIDE)
                self._side.autocommit = True
            with self._side.cursor() as cursor:
                yield cursor

    # What follows runs in the writing thread alone.

    def _work(self) -> None:
        connection: Connection | None = None
        while batch := self._next_batch():
            connection = self._answer(connection, batch)
        if connection is not None:
            connection.close()

    def _next_batch(self) -> list[_Offer]:
        """Wait for offers and take them, in their order; none at the end.

        Two events with the same source and id cannot be in one call: the second offer waits.
        """
        batch: list[_Offer] = []
        pairs: set[tuple[str, str]] = set()
        events = size = 0
        while (offer := self._next_offer(wait=not batch)) is not None:
            own = {(event.source, event.id) for event in offer.events}
            events += len(offer.events)
            size += sum(len(event.body) for event in offer.events)
            if batch and (events > MAX_EVENTS or size > MAX_BYTES or not pairs.isdisjoint(own)):
                self._held_back = offer
                break
            batch.append(offer)
            pairs |= own
        return batch

    def _next_offer(self, *, wait: bool) -> _Offer | None:
        held_back, self._held_back = self._held_back, None
        if held_back is not None or self._ended:
            return held_back
        try:
            offer = self._offers.get(block=wait)
        except Empty:
            return None
        self._ended = offer is None
        return offer

    def _answer(self, connection: Connection | None, batch: list[_Offer]) -> Connection | None:
        """Append a batch and answer its callers, come what may; return the connection to use."""
        batch = self._of_this_generation(batch)
        if not batch:
            return connection
        try:
            if connection is None:
                connection = open_connection(self._dsn, self._role, FOR_CALLERS)
                connection.autocommit = True
                self._keys.forget()
                self._connected = True
            with connection.cursor() as cursor:
                rows = appending.append(cursor, [e for offer in batch for e in offer.events])
            start = 0
            for offer in batch:
                offer.rows = rows[start : start + len(offer.events)]
                start += len(offer.events)
        except Exception as error:  # noqa: BLE001  # a caller must never wait for a dead thread
            if not _is_fault_of_an_event(error):
                _fail(batch, error, _unavailable)
                self._lost(connection)
                connection = None
            elif len(batch) > 1:
                # Nothing was appended, and the caller whose event it is shall be told alone.
                for offer in batch:
                    connection = self._answer(connection, [offer])
                return connection
            else:
                _fail(batch, error, _refused)
        for offer in batch:
            offer.answered.release()
        return connection

    def _of_this_generation(self, batch: list[_Offer]) -> list[_Offer]:
        """Turn away what was sealed before a connection was lost, and return the rest."""
        for offer in batch:
            if offer.generation != self._generation:
                offer.error = StoreUnavailableError("sealed before the connection was lost")
                offer.answered.release()
        return [offer for offer in batch if offer.error is None]

    def _lost(self, connection: Connection | None) -> None:
        self._connected = False
        self._generation += 1
        if connection is not None:
            connection.close()


def _fail(batch: list[_Offer], error: Exception, failure: Failure) -> None:
    for offer in batch:
        offer.error, offer.failure = error, failure
