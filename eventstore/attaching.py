"""Attachments: files that orders name as evidence, sealed, each stored once and never changed.

The file comes first, then the event that names it. Whoever is killed between the two leaves a
sealed file that no event names; doing it again finds it there.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from psycopg2 import Binary

from domain.catalogue import CONTACT
from domain.event import Fact
from domain.stream import stream_id
from eventstore import appending, encoding, opening, sealing
from eventstore.appending import Row
from eventstore.connection import Connection, transaction
from eventstore.errors import (
    EventRefusedError,
    KeyMissingError,
    StoreAlteredError,
    StoreUnavailableError,
)
from eventstore.stream_keys import KeyRing

_TRIES = 10


class ErasedError(KeyMissingError):
    """An attachment was erased: the key to it was destroyed."""


def attach(
    connection: Connection,
    ring: KeyRing,
    stream: str,
    data: bytes | None,
    facts_of: Callable[[bytes | None], Sequence[Fact]],
) -> list[Row]:
    """Seal and store a file, then record the events that name it, all of them or none.

    Args:
        connection: with the writer's rights; no transaction is open on it.
        ring: seals it.
        stream: the order.
        data: the file; None where only its digest is recorded.
        facts_of: given the sealed file, returns what is to be recorded. Its personal data must be
            for the purpose `contact`, as the file is.

    Returns:
        What became of each fact, as `appending.append` says it.

    Raises:
        EventRefusedError: a fact cannot be stored as it is; none is recorded.
    """
    wanted = {(stream_id(stream), CONTACT)}
    for _ in range(_TRIES):
        epoch, keys = ring.obtain(lambda: transaction(connection), wanted)
        key = keys[stream_id(stream), CONTACT]
        sealed = None if data is None else sealing.seal_file(key, CONTACT, stream, data)
        parts = [encoding.part(fact) for fact in facts_of(sealed)]
        if any(set(each.personal) - {CONTACT} for each in parts):
            raise EventRefusedError(
                "an attachment's event holds what is sealed for another purpose"
            )
        encoded = [encoding.encode(each, epoch, keys) for each in parts]
        if sealed is not None:
            put(connection, [sealed])
        with transaction(connection) as cursor:
            rows = appending.append(cursor, encoded)
            # Of a person who is erased just now nothing may come with the old key.
            if not any(row[0] == "stale_keys" for row in rows):
                return rows
            connection.rollback()
        ring.forget()
    raise StoreUnavailableError("erasures go on without end, so nothing could be sealed; try again")


def put(connection: Connection, sealed: Iterable[bytes]) -> None:
    """Store sealed files under their digests. Those that are there already stay as they are."""
    with transaction(connection) as cursor:
        for each in sealed:
            cursor.execute(
                "INSERT INTO attachments (sha256, sealed) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (hashlib.sha256(each).digest(), Binary(each)),
            )


def get(connection: Connection, digest: str) -> bytes | None:
    """Return a sealed file, or None if it is not there.

    Args:
        connection: may read attachments; no transaction is open on it.
        digest: SHA-256, hex, of the sealed bytes.

    Raises:
        StoreAlteredError: what is there is not what was stored.
    """
    with transaction(connection) as cursor:
        cursor.execute("SELECT sealed FROM attachments WHERE sha256 = decode(%s, 'hex')", (digest,))
        rows = cursor.fetchall()
    if not rows:
        return None
    sealed = bytes(rows[0][0])
    if hashlib.sha256(sealed).hexdigest() != digest:
        raise StoreAlteredError(
            f"the attachment {digest} is not what was stored: bring it back from the archive or "
            "a backup of the database"
        )
    return sealed


def open_file(
    connection: Connection, ring: KeyRing, stream: str, sealed_digest: str, digest: str
) -> bytes:
    """Return a file that was attached to an order.

    Args:
        connection: may read attachments and keys; no transaction is open on it.
        ring: opens it.
        stream: the order.
        sealed_digest: SHA-256, hex, of what is stored.
        digest: SHA-256, hex, of the file.

    Raises:
        ErasedError: it was erased.
        KeyMissingError: its key is missing or not the right one, and nobody destroyed one.
        StoreAlteredError: it is not there, or not what was stored.
    """
    sealed = get(connection, sealed_digest)
    if sealed is None:
        raise StoreAlteredError(
            f"the attachment {sealed_digest} is not in the store: bring it back from the archive "
            "or a backup of the database"
        )
    with transaction(connection) as cursor:
        found = opening.find(cursor, ring, [stream_id(stream)])
    name = (stream_id(stream), CONTACT)
    key = found.keys.get(name)
    if key is not None:
        try:
            return sealing.unseal_file(key, CONTACT, stream, bytes.fromhex(digest), sealed)
        except KeyMissingError:
            # What came after an erasure has a new key; what came before has none.
            if name not in found.destroyed:
                raise
    if name in found.destroyed:
        raise ErasedError("the attachment was erased: the key to it was destroyed")
    raise KeyMissingError("a stream's key is missing, and nobody destroyed it")
