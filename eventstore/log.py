"""Reading the log and single streams back, in the order in which they were recorded."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, TypeAlias

import psycopg2

from domain.errors import NewerSchemaError
from domain.event import Event
from domain.line import Line, decode, decode_row
from domain.stream import stream_id
from eventstore import opening
from eventstore.connection import Connection, transaction
from eventstore.errors import EventStoreError, StoreAlteredError
from eventstore.stream_keys import KeyRing

# A time in the database's own form is made in a third of the time that ours takes there.
LINE = "e.position, e.stream, e.version, e.type, e.recorded_at::text, encode(e.prev, 'hex'), e.body"
"""The columns that `line_of` reads, of the table events as `e`."""

Stored: TypeAlias = tuple[Any, ...]
"""A row that `event_of` reads: position, version, recorded_at, stream, type, body, and whatever
else was asked for behind them."""

_STORED = "e.position, e.version, e.recorded_at::text, e.stream, e.type"

_WINDOW = " FROM events e WHERE position > %s AND position <= %s ORDER BY position"
_BATCH = 2_000


def size(connection: Connection) -> int:
    """Return how many events the log holds: the newest position."""
    with transaction(connection) as cursor:
        cursor.execute("SELECT coalesce(max(position), 0) FROM log_head")
        [(position,)] = cursor.fetchall()
    return int(position)


def clock(connection: Connection) -> str:
    """Return the time of the store's clock in the form of `recorded_at`."""
    with transaction(connection) as cursor:
        cursor.execute("SELECT utc_text(log_clock())")
        [(moment,)] = cursor.fetchall()
    return str(moment)


def lines(connection: Connection, after: int, upto: int) -> Iterator[Line]:
    """Read the log at positions `after` < position ≤ `upto`, a batch at a time."""
    while after < upto:
        top = min(after + _BATCH, upto)
        with transaction(connection) as cursor:
            cursor.execute(
                f"SELECT {LINE}{_WINDOW}",
                (after, top),
            )
            rows = cursor.fetchall()
        for row in rows:
            yield line_of(row)
        after = top


def events(connection: Connection, after: int, upto: int) -> Iterator[Event]:
    """Read and decode the log at `after` < position ≤ `upto`, personal data sealed.

    The connection serves nothing else until the last event is read, or the iterator closed.

    Raises:
        StoreAlteredError: an event cannot be read, so it is not what was recorded.
    """
    windows = ((at, min(at + _BATCH, upto)) for at in range(after, upto, _BATCH))
    # The server works on the next batch while this one is decoded.
    with ThreadPoolExecutor(1) as ahead:
        coming: Future[list[Stored]] | None = None
        for window in windows:
            here, coming = coming, ahead.submit(stored, connection, _WINDOW, window)
            if here is not None:
                yield from map(event_of, here.result())
        if coming is not None:
            yield from map(event_of, coming.result())


def stored(
    connection: Connection, rest: str, parameters: Sequence[object], more: str = ""
) -> list[Stored]:
    """Read rows for `event_of`.

    Args:
        connection: no transaction is open on it.
        rest: the statement from `FROM` on; it names the table events `e`.
        parameters: of the statement.
        more: further columns, each behind a comma.
    """
    try:
        # As text a body takes half the bytes on the way and half the time at both ends.
        return _select(connection, "convert_from(e.body, 'UTF8')", more + rest, parameters)
    except psycopg2.errors.CharacterNotInRepertoire:
        # One of them is no text, so it is not what was recorded; `event_of` will say which.
        return _select(connection, "e.body", more + rest, parameters)


def _select(
    connection: Connection, body: str, rest: str, parameters: Sequence[object]
) -> list[Stored]:
    with transaction(connection) as cursor:
        cursor.execute(f"SELECT {_STORED}, {body}{rest}", parameters)
        return cursor.fetchall()


def stream_lines(
    connection: Connection, stream: str, first_version: int = 1, last_version: int | None = None
) -> list[Line]:
    """Read one stream's lines between two versions, both included."""
    with transaction(connection) as cursor:
        cursor.execute(
            f"SELECT {LINE} FROM events e WHERE stream_id = %s AND version >= %s"
            " AND (%s IS NULL OR version <= %s) ORDER BY version",
            (str(stream_id(stream)), first_version, last_version, last_version),
        )
        return [line_of(row) for row in cursor.fetchall()]


