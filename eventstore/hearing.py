"""When each source was heard of, by the hour: read from the log itself, a window of it."""

from collections.abc import Iterator
from typing import NamedTuple

import psycopg2

from domain.errors import InvalidInputError
from domain.stream import ORDER
from domain.time import instant
from eventstore.connection import Connection, transaction
from eventstore.errors import StoreAlteredError

_UNLINKED = "/unlinked/"
_HOUR = 3_600_000_000


class Heard(NamedTuple):
    """An hour in which a source was heard of; hours in microseconds since 1970 UTC.

    Args:
        source: who; of a message that waits for its order, as if it did not.
        shop: of which.
        happened: by the source's own claim.
        recorded: when it came in.
    """

    source: str
    shop: str
    happened: int
    recorded: int


def heard(connection: Connection, since: str) -> Iterator[Heard]:
    """Return the hours of what was recorded since a time, each once.

    Args:
        connection: may read the log; no transaction is open on it.
        since: RFC 3339; nothing that was recorded before is looked at.

    Raises:
        StoreAlteredError: an event cannot be read, so who was heard cannot be told.
    """
    try:
        with transaction(connection) as cursor:
            after = _first(cursor, since)
            cursor.execute(
                "SELECT DISTINCT b.said ->> 'source', split_part(e.stream, '/', 2),"
                " left(b.said ->> 'occurred_at', 13),"
                " substring(b.said ->> 'occurred_at' from '[+-][0-9]{2}:[0-9]{2}$'),"
                " floor(extract(epoch FROM e.recorded_at) / 3600)::bigint"
                " FROM events e,"
                " LATERAL (SELECT convert_from(e.body, 'UTF8')::jsonb AS said OFFSET 0) b"
                " WHERE e.position >= %s AND starts_with(e.stream, %s)",
                (after, ORDER),
            )
            rows = cursor.fetchall()
    except psycopg2.DataError as error:
        raise StoreAlteredError(
            "an event of the store cannot be read, so it is not what was recorded, and nobody can "
            "tell who was heard. Find it: orderproof rebuild"
        ) from error
    for source, shop, hour, offset, recorded in rows:
        try:
            at = instant(f"{hour}:00:00{offset or 'Z'}")
        except (InvalidInputError, TypeError):
            continue
        yield Heard(source.replace(_UNLINKED, "/", 1), shop, at, recorded * _HOUR)


def _first(cursor: psycopg2.extensions.cursor, since: str) -> int:
    """Return the first position that was recorded since a time: they were recorded in order."""
    cursor.execute("SELECT position FROM log_head")
    [(high,)] = cursor.fetchall()
    low = 1
    while low < high:
        middle = (low + high) // 2
        cursor.execute(
            "SELECT recorded_at < %s::timestamptz FROM events WHERE position = %s", (since, middle)
        )
        earlier = cursor.fetchone()
        if earlier is not None and earlier[0]:
            low = middle + 1
        else:
            high = middle
    return int(low)


def recorded_ids(connection: Connection, source: str, beginning: str) -> list[tuple[str, str]]:
    """Return id and stream of the events of a source whose ids begin so; answered by an index."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT i.id, e.stream FROM event_ids i JOIN events e USING (position)"
            " WHERE i.source = %s AND i.id >= %s AND i.id < %s ORDER BY 1",
            (source, beginning, beginning + "\U0010ffff"),
        )
        return [(id_, stream) for id_, stream in cursor.fetchall()]
