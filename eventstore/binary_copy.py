"""Rows of the log in the binary form of COPY.

Source: PostgreSQL manual, COPY, "Binary Format".
"""

import struct

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"

EVENTS = (
    "COPY events (position, stream_id, stream, version, type, recorded_at, prev, hash,"
    " body) FROM STDIN (FORMAT binary)"
)
IDS = "COPY event_ids (source, id, position) FROM STDIN (FORMAT binary)"

_EVENT_HEAD = struct.Struct("!hiqi16si")  # 9 fields; position; stream_id; length of stream
_EVENT_VERSION = struct.Struct("!iqi")  # version; length of type
_EVENT_TAIL = struct.Struct("!iqi32si32si")  # recorded_at; prev; hash; length of body
_ID_HEAD = struct.Struct("!hi")  # 3 fields; length of source
_LENGTH = struct.Struct("!i")
_ID_TAIL = struct.Struct("!iq")  # position


def event(
    position: int,
    stream_id: bytes,
    stream: bytes,
    version: int,
    type: bytes,
    microseconds: int,
    prev: bytes,
    line_hash: bytes,
    body: bytes,
) -> tuple[bytes, ...]:
    """Return the pieces of a row of `events`; the time is in microseconds since 2000-01-01 UTC."""
    return (
        _EVENT_HEAD.pack(9, 8, position, 16, stream_id, len(stream)),
        stream,
        _EVENT_VERSION.pack(8, version, len(type)),
        type,
        _EVENT_TAIL.pack(8, microseconds, 32, prev, 32, line_hash, len(body)),
        body,
    )


def event_id(source: bytes, id: bytes, position: int) -> tuple[bytes, ...]:
    """Return the pieces of a row of `event_ids`."""
    return (
        _ID_HEAD.pack(3, len(source)),
        source,
        _LENGTH.pack(len(id)),
        id,
        _ID_TAIL.pack(8, position),
    )
