"""Connections to PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

__all__ = ["Connection", "Cursor", "connect", "transaction"]


@contextmanager
def connect(dsn: str) -> Iterator[Connection]:
    """Open a connection and close it at the end."""
    # Short statements gain nothing from the just-in-time compiler, and PostgreSQL 15 starts it.
    connection = psycopg2.connect(dsn, options="-c jit=off -c timezone=UTC")
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def transaction(connection: Connection) -> Iterator[Cursor]:
    """Run a block as one transaction: committed at its end, rolled back by an exception."""
    with connection, connection.cursor() as cursor:
        yield cursor
