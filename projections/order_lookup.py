"""Find an order by its number, a tracking number, a PSP reference or a refund reference."""

import hashlib
from collections.abc import Sequence

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from domain.event import Event
from domain.lookup import order_keys
from domain.stream import split_order_stream
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.order_lookup"


def find(connection: Connection, key: str) -> list[str]:
    """Return the streams of the orders that a key names, sorted; none if nothing has it."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT s.stream FROM {TABLE} l JOIN streams s USING (stream_id)"
            " WHERE l.key_digest = %s ORDER BY 1",
            (digest(key),),
        )
        return [stream for (stream,) in cursor.fetchall()]


def find_readable(cursor: Cursor, key: str, limit: int) -> list[str]:
    """Return the streams of the orders that a key names and the session may see, sorted."""
    cursor.execute(
        f"SELECT DISTINCT s.stream FROM {TABLE} l JOIN reading.streams s USING (stream_id)"
        " WHERE l.key_digest = %s ORDER BY 1 LIMIT %s",
        (digest(key), limit),
    )
    return [stream for (stream,) in cursor.fetchall()]


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    shop, number = split_order_stream(stream) or ("", stream)
    found = sorted(order_keys(shop, number, events))
    return [(shop, kind, key, digest(key)) for kind, key in found]


def digest(key: str) -> bytes:
    """Return the SHA-256 of a key, by which it is looked up."""
    return hashlib.sha256(key.encode()).digest()


ORDER_LOOKUP = Projection(
    name="order_lookup",
    version=3,
    columns=("shop", "kind", "key", "key_digest"),
    key=("key_digest", "kind", "stream_id"),
    rows=_rows,
    ddl=read_ddl(__file__),
)
