"""The one PostgreSQL of a run, durable as the service starts it, and databases on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn

from orderproof import migrations, postgres

# The library keeps up to 15 connections a process; ours two.
_SETTINGS = {"max_connections": "128"}
_MIGRATED = "migrated"

TOLD = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "shared_buffers",
    "max_wal_size",
    "max_connections",
    "autovacuum",
    "jit",
)
"""Settings that a report names."""


class Server:
    """A running server.

    Args:
        dsn: of its owner.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._databases = 0
        self._run(f"CREATE DATABASE {_MIGRATED}")
        migrations.migrate(make_dsn(dsn, dbname=_MIGRATED))

    def settings(self) -> dict[str, str]:
        """Return the settings that matter, as the server has them.

        Raises:
            AssertionError: it is not durable, so that no figure would mean anything.
        """
        rows = self._run("SELECT name, setting || coalesce(unit, '') FROM pg_settings")
        found = {name: value for name, value in rows if name in TOLD}
        if (found["fsync"], found["synchronous_commit"]) != ("on", "on"):
            raise AssertionError("the server must be durable")
        return {name: found[name] for name in TOLD}

    def database(self, *, migrated: bool) -> str:
        """Make a database, with our tables or empty, and return its DSN."""
        self._databases += 1
        name = f"bench_{self._databases}"
        template = _MIGRATED if migrated else "template1"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return make_dsn(self.dsn, dbname=name)

    def settle(self) -> None:
        """Write out what is in memory, so that nobody pays for who was measured before."""
        self._run("CHECKPOINT")

    def _run(self, statement: str) -> list[tuple[str, str]]:
        connection = psycopg2.connect(self.dsn)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Have a fresh server run in a folder."""
    password = folder / "postgres.password"
    with postgres.running(folder / "postgres", password, postgres.binaries(), _SETTINGS) as dsn:
        yield Server(dsn)
