"""Filling the log in bulk: chained here and copied straight into the tables.

Does what the SQL function `append` does, under the same lock, for many events of one caller. The
unique constraints are the guard: look-ups are made only once they have been hit.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from functools import lru_cache
from uuid import UUID

import msgspec
import psycopg2

from domain import canonical
from domain.line import first_prev, write_line
from eventstore import binary_copy
from eventstore.appending import Encoded, Row
from eventstore.connection import Connection, Cursor, transaction
from eventstore.wakeup import CHANNEL

ROLE = "orderproof_importer"

SMALL = 64 * 1024
"""Bytes of bodies that are stored in one transaction while others write: they wait little."""

_QUIET = 8
"""Transactions without anybody else's event in between, after which nobody else is writing."""


class Course(msgspec.Struct):
    """What an import knows of its way, whichever connection goes on with it.

    Args:
        look_up: whether the last events were there already, so that the next may be, too.
        left_at: the log's position after the last events; None at the beginning.
        quiet: transactions since somebody else wrote.
    """

    look_up: bool = False
    left_at: int | None = None
    quiet: int = _QUIET


class BulkAppender:
    """Appends many events at once; an `Append` of `recording`, for one caller at a time.

    Args:
        connection: no transaction is open on it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.course = Course()

    def __call__(self, events: Sequence[Encoded]) -> list[Row]:
        """Append events, of which no two have the same source and id.

        They are stored in one transaction, or in several small ones while others write.
        """
        rows: list[Row] = []
        while len(rows) < len(events):
            count = len(events) - len(rows)
            if self.course.quiet < _QUIET:
                count = _small(events, len(rows))
            rows += self._store(events[len(rows) : len(rows) + count])
        return rows

    def _store(self, events: Sequence[Encoded]) -> list[Row]:
        try:
            rows = self._try_to_store(events)
        except psycopg2.errors.UniqueViolation:
            # Some of it is there already, as in a file that is imported again: find out which.
            self.course.look_up = True
            rows = self._try_to_store(events)
        self.course.look_up = any(row[0] in ("duplicate", "mismatch") for row in rows)
        return rows

    def _try_to_store(self, events: Sequence[Encoded]) -> list[Row]:
        with transaction(self._connection) as cursor:
            cursor.execute("SELECT position, key_epoch FROM log_head FOR UPDATE")
            [(position, epoch)] = cursor.fetchall()
            alone = self.course.left_at in (None, position)
            if any(event.key_epoch not in (None, epoch) for event in events):
                return [("stale_keys", None, 0, None)] * len(events)
            # A repeat may name a version that was right then: no conflict, and no guard is hit.
            ask = self.course.look_up or any(e.expected_version is not None for e in events)
            known = _known(cursor, events) if ask else {}
            rows, last = _fill(cursor, events, known, position)
        self.course.quiet = self.course.quiet + 1 if alone else 0
        self.course.left_at = last
        return rows


def _small(events: Sequence[Encoded], start: int) -> int:
    size = 0
    for count, event in enumerate(events[start:], 1):
        size += len(event.body)
        if size >= SMALL:
            return count
    return len(events) - start


def _known(cursor: Cursor, events: Sequence[Encoded]) -> dict[int, Row]:
    """Return the answers to the events whose source and id are stored already."""
    cursor.execute(
        "SELECT u.i - 1, e.position, e.version, e.stream_id::text, e.type, sha256(e.body)"
        " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS u (source, id, i)"
        " JOIN event_ids k ON k.source = u.source AND k.id = u.id"
        " JOIN events e ON e.position = k.position",
        ([event.source for event in events], [event.id for event in events]),
    )
    known: dict[int, Row] = {}
    for index, position, version, stream, type_, digest in cursor.fetchall():
        event = events[index]
        same = (str(event.stream_id), event.type, hashlib.sha256(event.body).digest()) == (
            stream,
            type_,
            bytes(digest),
        )
        known[index] = ("duplicate" if same else "mismatch", position, version, digest)
    return known


class _Head:
    """Where a stream stands, and how its name is written."""

    __slots__ = ("first", "hash", "json", "last", "name", "stream", "version")

    def __init__(self, stream: str, version: int, line_hash: bytes) -> None:
        self.stream = stream
        self.name = stream.encode()
        self.json = canonical.encode(stream)
        self.version = version
        self.hash = line_hash
        self.first = 0
        self.last = 0


def _fill(
    cursor: Cursor, events: Sequence[Encoded], known: Mapping[int, Row], position: int
) -> tuple[list[Row], int]:
    """Chain the events that are new and copy them in; return all answers and the last position."""
    heads = _heads(cursor, events)
    # Not in the statement that waited for the lock: it may have read the clock before it waited.
    cursor.execute(
        "SELECT utc_text(c), (extract(epoch FROM c) * 1000000)::bigint - 946684800000000"
        " FROM (SELECT log_clock() AS c OFFSET 0) AS clock"
    )
    [(moment, microseconds)] = cursor.fetchall()
    recorded_at = moment.encode()
    rows: list[Row] = []
    log: list[bytes] = [binary_copy.HEADER]
    ids: list[bytes] = [binary_copy.HEADER]
    for index, event in enumerate(events):
        head = heads[event.stream_id]
        answer = known.get(index)
        if answer is None and event.expected_version not in (None, head.version):
            answer = ("conflict", None, head.version, None)
        if answer is not None:
            rows.append(answer)
            continue
        position += 1
        version = head.version + 1
        type_, type_json = _type_bytes(event.type)
        prev, body = head.hash, event.body
        line = write_line(body, prev.hex().encode(), recorded_at, head.json, type_json, version)
        digest = hashlib.sha256(line).digest()
        log += binary_copy.event(
            position,
            event.stream_id.bytes,
            head.name,
            version,
            type_,
            microseconds,
            prev,
            digest,
            body,
        )
        ids += binary_copy.event_id(event.source.encode(), event.id.encode(), position)
        head.version, head.hash, head.last = version, digest, position
        head.first = head.first or position
        rows.append(("recorded", position, version, None))
    changed = {stream: head for stream, head in heads.items() if head.last}
    if changed:
        log.append(binary_copy.TRAILER)
        ids.append(binary_copy.TRAILER)
        cursor.copy_expert(binary_copy.EVENTS, io.BytesIO(b"".join(log)))
        cursor.copy_expert(binary_copy.IDS, io.BytesIO(b"".join(ids)))
        _move_heads(cursor, changed)
        cursor.execute("UPDATE log_head SET position = %s", (position,))
        cursor.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(position)))
    return rows, position


@lru_cache(maxsize=1_000)
def _type_bytes(type_: str) -> tuple[bytes, bytes]:
    return type_.encode(), canonical.encode(type_)


def _heads(cursor: Cursor, events: Sequence[Encoded]) -> dict[UUID, _Head]:
    names = {event.stream_id: event.stream for event in events}
    cursor.execute(
        "SELECT stream_id::text, stream, version, head FROM streams"
        " WHERE stream_id = ANY(%s::uuid[])",
        ("{" + ",".join([stream.hex for stream in names]) + "}",),
    )
    heads = {
        UUID(stream): _Head(name, version, bytes(line_hash))
        for stream, name, version, line_hash in cursor.fetchall()
    }
    for stream, name in names.items():
        if stream not in heads:
            heads[stream] = _Head(name, 0, bytes.fromhex(first_prev(name)))
        elif heads[stream].stream != name:
            raise ValueError(f"stream id {stream} belongs to another stream")
    return heads


def _move_heads(cursor: Cursor, heads: Mapping[UUID, _Head]) -> None:
    cursor.execute(
        "INSERT INTO streams AS s (stream_id, stream, version, head, position, first_position)"
        " SELECT * FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::bytea[], %s::bigint[],"
        " %s::bigint[])"
        " ON CONFLICT (stream_id) DO UPDATE"
        " SET version = excluded.version, head = excluded.head, position = excluded.position",
        (
            "{" + ",".join([stream.hex for stream in heads]) + "}",
            [head.stream for head in heads.values()],
            [head.version for head in heads.values()],
            [head.hash for head in heads.values()],
            [head.last for head in heads.values()],
            [head.first for head in heads.values()],
        ),
    )
