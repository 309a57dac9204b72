"""The log as a session over HTTP may see it: in a role that writes nothing, order by order."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg2

from domain.line import Line
from domain.stream import stream_id
from eventstore.connection import Cursor
from eventstore.errors import StoreUnavailableError
from eventstore.log import LINE, line_of
from eventstore.pool import Pool

ROLE = "orderproof_auditor"

_PATIENCE = "5s"


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a session may see; the database itself enforces it.

    Args:
        shops: whose orders; empty for those of all shops, and what belongs to none.
        first_day: only orders that began on this UTC day or later, YYYY-MM-DD.
        last_day: only orders that began on this day or before.
    """

    shops: tuple[str, ...] = ()
    first_day: str | None = None
    last_day: str | None = None


@contextmanager
def session(pool: Pool, scope: Scope) -> Iterator[Cursor]:
    """Lend a cursor that sees what a scope allows, at one moment, and writes nothing.

    Args:
        pool: of connections in `ROLE`.
        scope: what may be seen.

    Raises:
        StoreUnavailableError: the read models that say it were not made yet.
    """
    try:
        with _session(pool, scope) as cursor:
            yield cursor
    except psycopg2.errors.UndefinedTable:
        raise StoreUnavailableError(
            "read models are being made; `orderproof worker project` makes them"
        ) from None


@contextmanager
def _session(pool: Pool, scope: Scope) -> Iterator[Cursor]:
    with pool.transaction() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(
            # Rows come by an index in the sequence that is asked for, so that a limit ends early.
            "SELECT set_config('enable_bitmapscan', 'off', true),"
            " set_config('statement_timeout', %s, true),"
            " set_config('orderproof.every_shop', %s, true),"
            " set_config('orderproof.shops', %s, true),"
            " set_config('orderproof.first_day', %s, true),"
            " set_config('orderproof.last_day', %s, true)",
            (
                _PATIENCE,
                "" if scope.shops else "yes",
                "/".join(scope.shops),
                scope.first_day or "",
                scope.last_day or "",
            ),
        )
        yield cursor


def size(cursor: Cursor) -> int:
    """Return the newest position of the log, whoever may see what is there."""
    cursor.execute("SELECT position FROM log_head")
    [(position,)] = cursor.fetchall()
    return int(position)


def reached(cursor: Cursor, models: tuple[str, ...]) -> int:
    """Return the position up to which all of these read models are."""
    cursor.execute(
        "SELECT coalesce(min(position), 0) FROM projections WHERE name = ANY (%s)", (list(models),)
    )
    [(position,)] = cursor.fetchall()
    return int(position)


def lines(
    cursor: Cursor, stream: str, upto: int, after_version: int = 0, limit: int | None = None
) -> list[Line]:
    """Return a stream's lines by version; none of one that the session may not see.

    Args:
        cursor: see `session`.
        stream: name of the stream.
        upto: position of the last line that counts.
        after_version: the last version that does not count.
        limit: how many at most.
    """
    cursor.execute(
        f"SELECT {LINE} FROM reading.events e WHERE stream_id = %s AND version > %s"
        " AND position <= %s ORDER BY version LIMIT %s",
        (str(stream_id(stream)), after_version, upto, limit),
    )
    return [line_of(row) for row in cursor.fetchall()]


def head(cursor: Cursor, stream: str, upto: int) -> tuple[int, str] | None:
    """Return a stream's version and the hash, hex, of its last line up to a position."""
    cursor.execute(
        "SELECT version, encode(hash, 'hex') FROM reading.events"
        " WHERE stream_id = %s AND position <= %s ORDER BY version DESC LIMIT 1",
        (str(stream_id(stream)), upto),
    )
    rows = cursor.fetchall()
    return rows[0] if rows else None


def window(
    cursor: Cursor, after: int, upto: int, limit: int, type: str | None = None
) -> list[Line]:
    """Return lines of all streams at `after` < position ≤ `upto`, by position.

    Args:
        cursor: see `session`.
        after: the last position that does not count.
        upto: the last one that does.
        limit: how many at most.
        type: of these events only.
    """
    cursor.execute(
        f"SELECT {LINE} FROM reading.events e WHERE position > %s AND position <= %s"
        " AND (%s IS NULL OR type = %s) ORDER BY position LIMIT %s",
        (after, upto, type, type, limit),
    )
    return [line_of(row) for row in cursor.fetchall()]


def at(cursor: Cursor, position: int) -> Line | None:
    """Return the line at a position."""
    cursor.execute(f"SELECT {LINE} FROM reading.events e WHERE position = %s", (position,))
    rows = cursor.fetchall()
    return line_of(rows[0]) if rows else None


def named(cursor: Cursor, id: str, source: str | None, limit: int) -> list[tuple[str, int]]:
    """Return source and position of the events of an id, by source.

    Args:
        cursor: see `session`.
        id: unique within a source.
        source: only this one.
        limit: how many at most.
    """
    cursor.execute(
        "SELECT source, position FROM reading.event_ids"
        " WHERE id = %s AND (%s IS NULL OR source = %s) ORDER BY source LIMIT %s",
        (id, source, source, limit),
    )
    return cursor.fetchall()


def lines_of(cursor: Cursor, streams: Sequence[str], upto: int) -> dict[str, list[Line]]:
    """Return the lines of several streams up to a position, by stream and version."""
    cursor.execute(
        f"SELECT {LINE} FROM reading.events e WHERE stream_id = ANY (%s::uuid[])"
        " AND position <= %s ORDER BY stream_id, version",
        ([str(stream_id(stream)) for stream in streams], upto),
    )
    found: dict[str, list[Line]] = {}
    for row in cursor.fetchall():
        line = line_of(row)
        found.setdefault(line.stream, []).append(line)
    return found


def sizes(cursor: Cursor, streams: Sequence[str], upto: int) -> dict[str, int]:
    """Return how many bytes the bodies of several streams have up to a position, by stream."""
    cursor.execute(
        "SELECT stream, sum(octet_length(body))::bigint FROM reading.events"
        " WHERE stream_id = ANY (%s::uuid[]) AND position <= %s GROUP BY stream",
        ([str(stream_id(stream)) for stream in streams], upto),
    )
    return dict(cursor.fetchall())


def bodies(
    cursor: Cursor, after: int, upto: int, most: int, types: Sequence[str] | None = None
) -> tuple[list[tuple[Any, ...]], int]:
    """Return the events at `after` < position ≤ `upto` as they are stored, by position.

    Args:
        cursor: see `session`.
        after: the last position that does not count.
        upto: the last one that does.
        most: bytes of bodies after which no further event is begun.
        types: of these only; None for all.

    Returns:
        Rows of position, version, time as the database tells it, stream, type, body and hash, hex;
        and the position up to which they are.
    """
    cursor.execute(
        "SELECT position, version, recorded_at::text, stream, type,"
        " CASE WHEN before < %s THEN convert_from(body, 'UTF8') END, encode(hash, 'hex')"
        " FROM (SELECT *, sum(octet_length(body)) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING)"
        " - octet_length(body) AS before FROM reading.events WHERE position > %s AND position <= %s"
        " AND (%s::text[] IS NULL OR type = ANY (%s))) e ORDER BY position",
        (most, after, upto, None if types is None else list(types), list(types or ())),
    )
    rows = cursor.fetchall()
    count = next((n for n, row in enumerate(rows) if row[5] is None), len(rows))
    return rows[:count], upto if count == len(rows) else int(rows[count - 1][0])
