"""Wiring: from a data folder to an open store with its projections."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache

import msgspec

from eventstore import blind_index
from eventstore.connection import Connection, connect
from eventstore.projection_log import ProjectionLog
from eventstore.stream_keys import KeyRing
from orderproof.installation import Installation, database
from orderproof.keys import Keys
from projections import runner
from projections.compensation_ledger import COMPENSATION_LEDGER
from projections.desk_clock import DESK_CLOCK
from projections.lead_time import LEAD_TIME
from projections.log_source import LogSource
from projections.open_claim import OPEN_CLAIM
from projections.order_exception import ORDER_EXCEPTION
from projections.order_lookup import ORDER_LOOKUP
from projections.order_summary import ORDER_SUMMARY
from projections.order_twin import ORDER_TWIN
from projections.person_index import person_index
from projections.projection import Projection
from projections.refund_clock import REFUND_CLOCK
from projections.refund_index import REFUND_INDEX
from projections.tracking_table import TRACKING_TABLE
from projections.unchecked_order import UNCHECKED_ORDER

PROJECTOR = "orderproof_projector"


class Store(msgspec.Struct, frozen=True):
    """An open installation.

    Args:
        installation: the data folder.
        dsn: of its database; may hold a password.
        keys: its secrets.
        ring: seals and opens personal data.
        connection: for writing.
        views: for feeding and querying read models, in the role that owns them.
        log: the log as projections read it, over a connection of its own, so that reading goes on
            while rows are written.
        projections: all there are.
        person_key: returns what keys the blind indexes.
    """

    installation: Installation
    dsn: str
    keys: Keys
    ring: KeyRing
    connection: Connection
    views: Connection
    log: LogSource
    projections: tuple[Projection, ...]
    person_key: Callable[[], bytes]

    def __repr__(self) -> str:
        return f"Store({self.installation.data})"


@contextmanager
def open_store(installation: Installation, *, wait: bool = True) -> Iterator[Store]:
    """Open the database of a data folder; its keys are read when they are needed.

    `wait` is as for `installation.database`.
    """
    secrets = Keys(installation.keys_folder, installation.settings.kms_key_id)
    ring = KeyRing(lambda: secrets.personal_data)

    @cache
    def person_key() -> bytes:
        return blind_index.derive_key(secrets.personal_data)

    with (
        database(installation, wait=wait) as dsn,
        connect(dsn) as connection,
        connect(dsn, PROJECTOR) as views,
        connect(dsn, PROJECTOR) as reading,
    ):
        yield Store(
            installation=installation,
            dsn=dsn,
            keys=secrets,
            ring=ring,
            connection=connection,
            views=views,
            log=ProjectionLog(reading, ring),
            projections=all_projections(person_key),
            person_key=person_key,
        )


def all_projections(person_key: bytes | Callable[[], bytes]) -> tuple[Projection, ...]:
    """Return every projection.

    Args:
        person_key: keys the blind indexes, or returns what does when it is needed.
    """
    return (
        ORDER_SUMMARY,
        ORDER_LOOKUP,
        person_index(person_key),
        REFUND_CLOCK,
        OPEN_CLAIM,
        REFUND_INDEX,
        TRACKING_TABLE,
        DESK_CLOCK,
        UNCHECKED_ORDER,
        ORDER_TWIN,
        ORDER_EXCEPTION,
        COMPENSATION_LEDGER,
        LEAD_TIME,
    )


def catch_up(
    store: Store,
    progress: Callable[[int, int], None] | None = None,
    only: Collection[str] = (),
) -> None:
    """Bring projections to the newest position.

    Args:
        store: the open installation.
        progress: called with the position reached and the one to reach.
        only: names of those that are asked next, so that nobody waits for the others; else all.
    """
    chosen = [one for one in store.projections if not only or one.name in only]
    runner.catch_up(store.views, store.log, chosen, progress)
