"""Waiting for new events: the store says so on a channel after each commit."""

import select

from eventstore.connection import Connection

CHANNEL = "orderproof_log"
"""Where the database tells the newest position at each commit; `append` in SQL names it, too."""


def listen(connection: Connection) -> None:
    """Have a connection hear of new events. It takes no transactions from here on."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")


def wait(connection: Connection, seconds: float) -> bool:
    """Wait for new events, at most so long; tell whether there are any.

    What came before this call counts as well, so nothing is missed between two calls.

    Raises:
        psycopg2.OperationalError: the connection is lost.
    """
    connection.poll()
    if not connection.notifies:
        select.select([connection], [], [], seconds)
        connection.poll()
    heard = bool(connection.notifies)
    connection.notifies.clear()
    return heard
