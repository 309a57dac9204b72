"""Holding a read model against the one that was made anew beside it."""

import msgspec
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from projections import bookkeeping
from projections.projection import VIEWS, WORKSHOP, Projection
from projections.workshop import Workshop

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


def compare(connection: Connection, workshop: Workshop) -> list[Difference]:
    """Compare what is read with what was made anew, as far as both have read the log.

    Events may come meanwhile: an order that has newer ones than both sides have read is not
    compared. Neither is a read model that another version of the code made, or none.

    Args:
        connection: no transaction is open on it.
        workshop: built.
    """
    # One snapshot, so that rows and positions are of the same moment.
    with connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        states = bookkeeping.read_states(cursor, workshop.projections)
        workshop.keep_altered(cursor)
        return [
            _compare(cursor, p, min(states[p.name].position, workshop.position))
            for p in workshop.projections
            if states[p.name].version == p.version
        ]


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