def head(connection: Connection, stream: str) -> tuple[int, str] | None:
    """Return a stream's version and the hash, hex, of its last line; None for an unknown one."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT version, encode(head, 'hex') FROM streams WHERE stream_id = %s",
            (str(stream_id(stream)),),
        )
        rows = cursor.fetchall()
    return rows[0] if rows else None


def reached_by(connection: Connection, moment: datetime) -> int:
    """Return the position of the last event that was recorded before a moment; 0 for none.

    Positions have no gaps, so it is found in as many steps as the log's size has bits. Where the
    clock was set back, one of the places where it passed the moment is found.
    """
    low, high = 0, size(connection)
    with transaction(connection) as cursor:
        while low < high:
            middle = (low + high + 1) // 2
            cursor.execute(
                "SELECT recorded_at < %s FROM events WHERE position = %s", (moment, middle)
            )
            [(before,)] = cursor.fetchall()
            low, high = (middle, high) if before else (low, middle - 1)
    return low


def newest(connection: Connection, stream: str, type_: str) -> Line | None:
    """Return a stream's newest event of a type; None if there is none."""
    found = newest_of(connection, stream, type_, 1)
    return found[0] if found else None


def newest_of(
    connection: Connection, stream: str, type_: str, most: int, before: int | None = None
) -> list[Line]:
    """Return a stream's newest events of a type, the newest first.

    Args:
        connection: no transaction is open on it.
        stream: name of the stream.
        type_: of the events.
        most: how many at most.
        before: position above those that count; None for all.
    """
    with transaction(connection) as cursor:
        cursor.execute(
            f"SELECT {LINE} FROM events e WHERE stream_id = %s AND type = %s"
            " AND (%s IS NULL OR position < %s) ORDER BY version DESC LIMIT %s",
            (str(stream_id(stream)), type_, before, before, most),
        )
        return [line_of(row) for row in cursor.fetchall()]


def newest_seals(connection: Connection, most: int) -> list[Event]:
    """Return the newest seals of all orders, the newest first, by the index of seals."""
    with transaction(connection) as cursor:
        cursor.execute(
            f"SELECT {LINE} FROM events e WHERE type = 'history.sealed'"
            " ORDER BY position DESC LIMIT %s",
            (most,),
        )
        lines = [line_of(row) for row in cursor.fetchall()]
    return decoded(lines, to_show=True)


def count_of(connection: Connection, stream: str, type_: str) -> tuple[int, str]:
    """Return how many events of a type a stream has, and when the newest was recorded."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(max(recorded_at)::text, '') FROM events"
            " WHERE stream_id = %s AND type = %s",
            (str(stream_id(stream)), type_),
        )
        [(count, moment)] = cursor.fetchall()
    return count, utc_text(moment) if moment else ""


def streams_of(
    connection: Connection, named: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return the stream in which each event of a source and an id is recorded, if it is."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT k.source, k.id, e.stream FROM unnest(%s::text[], %s::text[]) AS u (source, id)"
            " JOIN event_ids k ON k.source = u.source AND k.id = u.id"
            " JOIN events e ON e.position = k.position",
            ([source for source, _ in named], [id_ for _, id_ in named]),
        )
        return {(source, id_): stream for source, id_, stream in cursor.fetchall()}


def with_ids_like(
    connection: Connection, source: str, prefix: str, after: int, upto: int, most: int
) -> list[Line]:
    """Return the lines of a source's events whose ids begin so, by position.

    Args:
        connection: no transaction is open on it.
        source: who recorded them.
        prefix: in which no character is the last there is.
        after: position of the last line that does not count.
        upto: position of the last one that does.
        most: how many at most.
    """
    with transaction(connection) as cursor:
        cursor.execute(
            f"SELECT {LINE} FROM event_ids k JOIN events e USING (position)"
            " WHERE k.source = %s AND k.id >= %s AND k.id < %s"
            " AND e.position > %s AND e.position <= %s ORDER BY e.position LIMIT %s",
            (source, prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1), after, upto, most),
        )
        return [line_of(row) for row in cursor.fetchall()]


def lines_of_streams(
    connection: Connection, streams: Iterable[str], upto: int
) -> Iterator[tuple[str, list[Line]]]:
    """Read several streams' lines at positions ≤ `upto`, stream by stream."""
    with transaction(connection) as cursor:
        cursor.execute(
            f"SELECT {LINE} FROM events e WHERE stream_id = ANY(%s::uuid[]) AND position <= %s"
            " ORDER BY stream_id, version",
            ([str(stream_id(stream)) for stream in streams], upto),
        )
        rows = cursor.fetchall()
    for stream, group in groupby(map(line_of, rows), key=lambda line: line.stream):
        yield stream, list(group)


