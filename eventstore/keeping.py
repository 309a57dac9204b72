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
