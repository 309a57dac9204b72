"""Holding the writers' lock, and waiting, with a bound, for what others do meanwhile."""

import time
from types import TracebackType

import pytest

from eventstore.connection import connect, transaction


class Held:
    """Holds the lock on which writers wait, so that callers gather behind the one that waits."""

    def __init__(self, dsn: str) -> None:
        self._opened = connect(dsn)

    def __enter__(self) -> "Held":
        self._connection = self._opened.__enter__()
        self.cursor = self._connection.cursor()
        self.cursor.execute("SELECT FROM log_head FOR UPDATE")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.rollback()
        self._opened.__exit__(None, None, None)


def waiting_for_a_lock(dsn: str) -> int:
    """Return how many connections to the database wait for a lock."""
    with connect(dsn) as connection, transaction(connection) as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]


def terminate(dsn: str, where: str) -> int:
    """End the connections to the database that `where` names; return how many there were."""
    with connect(dsn) as connection, transaction(connection) as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            f" WHERE datname = current_database() AND pid <> pg_backend_pid() AND {where}"
        )
        return cursor.fetchone()[0]


def until(condition, seconds: float = 60) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("waited in vain")
        time.sleep(0.005)
