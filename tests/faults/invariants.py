"""I1 to I4, read from the tables themselves and computed anew; see `check`."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from domain.line import first_prev
from domain.stream import stream_id
from eventstore import blind_index, log
from eventstore.connection import Connection, connect, transaction
from eventstore.projection_log import ProjectionLog
from eventstore.stream_keys import KeyRing
from orderproof.bootstrap import PROJECTOR, all_projections
from projections import runner
from projections.difference import diff

KEY = bytes(32)
"""The key-encryption key of every store that a fault test makes."""


class Acknowledged(NamedTuple):
    """What a caller was told of one event."""

    source: str
    id: str
    position: int
    version: int


def check(dsn: str, acknowledged: Iterable[Acknowledged] = ()) -> int:
    """Check I1 to I4 of a store and return how many events it holds.

    Args:
        dsn: of the store, as its owner.
        acknowledged: every answer that anybody got, repeats included.
    """
    with connect(dsn) as connection:
        stored = check_log(connection)
        check_acknowledged(connection, acknowledged)
        check_keys(connection)
    check_projections(dsn)
    return stored


def check_log(connection: Connection) -> int:
    """Check I2 and I3: versions, positions, chain, heads; return the newest position."""
    with transaction(connection) as cursor:
        # One state of it, whoever goes on writing.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"SELECT {log.LINE} FROM events e ORDER BY position")
        lines = [log.line_of(row) for row in cursor.fetchall()]
        cursor.execute("SELECT position, hash, stream_id::text FROM events ORDER BY position")
        events = cursor.fetchall()
        cursor.execute("SELECT position FROM log_head")
        assert cursor.fetchall() == [(len(lines),)], "I3: the counter is not the newest position"
        cursor.execute("SELECT source, id, position FROM event_ids ORDER BY position")
        identities = cursor.fetchall()
        cursor.execute(
            "SELECT stream, stream_id::text, version, encode(head, 'hex'), position,"
            " first_position FROM streams"
        )
        streams = {row[0]: row[1:] for row in cursor.fetchall()}
    assert [line.position for line in lines] == list(range(1, len(events) + 1)), "I3: not dense"
    heads: dict[str, tuple[int, str, int, int]] = {}
    for line, (position, stored_hash, key) in zip(lines, events, strict=True):
        version, prev, _, first = heads.get(line.stream, (0, first_prev(line.stream), 0, position))
        assert line.version == version + 1, f"I2: version at position {position}"
        assert line.prev == prev, f"I3: prev at position {position}"
        digest = hashlib.sha256(line.encode()).digest()
        assert bytes(stored_hash) == digest, f"I3: hash at position {position}"
        assert key == str(stream_id(line.stream)), f"I2: stream id at position {position}"
        heads[line.stream] = (line.version, digest.hex(), position, first)
    assert streams == {name: (str(stream_id(name)), *head) for name, head in heads.items()}
    bodies = [json.loads(line.body) for line in lines]
    own = [(body["source"], body["id"], n) for n, body in enumerate(bodies, 1)]
    assert identities == own, "I1: identities are not those of the bodies"
    return len(lines)


def check_acknowledged(connection: Connection, acknowledged: Iterable[Acknowledged]) -> None:
    """Check I1: what was acknowledged is stored once, where the answer said it is."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT k.source, k.id, e.position, e.version FROM events e"
            " JOIN event_ids k ON k.position = e.position"
        )
        stored = Counter(Acknowledged(*row) for row in cursor.fetchall())
    missing = {each for each in acknowledged if stored[each] != 1}
    assert not missing, f"I1: acknowledged and not stored so: {sorted(missing)[:5]}"


def check_keys(connection: Connection) -> None:
    """Check that what was sealed opens, or that its key was destroyed on purpose."""
    ring = KeyRing(KEY, limit=0)
    with transaction(connection) as cursor:
        cursor.execute("SELECT DISTINCT stream FROM events ORDER BY stream")
        streams = [stream for (stream,) in cursor.fetchall()]
        cursor.execute(
            "SELECT DISTINCT s.stream FROM stream_keys k JOIN streams s USING (stream_id)"
            " WHERE k.destroyed_at IS NOT NULL"
        )
        erased = {stream for (stream,) in cursor.fetchall()}
    for stream in streams:
        for event in log.read_order(connection, ring, stream, to_show=True):
            assert not event.sealed or stream in erased, f"lost key at position {event.position}"


def check_projections(dsn: str) -> None:
    """Check I4: brought up to date, the read models are what a rebuild makes of the events."""
    projections = all_projections(blind_index.derive_key(KEY))
    with connect(dsn, PROJECTOR) as views, connect(dsn, PROJECTOR) as reading:
        source = ProjectionLog(reading, KeyRing(KEY, limit=0))
        runner.catch_up(views, source, projections)
        for found in diff(views, source, projections):
            assert found.is_equal, f"I4: {found}"
