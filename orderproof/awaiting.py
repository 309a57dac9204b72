"""Waiting for a database server that is not ours to start."""

import time

import psycopg2

from orderproof import terminal
from orderproof.errors import CANNOT_TELL, CommandError

_LONGEST_PAUSE = 1.0
_PATIENCE = (2.0, 10.0)  # seconds for one try; libpq takes less than 2 for 2

# What a server says that will be ready soon; anything else that it says does not pass by waiting.
_SOON = ("the database system is", "too many clients", "connection slots")


def await_server(dsn: str, seconds: float) -> None:
    """Wait until the server takes a connection, and say on stderr that this waits.

    Raises:
        CommandError: it did not in time, or it refuses this login.
    """
    deadline = time.monotonic() + seconds
    pause = 0.1
    told = False
    while (said := _refusal(dsn, deadline - time.monotonic())) is not None:
        if not _passes(said):
            raise CommandError(
                "the database server refuses the connection. Next: check the user, the password "
                "and the name of the database in ORDERPROOF_DATABASE_URL.",
                CANNOT_TELL,
            )
        left = deadline - time.monotonic()
        if left <= 0:
            raise CommandError(
                f"the database did not answer within {seconds:g} s. Next: start it, or correct "
                "ORDERPROOF_DATABASE_URL, and run the same command again; to wait longer set "
                "ORDERPROOF_DATABASE_WAIT.",
                CANNOT_TELL,
            )
        if not told:
            terminal.complain(f"the database does not answer; waiting for it up to {seconds:g} s")
            told = True
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _refusal(dsn: str, left: float) -> str | None:
    """Return why no connection came about; None where one did."""
    shortest, longest = _PATIENCE
    try:
        psycopg2.connect(dsn, connect_timeout=int(min(max(left, shortest), longest))).close()
    except psycopg2.OperationalError as error:
        return str(error)
    return None


def _passes(said: str) -> bool:
    if "no password supplied" in said:
        return False
    return "FATAL:" not in said or any(reason in said for reason in _SOON)
