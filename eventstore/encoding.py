"""From facts to what is stored: personal data sealed, the body encoded for good."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from domain import personal
from domain.event import Fact
from domain.line import encode_body
from domain.stream import stream_id
from eventstore import sealing
from eventstore.appending import Encoded
from eventstore.errors import EventRefusedError
from eventstore.stream_keys import KeyRing, StreamKeys, Transact

MAX_BODY = 4 * 1024 * 1024
"""Bytes of an encoded body. An event that comes in has at most 1 MiB; sealing adds a third."""

MAX_IDENTITY = 512
"""Bytes of a source and of an id, each."""


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_NUL_IN_JSON = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Parted(msgspec.Struct, frozen=True, gc=False):
    """A fact whose personal data was parted from the rest, to be sealed by purpose."""

    fact: Fact
    stream_id: UUID
    open: dict[str, Any]
    personal: dict[str, dict[str, Any]]


def part(fact: Fact, schema: int | None = None) -> Parted:
    """Part a fact's data by the rules of a schema version; None for today's.

    Raises:
        EventRefusedError: its identity is too long or empty, or a name holds what no text in the
            database can: NUL, or half of a surrogate pair.
    """
    if _UNSTORABLE.search(f"{fact.source}{fact.id}{fact.stream}{fact.type}"):
        raise EventRefusedError("a name in an event holds a NUL character or half of a pair")
    for name, text in (("source", fact.source), ("id", fact.id)):
        if not text or len(text.encode()) > MAX_IDENTITY:
            raise EventRefusedError(f"the {name} of an event has 1 to {MAX_IDENTITY} bytes")
    by = fact.schema if schema is None else schema
    open_data, sealed = personal.split(fact.type, fact.data, by)
    return Parted(fact, stream_id(fact.stream), open_data, sealed)


def obtain_keys(
    keys: KeyRing | None, transact: Transact, parts: Sequence[Parted]
) -> tuple[int, StreamKeys]:
    """Return the epoch and the keys that sealing needs, made where they are missing.

    Args:
        keys: None where nothing personal may come.
        transact: opens the transaction in which keys are read and made.
        parts: what is to be sealed.

    Raises:
        EventRefusedError: there is something to seal and no key ring.
    """
    wanted = {(each.stream_id, purpose) for each in parts for purpose in each.personal}
    if not wanted:
        return 0, {}
    if keys is None:
        raise EventRefusedError("an event holds personal data, and there are no keys to seal it")
    return keys.obtain(transact, wanted)


def encode(
    each: Parted,
    epoch: int,
    keys: Mapping[tuple[UUID, str], bytes],
    expected_version: int | None = None,
    schema: int | None = None,
) -> Encoded:
    """Seal and encode one fact.

    Raises:
        EventRefusedError: the body is larger than `MAX_BODY`, has no canonical form, or holds a
            NUL character in the clear, which the database could not search.
    """
    fact = each.fact
    try:
        pii = {
            purpose: sealing.seal(
                keys[each.stream_id, purpose], purpose, fact.stream, fact.source, fact.id, values
            )
            for purpose, values in each.personal.items()
        }
        body = encode_body(fact, each.open, pii, schema)
    except (ValueError, RecursionError):
        # Not chained: the error may hold the text that it is about.
        raise EventRefusedError("an event holds what canonical JSON cannot write") from None
    if b"\\u0000" in body and _NUL_IN_JSON.search(body):
        raise EventRefusedError("an event holds a NUL character")
    if len(body) > MAX_BODY:
        raise EventRefusedError(f"the event's body is larger than {MAX_BODY} bytes")
    return Encoded(
        fact.stream,
        each.stream_id,
        fact.type,
        fact.source,
        fact.id,
        body,
        epoch if pii else None,
        expected_version,
    )
