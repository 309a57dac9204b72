"""Reading the log and single streams back, in the order in which they were recorded."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import msgspec

from domain.errors import NewerSchemaError
from domain.event import Event
from domain.line import Line, decode
from domain.opening import opened
from domain.stream import stream_id
from eventstore import sealing
from eventstore.connection import Connection, transaction
from eventstore.errors import StoreAlteredError
from eventstore.stream_keys import KeyRing

LINE = (
    "e.position, e.stream, e.version, e.type, utc_text(e.recorded_at), encode(e.prev, 'hex'),"
    " e.body"
)
"""The columns that `line_of` reads, of the table events as `e`."""

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
                f"SELECT {LINE} FROM events e"
                " WHERE position > %s AND position <= %s ORDER BY position",
                (after, top),
            )
            rows = cursor.fetchall()
        for row in rows:
            yield line_of(row)
        after = top


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


def read_order(connection: Connection, keys: KeyRing | None, stream: str) -> list[Event]:
    """Read one stream's events.

    Args:
        connection: no transaction is open on it.
        keys: opens personal data, as far as the stream's keys still exist; None leaves it sealed.
        stream: the stream's name.
    """
    return read_events(connection, keys, stream_lines(connection, stream))


def read_events(
    connection: Connection, keys: KeyRing | None, recorded: Sequence[Line]
) -> list[Event]:
    """Decode the lines of one stream; see `read_order`.

    Raises:
        StoreAlteredError: a line is no event, so it is not what was recorded.
    """
    found: dict[str, bytes] = {}
    if keys is not None and recorded:
        with transaction(connection) as cursor:
            of_stream = keys.find(cursor, [stream_id(recorded[0].stream)])
        found = {purpose: key for (_, purpose), key in of_stream.items()}
    return [_open_event(line, found) for line in recorded]


def _open_event(line: Line, keys: Mapping[str, bytes]) -> Event:
    try:
        event = decode(line.encode(), line.position)
    except NewerSchemaError:
        raise
    except ValueError as error:
        raise StoreAlteredError(
            f"the event at position {line.position} of the store cannot be read, so it is not what "
            "was recorded. Compare with the archive: orderproof verify."
        ) from error
    if not keys or not event.sealed:
        return event
    values = {
        purpose: msgspec.json.decode(
            sealing.unseal(key, purpose, line.stream, event.source, event.id, box)
        )
        for purpose, box in event.boxes.items()
        if (key := keys.get(purpose)) is not None
    }
    return opened(event, values)


def line_of(row: tuple[int, str, int, str, str, str, memoryview]) -> Line:
    """Return the line that a row of `LINE`'s columns holds."""
    position, stream, version, type_, recorded_at, prev, body = row
    return Line(
        position=position,
        stream=stream,
        version=version,
        type=type_,
        recorded_at=recorded_at,
        prev=prev,
        body=bytes(body),
    )
