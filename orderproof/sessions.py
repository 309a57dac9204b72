"""Open stores for threads: each has its own while it works, and what fails is thrown away."""

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager

import msgspec
import psycopg2

from eventstore.connection import connect, has_news
from eventstore.projection_log import ProjectionLog
from orderproof.bootstrap import PROJECTOR, Store
from projections import runner

_PATIENCE = 0.05  # seconds that a request waits for read models; more than that is a worker's work


class Sessions:
    """Lends copies of a store whose connections are the borrower's own meanwhile.

    Args:
        store: the open installation.
        size: how many may be lent at a time; each has three connections.
        patience: seconds that a borrower waits for one.
    """

    def __init__(self, store: Store, size: int = 8, patience: float = 30.0) -> None:
        self._store = store
        self._size = size
        self._patience = patience
        self._places = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._idle: list[tuple[Store, ExitStack]] = []

    def close(self) -> None:
        """Close the connections that are not lent."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, opened in idle:
            opened.close()

    @contextmanager
    def one(self) -> Iterator[Store]:
        """Lend a store. After an exception its connections are closed.

        Raises:
            psycopg2.OperationalError: none came free in time, or none can be opened.
        """
        if not self._places.acquire(timeout=self._patience):
            raise psycopg2.OperationalError(
                f"all {self._size} open stores were in use for {self._patience:g} seconds"
            )
        try:
            store, opened = self._take() or self._open()
            with ExitStack() as unless_well:
                unless_well.callback(opened.close)
                yield store
                unless_well.pop_all()
            with self._lock:
                self._idle.append((store, opened))
        finally:
            self._places.release()

    def _take(self) -> tuple[Store, ExitStack] | None:
        """Return a store that is open; one that the server closed meanwhile is let go."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                store, opened = self._idle.pop()
            if not has_news(store.connection) and not has_news(store.views):
                return store, opened
            opened.close()

    def _open(self) -> tuple[Store, ExitStack]:
        dsn = self._store.dsn
        with ExitStack() as stack:
            connection = stack.enter_context(connect(dsn))
            views = stack.enter_context(connect(dsn, PROJECTOR))
            reading = stack.enter_context(connect(dsn, PROJECTOR))
            log = ProjectionLog(reading, self._store.ring)
            own = msgspec.structs.replace(self._store, connection=connection, views=views, log=log)
            return own, stack.pop_all()


def catch_up_a_little(store: Store, models: Collection[str]) -> None:
    """Bring read models up to date, unless that would take long: then a worker has to."""
    chosen = [one for one in store.projections if one.name in models]
    end: list[float] = []

    def stop() -> bool:
        """Let one batch pass, whatever it takes."""
        now = time.monotonic()
        if not end:
            end.append(now + _PATIENCE)
        return now > end[0]

    runner.catch_up(store.views, store.log, chosen, stop=stop)
