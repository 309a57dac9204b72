"""What in the log decides how long orders are kept."""

from collections.abc import Sequence

from domain.event import Event
from domain.stream import stream_id
from eventstore import log
from eventstore.connection import Connection

_TYPES = ["order.closed", "order.reopened", "retention.extended"]


def deciding_events(connection: Connection, streams: Sequence[str]) -> dict[str, list[Event]]:
    """Return, by stream, its events that close it, extend it or name a country, by version.

    Personal data stays sealed; countries never are.

    Args:
        connection: may read the log; no transaction is open on it.
        streams: names of streams.

    Raises:
        StoreAlteredError: an event cannot be read, so it is not what was recorded.
    """
    found: dict[str, list[Event]] = {stream: [] for stream in streams}
    rows = log.stored(
        connection,
        " FROM events e WHERE stream_id = ANY (%s::uuid[])"
        """ AND (type = ANY (%s) OR position('"country":'::bytea IN body) > 0)"""
        " ORDER BY stream_id, version",
        [[str(stream_id(stream)) for stream in streams], _TYPES],
    )
    for event in map(log.event_of, rows):
        found[event.stream].append(event)
    return found


def hold_events(connection: Connection, streams: Sequence[str] | None = None) -> list[Event]:
    """Return the events that place and release holds, by position.

    Args:
        connection: may read the log; no transaction is open on it.
        streams: names of streams; None for all.

    Raises:
        StoreAlteredError: an event cannot be read, so it is not what was recorded.
    """
    rest = " FROM events e WHERE type IN ('hold.placed', 'hold.released')"
    parameters: list[object] = []
    if streams is not None:
        rest += " AND stream_id = ANY (%s::uuid[])"
        parameters.append([str(stream_id(stream)) for stream in streams])
    rows = log.stored(connection, rest + " ORDER BY position", parameters)
    return [log.event_of(row) for row in rows]
