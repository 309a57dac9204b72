"""Find an order by its number, a tracking number, a PSP reference or a refund reference."""

import hashlib
from collections.abc import Sequence

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extras import execute_values

from domain.line import Line
from domain.lookup import lookup_keys
from domain.stream import stream_id
from projections.runner import Projection, Reader, read_event


def find(connection: Connection, key: str) -> list[str]:
    """Return the streams of the orders that a key names, sorted; none if nothing has it."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT s.stream FROM order_lookup l JOIN streams s USING (stream_id)"
            " WHERE l.key_digest = %s ORDER BY 1",
            (_digest(key),),
        )
        return [stream for (stream,) in cursor.fetchall()]


def _apply(cursor: Cursor, _reader: Reader, lines: Sequence[Line], _upto: int) -> None:
    found = {
        (_digest(key), kind, str(stream_id(line.stream)), key)
        for line in lines
        for kind, key in lookup_keys(read_event(line))
    }
    execute_values(
        cursor,
        "INSERT INTO order_lookup (key_digest, kind, stream_id, key) VALUES %s"
        " ON CONFLICT DO NOTHING",
        sorted(found),
        template="(%s, %s, %s::uuid, %s)",
        page_size=1_000,
    )


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


ORDER_LOOKUP = Projection(
    name="order_lookup",
    table="order_lookup",
    key=("key_digest", "kind", "stream_id"),
    apply=_apply,
)
