"""Opening personal data of recorded events, for reading."""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from domain.event import Event
from domain.opening import opened
from domain.stream import stream_id
from eventstore import sealing
from eventstore.connection import Connection, Cursor, transaction
from eventstore.errors import KeyMissingError
from eventstore.stream_keys import KeyRing


class OpenKeys(msgspec.Struct, frozen=True):
    """Keys of some streams.

    Args:
        keys: unwrapped, by stream and purpose; those that exist.
        destroyed: of which a key was destroyed once, so that what does not open is erased, not
            lost.
    """

    keys: dict[tuple[UUID, str], bytes]
    destroyed: frozenset[tuple[UUID, str]]

    def __repr__(self) -> str:
        return f"OpenKeys({len(self.keys)})"


def find(cursor: Cursor, ring: KeyRing, streams: Sequence[UUID]) -> OpenKeys:
    """Read the keys of streams.

    Raises:
        KeyMissingError: one was wrapped by another key-encryption key.
    """
    cursor.execute(
        "SELECT stream_id::text, purpose, wrapped, destroyed_at IS NOT NULL FROM stream_keys"
        " WHERE stream_id = ANY (%s::uuid[])",
        ([str(stream) for stream in streams],),
    )
    rows = cursor.fetchall()
    return OpenKeys(
        ring.unwrap(row[:3] for row in rows if row[2] is not None),
        frozenset((UUID(id_), purpose) for id_, purpose, _, destroyed in rows if destroyed),
    )


def check(connection: Connection, ring: KeyRing) -> None:
    """Check that the key-encryption key is the right one, as far as there is anything to open.

    Raises:
        KeyMissingError: it is not.
    """
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT stream_id::text, purpose, wrapped FROM stream_keys"
            " WHERE wrapped IS NOT NULL LIMIT 1"
        )
        ring.unwrap(cursor.fetchall())


def open_event(event: Event, keys: OpenKeys, purposes: Collection[str] | None = None) -> Event:
    """Return the event with its personal data, as far as its keys were not destroyed.

    Args:
        event: as decoded.
        keys: of its stream.
        purposes: what of it is opened; None for all.

    Raises:
        KeyMissingError: a part should open and does not.
    """
    if not event.sealed:
        return event
    stream = stream_id(event.stream)
    values = {
        purpose: msgspec.json.decode(plaintext)
        for purpose, box in event.boxes.items()
        if (purposes is None or purpose in purposes)
        and (plaintext := _open(event, (stream, purpose), box, keys)) is not None
    }
    return opened(event, values)


def _open(
    event: Event, name: tuple[UUID, str], box: dict[str, str], keys: OpenKeys
) -> bytes | None:
    key = keys.keys.get(name)
    if key is None:
        if name in keys.destroyed:
            return None
        raise KeyMissingError("a stream's key is missing, and nobody destroyed it")
    try:
        return sealing.unseal(key, name[1], event.stream, event.source, event.id, box)
    except KeyMissingError:
        # Personal data that came after an erasure has a new key; what came before has none.
        if name in keys.destroyed:
            return None
        raise
