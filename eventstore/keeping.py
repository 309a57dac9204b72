"""What in the log decides how long orders are kept."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from domain import catalogue
from domain.event import Event
from domain.stream import ORDER, POLICY_STREAM, stream_id
from eventstore import log
from eventstore.connection import Connection, transaction

_WINDOW = 50_000
_PLACES = {"ship_to", "address", "buyer"}

# What a type does not declare is sealed, so no other type can name a country in the open.
_TYPES = ["order.closed", "order.reopened", "retention.extended"] + [
    known.name
    for known in catalogue.CATALOGUE.values()
    if any(_PLACES & set(known.fields_of(schema)) for schema in range(1, known.schema + 1))
]


class _Data(msgspec.Struct):
    ship_to: Any = UNSET
    address: Any = UNSET
    buyer: Any = UNSET
    retention_class: Any = UNSET
    until: Any = UNSET


class _Body(msgspec.Struct):
    id: str
    source: str
    occurred_at: str
    schema: int
    data: _Data


_PARTS = _Data.__struct_fields__
_BODY = msgspec.json.Decoder(_Body)


def deciding_events(connection: Connection, streams: Sequence[str]) -> dict[str, list[Event]]:
    """Return, by stream, its events that close it, extend it or name a country, by version.

    Personal data stays sealed; countries never are. Of their data they hold what decides, and
    the rest only where it must be brought into today's form: it is read for every order.

    Args:
        connection: may read the log; no transaction is open on it.
        streams: names of streams.

    Raises:
        StoreAlteredError: an event cannot be read, so it is not what was recorded.
    """
    found: dict[str, list[Event]] = {stream: [] for stream in streams}
    rows = log.stored(
        connection,
        # Sorted inside, so that the planner looks up each stream by its index.
        " FROM unnest(%s::uuid[]) AS u (stream_id) CROSS JOIN LATERAL (SELECT * FROM events"
        " WHERE events.stream_id = u.stream_id AND type = ANY (%s) ORDER BY version) AS e"
        " ORDER BY e.stream_id, e.version",
        [[str(stream_id(stream)) for stream in streams], _TYPES],
    )
    for event in map(_deciding, rows):
        found[event.stream].append(event)
    return found


def _deciding(row: log.Stored) -> Event:
    _, version, moment, stream, type_, body = row
    try:
        read = _BODY.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return log.event_of(row)  # says what is wrong
    if read.schema != catalogue.current_schema(type_):
        return log.event_of(row)
    parts = {name: getattr(read.data, name) for name in _PARTS}
    return Event(
        stream=stream,
        version=version,
        type=type_,
        source=read.source,
        id=read.id,
        occurred_at=read.occurred_at,
        recorded_at=log.utc_text(moment),
        data={name: value for name, value in parts.items() if value is not UNSET},
    )


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


def sealed(connection: Connection) -> Iterator[Event]:
    """Yield the seals of the orders that have no event behind them, by position.

    Args:
        connection: may read the log; no transaction is open on it between two of them.
    """
    size = log.size(connection)
    for after in range(0, size, _WINDOW):
        rows = log.stored(
            connection,
            " FROM events e JOIN streams s USING (position) WHERE e.type = 'history.sealed'"
            " AND e.position > %s AND e.position <= %s AND starts_with(e.stream, %s)"
            " ORDER BY e.position",
            [after, after + _WINDOW, ORDER],
        )
        yield from map(log.event_of, rows)


def unsealed_orders(connection: Connection) -> int:
    """Return how many orders have events that no seal covers."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT count(*) FROM streams s JOIN events e USING (position)"
            " WHERE e.type <> 'history.sealed' AND starts_with(e.stream, %s)",
            [ORDER],
        )
        [(orders,)] = cursor.fetchall()
    return int(orders)


def extensions(connection: Connection) -> list[Event]:
    """Return the events by which orders are kept longer than was sealed, by position."""
    rest = " FROM events e WHERE type = 'retention.extended' ORDER BY position"
    return [log.event_of(row) for row in log.stored(connection, rest, [])]


def newest_policy(connection: Connection, type_: str) -> tuple[int, Event | None]:
    """Return how many events of a type `system/policy` has, and the newest of them."""
    rest = " FROM events e WHERE stream_id = %s AND type = %s ORDER BY version"
    rows = log.stored(connection, rest, [str(stream_id(POLICY_STREAM)), type_])
    return len(rows), log.event_of(rows[-1]) if rows else None


def applied_lists(connection: Connection) -> list[str]:
    """Return the digests of the lists of what was deleted after retention, oldest first."""
    rows = log.stored(
        connection,
        " FROM events e WHERE stream_id = %s AND type = 'policy.retention_applied'"
        " ORDER BY version",
        [str(stream_id(POLICY_STREAM))],
    )
    return [str(log.event_of(row).data.get("list_sha256")) for row in rows]
