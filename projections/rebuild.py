"""Making read models anew beside those that are read, and putting them in their place."""

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from projections import bookkeeping, tables
from projections.comparing import Difference, compare
from projections.fold import Failure, Pair
from projections.log_source import KeysUnavailableError, LogSource
from projections.projection import VIEWS, Projection
from projections.workshop import Progress, Workshop

_LOCK = 0x6F70  # of advisory locks: ours, by projection
_SWAP_LOCK_TIMEOUT = "500ms"
_SWAP_PATIENCE = 300.0
_POLL = 0.25


class SwapBlockedError(Exception):
    """Readers hold the old table for so long that the new one cannot take its place."""


class Rebuilt(msgspec.Struct, frozen=True):
    """What a rebuild did.

    Args:
        position: everything up to here is in the read models.
        events: how many events of orders were read.
        failures: the orders that are set aside now, by projection and stream id.
        differences: of the new rows from those that were read until now, but for read models that
            another version of the code had made, or none.
    """

    position: int
    events: int
    failures: dict[Pair, Failure]
    differences: list[Difference]


def rebuild(
    connection: Connection,
    log: LogSource,
    projections: Sequence[Projection],
    progress: Progress | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> Rebuilt:
    """Make read models again from the first event, all in one pass over the log.

    Readers see the old rows until the new table takes their place, in one short transaction. What
    the two hold otherwise is found before, so that it is known whether the old one was right. A
    crash leaves the old one, and what was half made is thrown away by the next rebuild. Memory
    does not grow with the log. Set-aside orders are tried again.

    Args:
        connection: no transaction is open on it.
        log: reads over a connection of its own.
        projections: to make again.
        progress: called with the events read and the newest position.
        notice: told what this waits for, again and again.

    Raises:
        KeysUnavailableError: one reads personal data, and the keys do not open.
        SwapBlockedError: readers did not let go of the old table.
    """
    with alone(connection, projections, notice):
        workshop = Workshop(connection, log, projections, progress)
        workshop.build()
        workshop.catch_up()
        differences = compare(connection, workshop)
        put_in_place(connection, workshop, notice)
        return Rebuilt(workshop.position, workshop.events, workshop.failures, differences)


def make_current(
    connection: Connection,
    log: LogSource,
    projections: Sequence[Projection],
    progress: Progress | None = None,
) -> list[Projection]:
    """Rebuild the read models that another version of the code made, or none.

    Returns:
        The projections that can go on: not those whose keys do not open.
    """
    if not stale(connection, projections):
        return list(projections)

    def waiting(_: str) -> None:
        if progress is not None:
            progress(0, 0)

    with alone(connection, projections, waiting):
        wanted = stale(connection, projections)  # somebody else may have done it meanwhile
        try:
            _rebuild_now(connection, log, wanted, progress)
        except KeysUnavailableError as error:
            _rebuild_now(connection, log, [p for p in wanted if not p.opened], progress)
            with connection, connection.cursor() as cursor:
                for projection in projections:
                    if projection.opened:
                        _stop(cursor, projection, str(error))
            return [p for p in projections if not p.opened]
    return list(projections)


def _stop(cursor: psycopg2.extensions.cursor, projection: Projection, reason: str) -> None:
    bookkeeping.lock_states(cursor, [projection])
    if not tables.exists(cursor, projection):
        tables.make(cursor, VIEWS, projection)
        tables.make_indexes(cursor, VIEWS, projection)
    bookkeeping.stop(cursor, projection, reason)


def _rebuild_now(
    connection: Connection,
    log: LogSource,
    projections: Sequence[Projection],
    progress: Progress | None,
) -> None:
    if projections:
        workshop = Workshop(connection, log, projections, progress)
        workshop.build()
        put_in_place(connection, workshop, lambda _: None)


def stale(connection: Connection, projections: Sequence[Projection]) -> list[Projection]:
    """Return the projections whose read model another version of the code made, or none."""
    with connection, connection.cursor() as cursor:
        states = bookkeeping.read_states(cursor, projections)
    return [p for p in projections if states[p.name].version != p.version]


@contextmanager
def alone(
    connection: Connection, projections: Sequence[Projection], notice: Callable[[str], None]
) -> Iterator[None]:
    """Hold the right to make these read models anew; waits while somebody else has it."""
    locks = sorted((zlib.crc32(p.name.encode()) & 0x7FFFFFFF, p.name) for p in projections)
    try:
        for lock, name in locks:
            while not _try_lock(connection, lock):
                notice(f"another rebuild of {name} is running; waiting for it")
                time.sleep(_POLL)
        yield
    finally:
        if not connection.closed:
            connection.rollback()
            with connection, connection.cursor() as cursor:
                for lock, _ in locks:
                    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", (_LOCK, lock))


def _try_lock(connection: Connection, lock: int) -> bool:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", (_LOCK, lock))
        [(held,)] = cursor.fetchall()
    return bool(held)


def put_in_place(connection: Connection, workshop: Workshop, notice: Callable[[str], None]) -> None:
    """Catch the new tables up, and swap, as soon as readers of the old ones let us.

    Raises:
        SwapBlockedError: they did not in five minutes.
    """
    deadline = time.monotonic() + _SWAP_PATIENCE
    pause = 0.05
    while True:
        workshop.catch_up()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{_SWAP_LOCK_TIMEOUT}'")
                # From here to the commit nobody moves the old ones, so the last events are few.
                bookkeeping.lock_states(cursor, workshop.projections)
                workshop.catch_up_to_the_last(cursor)
                workshop.keep_altered(cursor)
                for projection in workshop.projections:
                    tables.swap(cursor, projection)
                    bookkeeping.replace(cursor, projection, workshop.position, workshop.key_epoch)
                    bookkeeping.keep_only(cursor, projection, workshop.failures)
            return
        except psycopg2.errors.LockNotAvailable:
            if time.monotonic() > deadline:
                raise SwapBlockedError(
                    "readers hold the old table; the new one was not put in its place. "
                    "End their transactions and run the same command again."
                ) from None
            notice("waiting for readers of the old table")
            time.sleep(pause)
            pause = min(2 * pause, 2.0)