def sent_after(
    connection: Connection, source: str, after: int, upto: int, most: int
) -> list[tuple[str, int, int]]:
    """Return stream, version and position of messages that a source sent, by position.

    Args:
        connection: no transaction is open on it.
        source: who recorded them.
        after: the last position that does not count.
        upto: the last one that does.
        most: how many at most.
    """
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT e.stream, e.version, e.position FROM events e JOIN event_ids i USING (position)"
            " WHERE e.type = 'message.sent' AND i.source = %s AND e.position > %s"
            " AND e.position <= %s ORDER BY e.position LIMIT %s",
            (source, after, upto, most),
        )
        return cursor.fetchall()


def read_order(
    connection: Connection, keys: KeyRing | None, stream: str, *, to_show: bool = False
) -> list[Event]:
    """Read one stream's events.

    Args:
        connection: no transaction is open on it.
        keys: opens personal data, as far as the stream's keys still exist; None leaves it sealed.
        stream: the stream's name.
        to_show: give an event of a newer version than we know as it is stored, instead of failing:
            it can be shown, and not be judged by.

    Raises:
        StoreAlteredError: an event cannot be read, so it is not what was recorded.
        NewerSchemaError: an event is of a newer version than we know.
        KeyMissingError: personal data should open and does not.
    """
    rows = stored(
        connection, " FROM events e WHERE stream_id = %s ORDER BY version", [str(stream_id(stream))]
    )
    return _opened(connection, keys, [_event(row, to_show=to_show) for row in rows])


def read_events(
    connection: Connection,
    keys: KeyRing | None,
    recorded: Sequence[Line],
    *,
    to_show: bool = False,
) -> list[Event]:
    """Decode the lines of one stream; see `read_order`."""
    return _opened(connection, keys, decoded(recorded, to_show=to_show))


def decoded(recorded: Iterable[Line], *, to_show: bool = False) -> list[Event]:
    """Decode lines, personal data sealed; see `read_order`."""
    return [_event_of_line(line, to_show=to_show) for line in recorded]


def _opened(connection: Connection, keys: KeyRing | None, events: list[Event]) -> list[Event]:
    """Return the events of one stream with their personal data."""
    if keys is None or not any(event.sealed for event in events):
        return events
    with transaction(connection) as cursor:
        found = opening.find(cursor, keys, [stream_id(events[0].stream)])
    return [opening.open_event(event, found) for event in events]


def event_of(stored: Stored, *, as_stored: bool = False) -> Event:
    """Return the event that a row of `stored` holds, personal data sealed.

    Args:
        stored: the row.
        as_stored: as for `domain.line.decode`.

    Raises:
        StoreAlteredError: it is no event, so it is not what was recorded.
        NewerSchemaError: it is of a newer version than we know.
    """
    position, version, moment, stream, type_, body = stored[:6]
    recorded_at = utc_text(moment)
    try:
        return decode_row(stream, version, type_, recorded_at, body, position, as_stored=as_stored)
    except NewerSchemaError:
        raise
    except ValueError as error:
        raise altered(position) from error


@lru_cache(maxsize=1_024)
def utc_text(moment: str) -> str:
    """Return `2026-11-25 22:03:14.5+00`, as the database says it, in the form of `recorded_at`.

    All events of one transaction have the same, so most are found in the cache.
    """
    day, clock, zone = moment[:10], moment[11:-3], moment[-3:]
    if zone != "+00":
        raise EventStoreError("the connection does not tell times in UTC")
    if len(clock) == len("22:03:14"):
        clock += "."
    return f"{day}T{clock:0<15}Z"


def _event(row: Stored, *, to_show: bool) -> Event:
    try:
        return event_of(row)
    except NewerSchemaError:
        if not to_show:
            raise
        return event_of(row, as_stored=True)


def _event_of_line(line: Line, *, to_show: bool) -> Event:
    try:
        try:
            return decode(line.encode(), line.position)
        except NewerSchemaError:
            if not to_show:
                raise
            return decode(line.encode(), line.position, as_stored=True)
    except NewerSchemaError:
        raise
    except ValueError as error:
        raise altered(line.position) from error


def altered(position: int) -> StoreAlteredError:
    """Return the error that says that an event cannot be read."""
    return StoreAlteredError(
        f"the event at position {position} of the store cannot be read, so it is not what "
        "was recorded. Compare with the archive: orderproof verify."
    )


def line_of(row: tuple[int, str, int, str, str, str, memoryview]) -> Line:
    """Return the line that a row of `LINE`'s columns holds."""
    position, stream, version, type_, recorded_at, prev, body = row
    return Line(
        position=position,
        stream=stream,
        version=version,
        type=type_,
        recorded_at=utc_text(recorded_at),
        prev=prev,
        body=bytes(body),
    )
