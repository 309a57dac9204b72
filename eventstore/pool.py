"""A bounded number of connections, shared by threads, that outlives a restart of the server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from eventstore.connection import FOR_CALLERS, Connection, Cursor, has_news, open_connection


class Pool:
    """Lends connections to any number of threads, at most `size` at a time.

    They are opened when they are needed and kept. One that the server closed meanwhile is noticed
    before it is lent, without a round trip, so a restart costs only what was under way.

    Args:
        dsn: of the event store.
        role: database role that is taken on; None stays with the login's own.
        size: connections that may be open for borrowers.
        patience: seconds that a borrower waits for one.
    """

    def __init__(
        self, dsn: str, role: str | None = None, *, size: int = 8, patience: float = 30.0
    ) -> None:
        self._dsn = dsn
        self._role = role
        self._size = size
        self._patience = patience
        self._places = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._closed = False

    def open(self) -> Connection:
        """Open a connection that is the caller's own and counts nowhere.

        Raises:
            psycopg2.OperationalError: the server cannot be reached.
        """
        connection = open_connection(self._dsn, self._role, FOR_CALLERS)
        # One statement is one transaction: the database commits it as it ends, so a client that
        # is slow or stopped holds nobody up.
        connection.autocommit = True
        return connection

    @contextmanager
    def statement(self) -> Iterator[Cursor]:
        """Lend a cursor whose statements are committed one by one.

        Raises:
            psycopg2.OperationalError: no connection came free in time, or none can be opened.
            psycopg2.InterfaceError: the pool is closed.
        """
        with self.connection() as connection, connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """Lend a cursor for one transaction, which an exception rolls back; see `statement`."""
        with self.connection() as connection, connection, connection.cursor() as cursor:
            yield cursor

    def close(self) -> None:
        """Close the connections; those in use when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection; see `statement`."""
        if not self._places.acquire(timeout=self._patience):
            raise psycopg2.OperationalError(
                f"all {self._size} connections to the event store were in use"
                f" for {self._patience:g} seconds"
            )
        try:
            connection = self._take() or self.open()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._places.release()

    def _take(self) -> Connection | None:
        while True:
            with self._lock:
                if self._closed:
                    raise psycopg2.InterfaceError("the connections to the event store are closed")
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if not has_news(connection):
                return connection
            connection.close()

    def _give_back(self, connection: Connection) -> None:
        unharmed = (
            not connection.closed and connection.info.transaction_status == TRANSACTION_STATUS_IDLE
        )
        with self._lock:
            if unharmed and not self._closed:
                self._idle.append(connection)
                return
        connection.close()
