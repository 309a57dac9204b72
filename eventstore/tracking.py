"""`eventsourcing`'s tracking recorder: how far a downstream has processed an application's log."""

from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder

from eventstore.connection import Cursor
from eventstore.pool import Pool
from eventstore.upstream_errors import upstream_errors


def advance(cursor: Cursor, tracking: Tracking) -> None:
    """Move a tracked position forward in the caller's transaction, together with its rows.

    Raises:
        IntegrityError: this position or a later one is recorded, so the event was processed.
    """
    # One row an application. Of two at once the second waits for the first, then sees its id.
    cursor.execute(
        "INSERT INTO tracking AS t (application_name, notification_id) VALUES (%s, %s)"
        " ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id"
        " WHERE t.notification_id < excluded.notification_id",
        (tracking.application_name, tracking.notification_id),
    )
    if cursor.rowcount != 1:
        raise IntegrityError(
            f"notification {tracking.notification_id} of {tracking.application_name}"
            " was processed before"
        )


class Tracker(TrackingRecorder):
    """Records positions, each above the last.

    Args:
        pool: the connections.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def insert_tracking(self, tracking: Tracking) -> None:
        """Record that a notification was processed; see `advance`."""
        with upstream_errors(), self._pool.transaction() as cursor:
            advance(cursor, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return the last notification that was processed, None where none was."""
        with upstream_errors(), self._pool.statement() as cursor:
            cursor.execute(
                "SELECT notification_id FROM tracking WHERE application_name = %s",
                (application_name,),
            )
            row = cursor.fetchone()
        return None if row is None else int(row[0])
