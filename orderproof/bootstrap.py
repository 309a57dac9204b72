"""Wiring: from a data folder to an open store with its projections."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from eventstore import log
from eventstore.connection import Connection, connect
from eventstore.stream_keys import KeyRing
from orderproof import keys
from orderproof.installation import Installation, database
from orderproof.keys import Keys
from projections import runner
from projections.order_lookup import ORDER_LOOKUP
from projections.order_summary import ORDER_SUMMARY
from projections.runner import Projection, Reader

PROJECTIONS: tuple[Projection, ...] = (ORDER_SUMMARY, ORDER_LOOKUP)


class Store(msgspec.Struct, frozen=True):
    """An open installation.

    Args:
        installation: the data folder.
        dsn: of its database.
        keys: its secrets.
        ring: seals and opens personal data.
        connection: for writing, and for queries of read models.
        reader: the log as projections read it, over a connection of its own, so that reading goes
            on while a projection's transaction is open.
    """

    installation: Installation
    dsn: str
    keys: Keys
    ring: KeyRing
    connection: Connection
    reader: Reader


@contextmanager
def open_store(installation: Installation) -> Iterator[Store]:
    """Open the database and the keys of a data folder."""
    secrets = keys.read(installation.keys_folder)
    with database(installation) as dsn, connect(dsn) as connection, connect(dsn) as reading:
        yield Store(
            installation=installation,
            dsn=dsn,
            keys=secrets,
            ring=KeyRing(secrets.personal_data),
            connection=connection,
            reader=Reader(
                size=lambda: log.size(reading),
                lines=lambda after, upto: log.lines(reading, after, upto),
                streams=lambda streams, upto: log.lines_of_streams(reading, streams, upto),
            ),
        )


def catch_up(store: Store, progress: Callable[[int, int], None] | None = None) -> None:
    """Bring every projection to the newest position."""
    for projection in PROJECTIONS:
        runner.catch_up(store.connection, store.reader, projection, progress)
