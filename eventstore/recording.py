"""Recording facts as events: seal, encode, append."""

import hashlib
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from domain import personal
from domain.event import Fact
from domain.line import encode_body
from domain.stream import stream_id
from eventstore import sealing, stream_keys
from eventstore.connection import Connection, transaction


class Outcome(msgspec.Struct, frozen=True):
    """What became of one fact.

    Args:
        result: `recorded`; `duplicate`, where the same event is there already; `mismatch`, where
            another event has its source and id; `conflict`, where the stream is at another version.
        position: of the event in the log; None for a conflict.
        version: of the event in its stream; for a conflict, the version that the stream has.
        digest: SHA-256 of the encoded body that was offered.
        stored_digest: SHA-256 of the encoded body that is stored, for duplicate and mismatch.
    """

    result: Literal["recorded", "duplicate", "mismatch", "conflict"]
    position: int | None
    version: int
    digest: bytes
    stored_digest: bytes | None


def record(
    connection: Connection,
    key_encryption_key: bytes,
    facts: Sequence[Fact],
    expected_versions: Sequence[int | None] | None = None,
) -> list[Outcome]:
    """Record facts in their order and return what became of each, after the commit.

    Args:
        connection: no transaction is open on it.
        key_encryption_key: 32 bytes, unwraps the streams' keys.
        facts: each is recorded at most once; see `Outcome`.
        expected_versions: for each fact the version its stream must have, or None for any.
    """
    if not facts:
        return []
    ids = [stream_id(fact.stream) for fact in facts]
    bodies = _sealed_bodies(connection, key_encryption_key, facts, ids)
    # One statement is one transaction here: the database commits it as it ends, so a client that
    # is slow or stopped holds nobody up.
    connection.autocommit = True
    try:
        rows = _append(connection, facts, ids, bodies, expected_versions)
    finally:
        connection.autocommit = False
    return [
        Outcome(
            result=result,
            position=position,
            version=version,
            digest=hashlib.sha256(body).digest(),
            stored_digest=bytes(stored) if stored is not None else None,
        )
        for (result, position, version, stored), body in zip(rows, bodies, strict=True)
    ]


def _sealed_bodies(
    connection: Connection, key_encryption_key: bytes, facts: Sequence[Fact], ids: Sequence[UUID]
) -> list[bytes]:
    parts = [personal.split(fact.type, fact.data) for fact in facts]
    personal_streams = {id_ for id_, (_, sealed) in zip(ids, parts, strict=True) if sealed}
    keys: dict[UUID, bytes] = {}
    if personal_streams:
        with transaction(connection) as cursor:
            keys = stream_keys.ensure(cursor, key_encryption_key, personal_streams)
    bodies = []
    for fact, id_, (data, sealed) in zip(facts, ids, parts, strict=True):
        pii = {}
        if sealed:
            pii = {
                purpose: sealing.seal(keys[id_], purpose, fact.stream, fact.source, fact.id, values)
                for purpose, values in sealed.items()
            }
        bodies.append(encode_body(fact, data, pii))
    return bodies


def _append(
    connection: Connection,
    facts: Sequence[Fact],
    ids: Sequence[UUID],
    bodies: Sequence[bytes],
    expected_versions: Sequence[int | None] | None,
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT outcome, "position", version, stored_digest FROM append('
            "%s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::bytea[],"
            " %s::bigint[])",
            (
                [fact.stream for fact in facts],
                [str(id_) for id_ in ids],
                [fact.type for fact in facts],
                [fact.source for fact in facts],
                [fact.id for fact in facts],
                list(bodies),
                list(expected_versions) if expected_versions else [None] * len(facts),
            ),
        )
        return cursor.fetchall()
