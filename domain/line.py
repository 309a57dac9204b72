"""The line: an event's body with its envelope, the bytes that are hashed and kept for good."""

import hashlib
import json
from typing import Any, NamedTuple

import msgspec

from domain import canonical
from domain.event import Event, Fact


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded event as the store keeps it: the body's bytes and the envelope.

    Args:
        position: number in the whole log, from 1.
        stream: name of the stream.
        version: number in the stream, from 1.
        type: dotted name of the event's type.
        recorded_at: UTC, `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
        prev: SHA-256, hex, of the stream's previous line; for the first, of the stream's name.
        body: the encoded body, never re-encoded.
    """

    position: int
    stream: str
    version: int
    type: str
    recorded_at: str
    prev: str
    body: bytes

    def encode(self) -> bytes:
        """Return the line's bytes, without a newline."""
        return b'{"event":%b,"prev":"%b","recorded_at":"%b","stream":%b,"type":%b,"version":%d}' % (
            self.body,
            self.prev.encode(),
            self.recorded_at.encode(),
            canonical.encode(self.stream),
            canonical.encode(self.type),
            self.version,
        )


class Leaf(NamedTuple):
    """What the log's tree needs of one line: stream, version, SHA-256 of the line."""

    stream: str
    version: int
    hash: bytes


class Head(NamedTuple):
    """Where a stream stands: the version of its last line, and its last seal if it has one."""

    stream: str
    version: int
    seal: Line | None


def first_prev(stream: str) -> str:
    """Return the `prev` of a stream's first line: SHA-256, hex, of the stream's name."""
    return hashlib.sha256(stream.encode()).hexdigest()


def line_hash(line: bytes) -> bytes:
    """Return the SHA-256 of a line: the event's hash."""
    return hashlib.sha256(line).digest()


def encode_body(fact: Fact, data: dict[str, Any], pii: dict[str, Any]) -> bytes:
    """Encode the body of an event. These bytes are final.

    Args:
        fact: the event; its own `data` is not used, since it is in the clear.
        data: the open part of the data.
        pii: sealed boxes by purpose; empty where nothing is personal.
    """
    body: dict[str, Any] = {
        "id": fact.id,
        "source": fact.source,
        "occurred_at": fact.occurred_at,
        "schema": fact.schema,
        "data": data,
    }
    optional = {
        "actor": fact.actor,
        "causation": fact.causation,
        "correlation": fact.correlation,
        "pii": pii,
        "evidence": fact.evidence,
        "ce": fact.ce,
    }
    body.update({name: value for name, value in optional.items() if value})
    return canonical.encode(body)


def decode(line: bytes, position: int = 0) -> Event:
    """Read a line as an event. Personal data stays sealed.

    Raises:
        ValueError: the bytes are not a line.
    """
    try:
        envelope = json.loads(line)
        body = envelope["event"]
        return Event(
            stream=envelope["stream"],
            version=envelope["version"],
            type=envelope["type"],
            source=body["source"],
            id=body["id"],
            occurred_at=body["occurred_at"],
            recorded_at=envelope["recorded_at"],
            data=body["data"],
            position=position,
            sealed="pii" in body,
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("not an event's line") from error
