"""`eventsourcing`'s `ProjectionRunner`, which feeds a summary like ours, event by event."""

import time
from typing import Any
from uuid import UUID

from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Identifier

from benchmarks.store import eventsourcing_peer
from benchmarks.store.eventsourcing_peer import Orders, environment
from benchmarks.store.workload import Item

_PATIENCE = 300.0
_STATUS = {
    "order.placed": "placed",
    "shipment.dispatched": "dispatched",
    "shipment.delivered": "delivered",
    "order.closed": "closed",
}


class Summaries(PostgresTrackingRecorder):
    """One row an order: state and totals. The row and the position move in one transaction."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        table = (Identifier(self.datastore.schema), Identifier("order_summary"))
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS {}.{} (stream_id uuid PRIMARY KEY, status text,"
                " events bigint, total bigint, captured bigint, refunded bigint)"
            ).format(*table)
        )
        self._upsert = SQL(
            "INSERT INTO {}.{} AS s VALUES (%s, %s, 1, %s, %s, %s)"
            " ON CONFLICT (stream_id) DO UPDATE SET status = coalesce(excluded.status, s.status),"
            " events = s.events + 1, total = coalesce(excluded.total, s.total),"
            " captured = s.captured + excluded.captured,"
            " refunded = s.refunded + excluded.refunded"
        ).format(*table)

    def add(
        self,
        stream: UUID,
        status: str | None,
        total: int | None,
        captured: int,
        refunded: int,
        tracking: Tracking,
    ) -> None:
        """Bring one event into its order's row."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(self._upsert, (stream, status, total, captured, refunded), prepare=True)
            self._insert_tracking(cursor, tracking)


class Summary(Projection[Summaries]):
    """Feeds the rows."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Bring one event into its order's row."""
        data, type_ = domain_event.data, domain_event.type
        self.view.add(
            domain_event.originator_id,
            _STATUS.get(type_),
            data.get("total"),
            data["amount"] if type_ == "payment.captured" else 0,
            data["amount"] if type_ == "refund.settled" else 0,
            tracking,
        )


def run(dsn: str, orders: list[list[Item]]) -> float:
    """Save orders in an empty database, have a runner read them, and return its seconds."""
    with eventsourcing_peer.opened(dsn) as store:
        for items in orders:
            store.fill(items)
        last = store.recorder.max_notification_id()
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=Orders,
        projection_class=Summary,
        view_class=Summaries,
        env=environment(dsn),
    ) as runner:
        runner.wait(last, timeout=_PATIENCE)
        return time.perf_counter() - started
