"""The line: an event's body with its envelope, the bytes that are hashed and kept for good."""

import hashlib
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from domain import canonical, catalogue
from domain.errors import NewerSchemaError
from domain.event import Event, Fact
from domain.upcasting import upcast

# Lines that are written one after the other are of few streams and types.
_name = lru_cache(maxsize=4096)(canonical.encode)


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
        return write_line(
            self.body,
            self.prev.encode(),
            self.recorded_at.encode(),
            _name(self.stream),
            _name(self.type),
            self.version,
        )


def write_line(
    body: bytes, prev: bytes, recorded_at: bytes, stream: bytes, type: bytes, version: int
) -> bytes:
    """Return a line's bytes; all but the version as they stand in it, names as JSON texts."""
    return b'{"event":%b,"prev":"%b","recorded_at":"%b","stream":%b,"type":%b,"version":%d}' % (
        body,
        prev,
        recorded_at,
        stream,
        type,
        version,
    )


class Written(NamedTuple):
    """A recorded event as its bytes, to be checked.

    Args:
        position: number in the whole log.
        stream: name of the stream.
        version: number in the stream.
        prev: as in the line, hex.
        line: the line's bytes, made of what is stored.
        hash: SHA-256, hex, that is stored beside it.
    """

    position: int
    stream: str
    version: int
    prev: str
    line: bytes
    hash: str


def written(
    position: int,
    stream: str,
    version: int,
    type: str,
    recorded_at: str,
    prev: str,
    body: str,
    hash: str,
) -> Written:
    """Write a line from the texts of its parts; what is no UTF-8 in them is escaped as surrogates.

    It takes half the time that `Line.encode` does.
    """
    line = (
        f'{{"event":{body},"prev":"{prev}","recorded_at":"{recorded_at}"'
        f',"stream":{_text_name(stream)},"type":{_text_name(type)},"version":{version}}}'
    )
    return Written(position, stream, version, prev, line.encode(errors="surrogateescape"), hash)


@lru_cache(maxsize=4096)
def _text_name(name: str) -> str:
    return canonical.encode(name).decode()


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


class OpenOrders(NamedTuple):
    """Orders with lines in no history.

    Args:
        lines: how many lines these are.
        streams: names of their streams.
        shops: whose they are.
    """

    lines: int
    streams: list[str]
    shops: list[str]


def first_prev(stream: str) -> str:
    """Return the `prev` of a stream's first line: SHA-256, hex, of the stream's name."""
    return hashlib.sha256(stream.encode()).hexdigest()


def line_hash(line: bytes) -> bytes:
    """Return the SHA-256 of a line: the event's hash."""
    return hashlib.sha256(line).digest()


def encode_body(
    fact: Fact, data: dict[str, Any], pii: dict[str, Any], schema: int | None = None
) -> bytes:
    """Encode the body of an event. These bytes are final.

    Args:
        fact: the event; its own `data` is not used, since it is in the clear.
        data: the open part of the data.
        pii: sealed boxes by purpose; empty where nothing is personal.
        schema: the version by which the data was split; None for the fact's own, or else the
            catalogue's current one, which is 0 for an undeclared type.
    """
    if schema is None:
        schema = fact.schema
    if schema is None:
        schema = catalogue.current_schema(fact.type)
    body: dict[str, Any] = {
        "id": fact.id,
        "source": fact.source,
        "occurred_at": fact.occurred_at,
        "schema": schema,
        "data": data,
    }
    for name, value in (
        ("actor", fact.actor),
        ("causation", fact.causation),
        ("correlation", fact.correlation),
        ("pii", pii),
        ("evidence", fact.evidence),
        ("ce", fact.ce),
    ):
        if value:
            body[name] = value
    return canonical.encode(body)


def decode(line: bytes, position: int = 0, *, as_stored: bool = False) -> Event:
    """Read a line as an event. Personal data stays sealed.

    Args:
        line: the line's bytes.
        position: of the event in the log; 0 where the reader does not know it.
        as_stored: keep the data as recorded, also that of a newer version than we know: to be
            shown, not to be judged by.

    Raises:
        NewerSchemaError: the event was recorded in a newer version than we know.
        ValueError: the bytes are not a line.
    """
    try:
        read = _LINE_DECODER.decode(line)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError("not an event's line") from error
    return _event(
        read.stream, read.version, read.type, read.recorded_at, read.event, position, as_stored
    )


def decode_row(
    stream: str,
    version: int,
    type: str,
    recorded_at: str,
    body: bytes | memoryview | str,
    position: int,
    *,
    as_stored: bool = False,
) -> Event:
    """Read an event from the columns of its row; as `decode` reads the line that they make.

    Raises:
        NewerSchemaError: the event was recorded in a newer version than we know.
        ValueError: the body is not that of an event.
    """
    try:
        read = _BODY_DECODER.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError("not an event's body") from error
    return _event(stream, version, type, recorded_at, read, position, as_stored)


class _Body(msgspec.Struct):
    id: str
    source: str
    occurred_at: str
    schema: int
    data: dict[str, Any]
    pii: dict[str, dict[str, str]] = {}


class _Line(msgspec.Struct):
    event: _Body
    stream: str
    version: int
    type: str
    recorded_at: str


_BODY_DECODER = msgspec.json.Decoder(_Body)
_LINE_DECODER = msgspec.json.Decoder(_Line)


def _event(
    stream: str,
    version: int,
    type: str,
    recorded_at: str,
    body: _Body,
    position: int,
    as_stored: bool,  # noqa: FBT001
) -> Event:
    data = body.data
    stored = None
    schema = body.schema
    known = catalogue.current_schema(type)
    # A type that is not declared has no form to be upcast to, whatever its version.
    if schema != known and known and not as_stored:
        if schema > known:
            raise NewerSchemaError(type, position, schema, known)
        data = upcast(type, schema, data)
        if body.pii:
            stored = body.data
    return Event(
        stream=stream,
        version=version,
        type=type,
        source=body.source,
        id=body.id,
        occurred_at=body.occurred_at,
        recorded_at=recorded_at,
        data=data,
        position=position,
        schema=schema,
        sealed=bool(body.pii),
        boxes=body.pii,
        stored=stored,
    )
