"""How far read models are, who looks after them, and what is set aside. Reads only."""

from collections.abc import Sequence

import msgspec
from psycopg2.extensions import connection as Connection  # noqa: N812

from projections import bookkeeping
from projections.projection import Projection


class SetAside(msgspec.Struct, frozen=True):
    """An order that a projection cannot go on with; see `fold.Failure` for what the words mean."""

    projection: str
    stream_id: str
    stream: str
    position: int
    attempts: int
    error: str
    place: str
    altered: bool
    first_seen: str
    last_seen: str


class ModelStatus(msgspec.Struct, frozen=True):
    """Where a read model stands.

    Args:
        name: of the projection.
        version: of the code that made the rows; 0 where there are none, see `State`.
        code_version: of this code.
        position: everything up to here is in the rows.
        lag: how many events are not.
        seconds_since_progress: since the position moved; None where it never did.
        heartbeat_age: seconds since somebody looked after it, moving or not.
        stopped: why it stands still; None where it does not.
        set_aside: orders that it goes on without.
    """

    name: str
    version: int
    code_version: int
    position: int
    lag: int
    seconds_since_progress: float | None
    heartbeat_age: float | None
    stopped: str | None
    set_aside: tuple[SetAside, ...]


def read(connection: Connection, size: int, projections: Sequence[Projection]) -> list[ModelStatus]:
    """Return the status of read models.

    Args:
        connection: no transaction is open on it.
        size: the newest position.
        projections: of which.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, extract(epoch FROM now() - advanced_at)::float8,"
            " extract(epoch FROM now() - heartbeat_at)::float8, stopped FROM projections"
        )
        known = {name: rest for name, *rest in cursor.fetchall()}
        states = bookkeeping.read_states(cursor, projections)
    aside = set_aside_orders(connection, projections)
    found = []
    for projection in projections:
        progress, heartbeat, stopped = known.get(projection.name, (None, None, None))
        state = states[projection.name]
        found.append(
            ModelStatus(
                name=projection.name,
                version=state.version,
                code_version=projection.version,
                position=state.position,
                lag=max(size - state.position, 0),
                seconds_since_progress=progress,
                heartbeat_age=heartbeat,
                stopped=stopped,
                set_aside=tuple(each for each in aside if each.projection == projection.name),
            )
        )
    return found


def set_aside_orders(connection: Connection, projections: Sequence[Projection]) -> list[SetAside]:
    """Return the orders that are set aside for these projections, by projection and position."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.projection, a.stream_id::text, coalesce(s.stream, a.stream_id::text),"
            " a.position, a.attempts, a.error, a.place, a.altered, utc_text(a.first_seen),"
            " utc_text(a.last_seen) FROM set_aside_orders a LEFT JOIN streams s USING (stream_id)"
            " WHERE a.projection = ANY (%s) ORDER BY a.projection, a.position",
            ([projection.name for projection in projections],),
        )
        return [SetAside(*row) for row in cursor.fetchall()]


def longest_transaction(connection: Connection) -> float | None:
    """Return for how many seconds the oldest other transaction of this database is open.

    A role that may not see other roles' sessions sees its own only.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM max(clock_timestamp() - xact_start))::float8"
            " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        [(seconds,)] = cursor.fetchall()
    return None if seconds is None else float(seconds)
