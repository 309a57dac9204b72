"""The log as projections read it: orders, whole and by version."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from uuid import UUID

from domain import catalogue
from domain.event import Event, Fact
from domain.stream import ORDER, PROJECTIONS_STREAM, Standing, stream_id
from eventstore import log, opening, recording
from eventstore.connection import Connection, transaction
from eventstore.errors import EventStoreError, KeyMissingError, StoreAlteredError
from eventstore.opening import OpenKeys
from eventstore.stream_keys import KeyRing

EVENT_SKIPPED = "projection.event_skipped"

_STANDING = "s.stream_id::text, s.stream, s.version, s.position, s.first_position"
_CHUNK = 5_000  # events in memory at a time, unless one order alone has more


class ProjectionLog:
    """An event store's log, for reading by projections.

    Args:
        connection: of its own, so that reading goes on while rows are written; no transaction is
            open on it.
        ring: opens personal data for the projections that read it.
    """

    key_error: type[Exception] = KeyMissingError

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self._connection = connection
        self._ring = ring
        with transaction(connection) as cursor:
            # Statistics of a log that grew a minute ago are wrong, and a plan that follows them
            # reads the whole table for a few orders.
            cursor.execute(
                "SELECT set_config(name, 'off', false) FROM unnest(ARRAY["
                "'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) AS name"
            )

    def size(self) -> int:
        """Return the newest position."""
        return log.size(self._connection)

    def touched(self, after: int, upto: int) -> list[Standing]:
        """Return the orders that have events at `after` < position ≤ `upto`."""
        return self._standing(
            "WHERE s.stream_id IN (SELECT e.stream_id FROM events e"
            " WHERE e.position > %s AND e.position <= %s) AND starts_with(s.stream, %s)",
            (after, upto, ORDER),
        )

    def following(self, after: int, upto: int, limit: int) -> list[Standing]:
        """Return the next orders by first position, `after` < first position ≤ `upto`."""
        return self._standing(
            "WHERE s.first_position > %s AND s.first_position <= %s AND starts_with(s.stream, %s)"
            " ORDER BY s.first_position LIMIT %s",
            (after, upto, ORDER, limit),
        )

    def standing(self, stream_ids: Sequence[str]) -> list[Standing]:
        """Return where these streams stand; unknown ones are left out."""
        return self._standing("WHERE s.stream_id = ANY (%s::uuid[])", (list(stream_ids),))

    def stored(self, orders: Sequence[Standing]) -> Iterator[tuple[Standing, list[log.Stored]]]:
        """Yield each order with all its events by version, in the sequence given."""
        for chunk in _chunks(orders):
            rows = log.stored(
                self._connection,
                " FROM unnest(%s::uuid[]) WITH ORDINALITY AS o (stream_id, n)"
                " JOIN events e USING (stream_id) ORDER BY o.n, e.version",
                ([order.stream_id for order in chunk],),
                more=", o.n",
            )
            for n, events in groupby(rows, key=lambda row: row[-1]):
                yield chunk[n - 1], list(events)

    def decode(self, stored: log.Stored) -> Event:
        """Return the event, personal data sealed.

        Raises:
            StoreAlteredError: it is no event, so it is not what was recorded.
        """
        return log.event_of(stored)

    def is_altered(self, error: Exception) -> bool:
        """Tell whether an error of `decode` says that the event is not what was recorded."""
        return isinstance(error, StoreAlteredError)

    def keys(self, orders: Sequence[Standing]) -> OpenKeys:
        """Return what opens personal data of these orders, as far as it still exists.

        Raises:
            KeyMissingError: a key that exists does not open with the key-encryption key.
        """
        with transaction(self._connection) as cursor:
            return opening.find(cursor, self._ring, [UUID(order.stream_id) for order in orders])

    def open(self, event: Event, keys: OpenKeys) -> Event:
        """Return the event with its personal data, as far as its keys were not destroyed.

        Raises:
            KeyMissingError: it should open and does not.
        """
        return opening.open_event(event, keys)

    def key_epoch(self) -> int:
        """Return how many erasures there were."""
        with transaction(self._connection) as cursor:
            cursor.execute("SELECT key_epoch FROM log_head")
            [(epoch,)] = cursor.fetchall()
        return int(epoch)

    def erased(self) -> list[str]:
        """Return the ids of the streams of which keys were destroyed."""
        with transaction(self._connection) as cursor:
            cursor.execute(
                "SELECT DISTINCT stream_id::text FROM stream_keys WHERE destroyed_at IS NOT NULL"
            )
            return [stream for (stream,) in cursor.fetchall()]

    def skips(self, after: int = 0) -> Mapping[str, Mapping[int, str]]:
        """Return what is to be skipped, from skip events above a position.

        Returns:
            By projection, the positions to skip and the ids of their streams.
        """
        rows = log.stored(
            self._connection,
            " FROM events e WHERE stream_id = %s AND position > %s AND type = %s ORDER BY version",
            (str(stream_id(PROJECTIONS_STREAM)), after, EVENT_SKIPPED),
        )
        if not rows:
            return {}
        skipped = [log.event_of(row).data for row in rows]
        positions = [data["stream_position"] for data in skipped]
        with transaction(self._connection) as cursor:
            cursor.execute(
                "SELECT position, stream_id::text FROM events WHERE position = ANY (%s)",
                (positions,),
            )
            streams = dict(cursor.fetchall())
        found: dict[str, dict[int, str]] = {}
        for data in skipped:
            position = data["stream_position"]
            if position in streams:  # else somebody took the event away, and with it the hold-up
                found.setdefault(data["projection"], {})[position] = streams[position]
        return found

    def _standing(self, where: str, parameters: tuple[object, ...]) -> list[Standing]:
        with transaction(self._connection) as cursor:
            cursor.execute(f"SELECT {_STANDING} FROM streams s {where}", parameters)
            return [Standing._make(row) for row in cursor.fetchall()]


def record_skip(
    connection: Connection, *, projection: str, position: int, reason: str, by: str
) -> None:
    """Record that a projection is to go on without one event.

    Args:
        connection: no transaction is open on it.
        projection: its name.
        position: of the event.
        reason: why, for whoever asks later; nothing personal.
        by: who decided it.

    Raises:
        EventStoreError: it is skipped already, for another reason or by somebody else.
    """
    fact = Fact(
        stream=PROJECTIONS_STREAM,
        type=EVENT_SKIPPED,
        source=catalogue.OUR_SOURCE,
        id=f"{projection}/{position}",
        occurred_at=log.clock(connection),
        data={"projection": projection, "stream_position": position, "reason": reason, "by": by},
    )
    [outcome] = recording.record(connection, None, [fact])
    if outcome.result == "mismatch":
        raise EventStoreError(f"position {position} is skipped by {projection} already")


def _chunks(orders: Sequence[Standing]) -> Iterator[list[Standing]]:
    chunk: list[Standing] = []
    events = 0
    for order in orders:
        if chunk and events + order.events > _CHUNK:
            yield chunk
            chunk, events = [], 0
        chunk.append(order)
        events += order.events
    if chunk:
        yield chunk
