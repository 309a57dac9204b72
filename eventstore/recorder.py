"""`eventsourcing`'s application recorder over our log, through psycopg2.

Notification ids are positions, topics are types, states are bodies. A stored event of our own
(`EncodedEvent`, made by `eventstore.mapper`) carries its stream's name and its identity. Plain
ones, as the library's contract tests make them, have neither; they become
`aggregate/<originator id>` with source `/orderproof` and id `<stream>/<version>`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    Notification,
    NotSupportedError,
    ProgrammingError,
    StoredEvent,
    Subscription,
)

from domain.line import Line
from eventstore import log
from eventstore.appending import Encoded, append_all
from eventstore.pool import Pool
from eventstore.upstream_errors import upstream_errors

PLAIN_STREAM = "aggregate/"
PLAIN_SOURCE = "/orderproof"


@dataclass(frozen=True)
class EncodedEvent(StoredEvent):
    """A stored event on its way into the log, with all that the log keeps of it."""

    encoded: Encoded


@dataclass(frozen=True)
class LoggedEvent(StoredEvent):
    """A stored event as the log holds it."""

    line: Line


@dataclass(frozen=True)
class LoggedNotification(Notification):
    """A notification with the event as the log holds it."""

    line: Line


class Recorder(ApplicationRecorder):
    """Inserts stored events into the log, all of a call or none, and selects them.

    Every method raises errors of `eventsourcing.persistence`: `IntegrityError` where a stream is
    at another version or an event is there already, `OperationalError` where the database is away
    (what was being inserted is stored or not: offering it again tells).

    Args:
        pool: the connections.
        plain_events: whether to take events that no mapper of ours made. Their bytes need not be
            an event's body, and then no archive of this log can be read: for tests.
    """

    def __init__(self, pool: Pool, *, plain_events: bool = False) -> None:
        self.pool = pool
        self._plain_events = plain_events

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> list[int]:
        """Record events in their order and return their positions, after the commit."""
        if kwargs.get("tracking") is not None:
            raise NotSupportedError("positions are tracked with read models, not with events")
        encoded = [self._encoded(event) for event in stored_events]
        if not encoded:
            return []
        with upstream_errors(), self.pool.statement() as cursor:
            return append_all(cursor, encoded)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        """Return a stream's events by version."""
        key = _uuid(originator_id)
        lines = self._lines(
            "e.stream_id = %s AND (%s IS NULL OR e.version > %s)"
            " AND (%s IS NULL OR e.version <= %s)"
            f" ORDER BY e.version {'DESC' if desc else 'ASC'} LIMIT %s",
            (str(key), gt, gt, lte, lte, limit),
        )
        return [LoggedEvent(key, line.version, line.type, line.body, line) for _, line in lines]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        """Return events by position."""
        first = (start or 0) if inclusive_of_start or start is None else start + 1
        lines = self._lines(
            "e.position >= %s AND (%s IS NULL OR e.position <= %s)"
            " AND (%s::text[] IS NULL OR e.type = ANY(%s::text[])) ORDER BY e.position LIMIT %s",
            (first, stop, stop, list(topics) or None, list(topics) or None, limit),
        )
        return [
            LoggedNotification(key, line.version, line.type, line.body, line.position, line)
            for key, line in lines
        ]

    def max_notification_id(self) -> int | None:
        """Return the newest position, None for an empty log."""
        with upstream_errors(), self.pool.statement() as cursor:
            cursor.execute("SELECT position FROM log_head")
            [(position,)] = cursor.fetchall()
        return int(position) or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Return an iterator over the events above a position, which waits for new ones."""
        # Imported here: a subscription knows its recorder.
        from eventstore.subscription import LogSubscription

        return LogSubscription(self, gt, topics)

    def _lines(self, where: str, parameters: tuple[object, ...]) -> list[tuple[UUID, Line]]:
        with upstream_errors(), self.pool.statement() as cursor:
            cursor.execute(
                f"SELECT e.stream_id::text, {log.LINE} FROM events e WHERE {where}", parameters
            )
            rows = cursor.fetchall()
        return [(UUID(row[0]), log.line_of(row[1:])) for row in rows]

    def _encoded(self, event: StoredEvent) -> Encoded:
        if isinstance(event, EncodedEvent):
            return event.encoded
        if not self._plain_events:
            raise ProgrammingError(
                "this event comes from another mapper than ours, so its state is no event's body"
            )
        key = _uuid(event.originator_id)
        stream = f"{PLAIN_STREAM}{key}"
        version = event.originator_version
        return Encoded(
            stream=stream,
            stream_id=key,
            type=event.topic,
            source=PLAIN_SOURCE,
            id=f"{stream}/{version}",
            body=event.state,
            expected_version=version - 1,
        )


def _uuid(originator_id: UUID | str) -> UUID:
    if isinstance(originator_id, UUID):
        return originator_id
    raise ProgrammingError("the id of a stream is a UUID")
