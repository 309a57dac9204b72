"""Filling an empty log with the very lines of an archive, as one transaction.

Each line keeps its position, version, time and hash. The lines come in any order; at the end the
log is read back in the order of positions and compared with what the archive's own log holds, so
that nothing is believed of the way between.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache

import msgspec
import psycopg2

from domain.line import Line, line_hash
from domain.stream import stream_id
from eventstore import binary_copy, log
from eventstore.connection import Connection, Cursor, transaction
from eventstore.errors import EventStoreError, StoreAlteredError

_BATCH = 4 << 20  # bytes of a COPY
_FETCH = 2_000
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

Numbered = tuple[int, bytes]
"""A position and the line that belongs there."""

Logged = tuple[int, bytes]
"""What a log's entry says of the line at its position: version and SHA-256."""

Progress = Callable[[str, int, int], None]
"""Called with a step (`restore`, `compare`), what is done, and the total."""


class NotEmptyError(EventStoreError):
    """The log holds events already, so it is not filled.

    Args:
        position: the newest one.
    """

    def __init__(self, position: int) -> None:
        super().__init__(f"the log holds {position} events already")
        self.position = position


class _Envelope(msgspec.Struct):
    event: msgspec.Raw
    prev: str
    recorded_at: str
    stream: str
    type: str
    version: int


class _Identity(msgspec.Struct):
    id: str
    source: str


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_IDENTITY = msgspec.json.Decoder(_Identity)


def refill(
    connection: Connection,
    lines: Iterable[Numbered],
    logged: Iterable[Logged],
    size: int,
    progress: Progress,
) -> None:
    """Store every line at its position; all of them, or none.

    Args:
        connection: in the importer's role, without a limit on idling in a transaction.
        lines: those at the positions 1 to `size`, in any order.
        logged: what the log's entries say of the positions 1 to `size`, in order.
        size: how many lines there are.
        progress: told how far it is.

    Raises:
        NotEmptyError: something is recorded already.
        StoreAlteredError: the lines are not those that the log's entries are about.
    """
    with transaction(connection) as cursor:
        cursor.execute("SELECT position FROM log_head FOR UPDATE")
        [(position,)] = cursor.fetchall()
        if position:
            raise NotEmptyError(position)
        try:
            _copy_lines(cursor, lines, size, progress)
        except psycopg2.errors.UniqueViolation as error:
            raise StoreAlteredError("two lines have the same position or identity") from error
        cursor.execute(
            "INSERT INTO streams (stream_id, stream, version, head, position, first_position)"
            " SELECT DISTINCT ON (stream_id) stream_id, stream, version, hash, position,"
            " min(position) OVER (PARTITION BY stream_id)"
            " FROM events ORDER BY stream_id, version DESC"
        )
        cursor.execute("UPDATE log_head SET position = %s", (size,))
        with connection.cursor("refilled") as reading:
            _refuse_other(_read_back(reading), logged, size, progress)


def compare(
    connection: Connection, logged: Iterable[Logged], size: int, progress: Progress
) -> None:
    """Compare the first `size` positions of a log with what an archive's log says of them.

    Raises:
        StoreAlteredError: they are not the same.
    """
    _refuse_other(log.lines(connection, 0, size), logged, size, progress)


def _copy_lines(cursor: Cursor, lines: Iterable[Numbered], size: int, progress: Progress) -> None:
    rows, ids, held = [binary_copy.HEADER], [binary_copy.HEADER], 0
    for done, (position, text) in enumerate(lines, 1):
        event, event_id = _rows(position, text)
        rows += event
        ids += event_id
        held += len(text)
        if held >= _BATCH:
            _copy(cursor, rows, ids)
            rows, ids, held = [binary_copy.HEADER], [binary_copy.HEADER], 0
            progress("restore", done, size)
    _copy(cursor, rows, ids)
    progress("restore", size, size)


def _copy(cursor: Cursor, rows: list[bytes], ids: list[bytes]) -> None:
    rows.append(binary_copy.TRAILER)
    ids.append(binary_copy.TRAILER)
    cursor.copy_expert(binary_copy.EVENTS, io.BytesIO(b"".join(rows)))
    cursor.copy_expert(binary_copy.IDS, io.BytesIO(b"".join(ids)))


def _rows(position: int, text: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return a line's rows of `events` and `event_ids`.

    Raises:
        StoreAlteredError: it is not a line.
    """
    try:
        read = _ENVELOPE.decode(text)
        identity = _IDENTITY.decode(read.event)
        event = binary_copy.event(
            position,
            stream_id(read.stream).bytes,
            read.stream.encode(),
            read.version,
            read.type.encode(),
            _microseconds(read.recorded_at),
            bytes.fromhex(read.prev),
            line_hash(text),
            bytes(read.event),
        )
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _other(position, "it is not a line that was recorded") from error
    return event, binary_copy.event_id(identity.source.encode(), identity.id.encode(), position)


@lru_cache(maxsize=1_024)
def _microseconds(moment: str) -> int:
    delta = datetime.fromisoformat(moment) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def _read_back(cursor: Cursor) -> Iterator[Line]:
    cursor.itersize = _FETCH
    cursor.execute(f"SELECT {log.LINE} FROM events e ORDER BY position")
    return map(log.line_of, cursor)


def _refuse_other(
    stored: Iterable[Line], logged: Iterable[Logged], size: int, progress: Progress
) -> None:
    entries = iter(logged)
    last = 0
    for last, line in enumerate(stored, 1):
        version, digest = next(entries, (0, b""))
        found = (line.position, line.version, line_hash(line.encode()))
        if found != (last, version, digest):
            raise _other(last, "the log's entry is about another line")
        if last % _FETCH == 0:
            progress("compare", last, size)
    if last != size or next(entries, None) is not None:
        raise _other(last + 1, "the lines end before the log's entries")
    progress("compare", size, size)


def _other(position: int, reason: str) -> StoreAlteredError:
    return StoreAlteredError(f"position {position}: {reason}")
