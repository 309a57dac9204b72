"""Comparing read models with ones made anew from the whole log."""

from collections.abc import Callable, Sequence

import msgspec
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from projections import bookkeeping, tables
from projections.log_source import LogSource
from projections.projection import VIEWS, WORKSHOP, Projection
from projections.rebuild import alone
from projections.workshop import Progress, Workshop

_SHOWN = 20


class Difference(msgspec.Struct, frozen=True):
    """How a read model differs from one made anew.

    Args:
        name: of the projection.
        position: orders whose last event is up to here were compared.
        missing: rows that should be there.
        extra: rows that should not.
        different: rows with another content than they should have.
        streams: of the orders that these rows belong to; the first twenty.
    """

    name: str
    position: int
    missing: int
    extra: int
    different: int
    streams: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.extra or self.different)


def diff(
    connection: Connection,
    log: LogSource,
    projections: Sequence[Projection],
    progress: Progress | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> list[Difference]:
    """Make read models again on the side and compare them with those that are read.

    Events may come meanwhile: an order that has newer ones than both sides have read is not
    compared. Changes nothing that anybody reads.

    Raises:
        KeysUnavailableError: one reads personal data, and the keys do not open.
    """
    with alone(connection, projections, notice):
        workshop = Workshop(connection, log, projections, progress)
        workshop.build()
        workshop.catch_up()
        # One snapshot, so that rows and positions are of the same moment.
        with connection, connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            states = bookkeeping.read_states(cursor, projections)
            workshop.keep_altered(cursor)
            found = [
                _compare(cursor, p, min(states[p.name].position, workshop.position))
                for p in projections
            ]
        with connection, connection.cursor() as cursor:
            for projection in projections:
                tables.drop(cursor, projection)
    return found


def _compare(cursor: Cursor, projection: Projection, upto: int) -> Difference:
    columns = ("stream_id", *projection.columns)
    ours = ", ".join(f"l.{column}" for column in columns)
    theirs = ", ".join(f"r.{column}" for column in columns)
    same_key = " AND ".join(f"l.{column} = r.{column}" for column in projection.key)
    cursor.execute(
        f"""
        WITH compared AS (
            SELECT CASE WHEN l.stream_id IS NULL THEN 'missing'
                        WHEN r.stream_id IS NULL THEN 'extra' ELSE 'different' END AS kind,
                   coalesce(s.stream, l.stream_id::text) AS stream
            FROM {VIEWS}.{projection.name} l
            FULL JOIN {WORKSHOP}.{projection.name} r ON {same_key}
            LEFT JOIN streams s ON s.stream_id = coalesce(l.stream_id, r.stream_id)
            WHERE ROW ({ours}) IS DISTINCT FROM ROW ({theirs})
              AND coalesce(s.position, 0) <= %s
        )
        SELECT count(*) FILTER (WHERE kind = 'missing'), count(*) FILTER (WHERE kind = 'extra'),
               count(*) FILTER (WHERE kind = 'different'),
               (SELECT array_agg(stream) FROM (
                   SELECT DISTINCT stream FROM compared ORDER BY stream LIMIT %s) AS shown)
        FROM compared
        """,
        (upto, _SHOWN),
    )
    [(missing, extra, different, streams)] = cursor.fetchall()
    return Difference(projection.name, upto, missing, extra, different, tuple(streams or ()))
