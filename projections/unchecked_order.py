"""Unfinished orders that changed since they were checked last: what the checks have to look at."""

from collections.abc import Sequence

from psycopg2.extensions import connection as Connection  # noqa: N812

from domain.checks.subject import CHANGES, CHECKED, PLACEMENTS
from domain.event import Event
from domain.linking import is_waiting_place
from domain.stream import split_order_stream
from projections.folded import tracking_of
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.unchecked_order"


def read(connection: Connection, limit: int, after: int = 0) -> list[tuple[int, str]]:
    """Return orders to be checked as (position of the change, stream), oldest change first."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT u.position, s.stream FROM {TABLE} u JOIN streams s USING (stream_id)"
            " WHERE u.position > %s ORDER BY u.position LIMIT %s",
            (after, limit),
        )
        return [(position, stream) for position, stream in cursor.fetchall()]


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    named = split_order_stream(stream)
    if named is None or is_waiting_place(stream):
        return []
    if not any(event.type in PLACEMENTS for event in events):
        return []
    changes = [event for event in events if event.type in CHANGES]
    checked = [event.version for event in events if event.type in CHECKED]
    if changes[-1].version < max(checked, default=0) or tracking_of(events).finished:
        return []
    return [(named[0], changes[-1].position)]


UNCHECKED_ORDER = Projection(
    name="unchecked_order",
    version=1,
    columns=("shop", "position"),
    key=("stream_id",),
    rows=_rows,
    ddl=read_ddl(__file__),
)
