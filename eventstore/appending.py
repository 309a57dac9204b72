"""The call of the SQL function `append`: sealed, encoded events in, an outcome for each out."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from psycopg2.extensions import AsIs

from eventstore.connection import Cursor


class Encoded(msgspec.Struct, frozen=True, gc=False):
    """An event as it will be stored, but for what its place in the log adds.

    Args:
        stream: name of the stream.
        stream_id: its database key.
        type: dotted name.
        source: with `id` the identity of the event.
        id: unique within the source.
        body: encoded and sealed; final.
        key_epoch: of the keys that sealed it, see `KeyRing`; None where nothing is sealed.
        expected_version: that the stream must have; None for any; -1 for a new stream that counts
            from 0.
    """

    stream: str
    stream_id: UUID
    type: str
    source: str
    id: str
    body: bytes
    key_epoch: int | None = None
    expected_version: int | None = None


Row = tuple[str, int | None, int, memoryview | None]

_CALL = (
    'SELECT outcome, "position", version, stored_digest FROM append('
    "%s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::bigint[],"
    " %s::bigint[])"
)
_CALL_ALL = (
    "SELECT * FROM append_all("
    "%s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::bigint[],"
    " %s::bigint[])"
)


def append(cursor: Cursor, events: Sequence[Encoded]) -> list[Row]:
    """Append events and return for each its outcome, position, version and stored digest.

    Raises:
        psycopg2.errors.UniqueViolation: a pair of source and id comes twice; nothing is appended.
    """
    if not events:
        return []  # `_texts` has no form for none
    cursor.execute(_CALL, _arrays(events))
    return cursor.fetchall()


def append_all(cursor: Cursor, events: Sequence[Encoded]) -> list[int]:
    """Append all events or none, and return their positions.

    Raises:
        psycopg2.errors.IntegrityConstraintViolation: one of them cannot be recorded.
    """
    if not events:
        return []
    cursor.execute(_CALL_ALL, _arrays(events))
    return [position for (position,) in cursor.fetchall()]


def _arrays(events: Sequence[Encoded]) -> tuple[object, ...]:
    # Array literals made here: the driver's own adaption of lists takes longer than the rest, and
    # its quoting of backslashes makes the server read every character of a body twice.
    bodies = '","\\\\x'.join([event.body.hex() for event in events])
    return (
        _texts(event.stream for event in events),
        "{" + ",".join([event.stream_id.hex for event in events]) + "}",
        _texts(event.type for event in events),
        _texts(event.source for event in events),
        _texts(event.id for event in events),
        AsIs(f"'{{\"\\\\x{bodies}\"}}'"),
        _numbers(event.expected_version for event in events),
        _numbers(event.key_epoch for event in events),
    )


def _texts(values: Iterable[str]) -> str:
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(quoted) + '"}'


def _numbers(values: Iterable[int | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"
