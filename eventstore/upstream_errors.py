"""The driver's errors as those that `eventsourcing` names alike and its users expect."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from eventsourcing import persistence

from eventstore.connection import is_away

# Subclasses before their bases.
_UPSTREAM: tuple[tuple[type[psycopg2.Error], type[persistence.PersistenceError]], ...] = (
    (psycopg2.DataError, persistence.DataError),
    (psycopg2.OperationalError, persistence.OperationalError),
    (psycopg2.IntegrityError, persistence.IntegrityError),
    (psycopg2.InternalError, persistence.InternalError),
    (psycopg2.ProgrammingError, persistence.ProgrammingError),
    (psycopg2.NotSupportedError, persistence.NotSupportedError),
    (psycopg2.DatabaseError, persistence.DatabaseError),
    (psycopg2.InterfaceError, persistence.InterfaceError),
    (psycopg2.Error, persistence.PersistenceError),
)

# Classes of SQLSTATE whose first line never quotes a parameter: connections, integrity, resources,
# state, an operator's doing. Others do: `malformed array literal: "…"`.
_DISCREET = ("08", "23", "40", "53", "55", "57")


@contextmanager
def upstream_errors() -> Iterator[None]:
    """Raise an error of the driver as `eventsourcing`'s own of the same name.

    The driver's error is not chained to it: its details quote the event, which may be personal.
    """
    try:
        yield
    except psycopg2.Error as error:
        if is_away(error) and not isinstance(error, psycopg2.InterfaceError):
            raise persistence.OperationalError(_message(error)) from None
        kind = next(ours for theirs, ours in _UPSTREAM if isinstance(error, theirs))
        raise kind(_message(error)) from None


def _message(error: psycopg2.Error) -> str:
    state = error.pgcode
    if state is None:  # it comes from the driver, not from the server
        return str(error).strip()
    if state.startswith(_DISCREET):
        return f"{error.diag.message_primary} (SQLSTATE {state})"
    return f"the database refused the statement (SQLSTATE {state})"
