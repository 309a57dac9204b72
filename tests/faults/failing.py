"""Connections of which the n-th call fails: before it ran, or after, so that its answer is lost.

The method is SQLite's: fail the n-th call for n = 1, 2, 3 … until there is no n-th call. The
connection is lost with it, as when a network or a server goes away.
"""

from collections.abc import Callable
from typing import Any, Literal

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

Moment = Literal["before", "after"]


class Calls:
    """Counts the calls of all connections that are opened through `psycopg2.connect`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._connect = psycopg2.connect
        self.disarm()
        monkeypatch.setattr(psycopg2, "connect", self._open)

    def arm(self, n: int, moment: Moment) -> None:
        """Let the n-th call from now on fail, and no other."""
        self.made, self._n, self._moment = 0, n, moment

    def disarm(self) -> None:
        """Only count."""
        self.arm(0, "before")

    @property
    def failed(self) -> bool:
        """Whether the call that was to fail has been made."""
        return 0 < self._n <= self.made

    def make(self, run: Callable[[], Any], lose: Callable[[], None]) -> Any:
        """Make a call, or let it fail if it is its turn."""
        self.made += 1
        if self.made != self._n:
            return run()
        if self._moment == "after":
            run()
        lose()
        raise psycopg2.OperationalError("made to fail")

    def _open(self, dsn: str, **arguments: Any) -> Connection:
        opened: list[Connection] = []

        def run() -> Connection:
            opened.append(self._connect(dsn, connection_factory=self._factory(), **arguments))
            return opened[0]

        return self.make(run, lambda: [each.close() for each in opened])

    def _factory(self) -> type[Connection]:
        calls = self

        class FailingCursor(Cursor):
            def execute(self, *arguments: Any) -> None:
                make = super().execute
                calls.make(lambda: make(*arguments), self.connection.close)

            def copy_expert(self, *arguments: Any) -> None:
                make = super().copy_expert
                calls.make(lambda: make(*arguments), self.connection.close)

        class FailingConnection(Connection):
            def cursor(self, *arguments: Any, **named: Any) -> Cursor:
                return super().cursor(*arguments, cursor_factory=FailingCursor, **named)

            def commit(self) -> None:
                calls.make(super().commit, self.close)

        return FailingConnection
