"""The keys of streams: random, one per stream and purpose, stored wrapped."""

from collections.abc import Iterable
from uuid import UUID

from psycopg2.extras import execute_values

from eventstore.connection import Cursor
from eventstore.sealing import CONTACT, new_wrapped_key, unwrap_key


def ensure(cursor: Cursor, key_encryption_key: bytes, streams: Iterable[UUID]) -> dict[UUID, bytes]:
    """Return the keys of streams and make those that are missing, in the caller's transaction."""
    wanted = sorted({str(stream) for stream in streams})
    known = find(cursor, key_encryption_key, wanted)
    missing = [stream for stream in wanted if UUID(stream) not in known]
    if not missing:
        return known
    # Two writers may make a key at once: the first to commit wins and both read that one.
    execute_values(
        cursor,
        "INSERT INTO stream_keys (stream_id, purpose, wrapped) VALUES %s ON CONFLICT DO NOTHING",
        [(stream, CONTACT, new_wrapped_key(key_encryption_key)) for stream in missing],
        template="(%s::uuid, %s, %s)",
    )
    return known | find(cursor, key_encryption_key, missing)


def find(cursor: Cursor, key_encryption_key: bytes, streams: Iterable[str]) -> dict[UUID, bytes]:
    """Return the keys that exist of streams, by stream id."""
    cursor.execute(
        "SELECT stream_id::text, wrapped FROM stream_keys"
        " WHERE purpose = %s AND stream_id = ANY(%s::uuid[])",
        (CONTACT, [str(stream) for stream in streams]),
    )
    return {
        UUID(stream): unwrap_key(key_encryption_key, bytes(wrapped))
        for stream, wrapped in cursor.fetchall()
    }
