"""Connections to PostgreSQL."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

__all__ = [
    "FOR_CALLERS",
    "Connection",
    "Cursor",
    "connect",
    "has_news",
    "is_away",
    "open_connection",
    "transaction",
]

# A server that is cut off is given up within half a minute, not after the system's two hours.
_WATCHED: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

# Short statements gain nothing from the just-in-time compiler, and PostgreSQL 15 starts it. A
# transaction that its client forgot would hold up vacuum, and the writers if it holds their lock:
# it is ended after a minute. Who waits for a lock outlives it, and does not wait for ever.
_SETTINGS = (
    "-c jit=off -c timezone=UTC -c idle_in_transaction_session_timeout=60s -c lock_timeout=75s"
    # A client whose machine is gone in the middle of COPY is not idle, and no timeout ends it. So
    # that it does not hold the writers' lock for the system's two hours, the server asks sooner.
    " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)

# Array literals and rows of COPY are written here and times read here as these say, and tables are
# named without their schema: what the login, the database or PGCLIENTENCODING say otherwise would
# change what is stored, or where.
_OUR_FORMS = "-c datestyle=ISO -c standard_conforming_strings=on -c search_path=public,pg_temp"

FOR_CALLERS = "-c lock_timeout=10s -c statement_timeout=20s"
"""Settings of connections on which callers wait: they are told soon, and may try again."""


def open_connection(dsn: str, role: str | None = None, settings: str = "") -> Connection:
    """Open a connection, with the rights of `role` alone where one is named.

    Args:
        dsn: of the server and database.
        role: database role that is taken on.
        settings: further server settings, as `-c name=value`.

    Raises:
        psycopg2.OperationalError: the server cannot be reached, or the role not be taken.
    """
    role_option = f" -c role={role}" if role else ""
    options = f"{_SETTINGS} {_OUR_FORMS}{role_option} {settings}"
    opened: Connection = psycopg2.connect(dsn, options=options, client_encoding="UTF8", **_WATCHED)
    return opened


@contextmanager
def connect(dsn: str, role: str | None = None) -> Iterator[Connection]:
    """Open a connection and close it at the end; see `open_connection`."""
    connection = open_connection(dsn, role)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def transaction(connection: Connection) -> Iterator[Cursor]:
    """Run a block as one transaction: committed at its end, rolled back by an exception."""
    with connection, connection.cursor() as cursor:
        yield cursor


def has_news(connection: Connection) -> bool:
    """Tell whether the server sent something to an idle connection: that it is going away."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def is_away(error: BaseException) -> bool:
    """Tell whether an error says that the server is away, went away, or gives no answer for now.

    What was under way is then stored or not.
    """
    if isinstance(error, _AWAY):
        return True
    # What the driver makes of a server that dies in the middle of its answer.
    return type(error) is psycopg2.DatabaseError and error.pgcode is None


_AWAY = (
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    psycopg2.errors.IdleInTransactionSessionTimeout,
)
