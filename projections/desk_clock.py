"""When the time runs out in which something has to happen: what is due is asked of an index."""

from collections.abc import Sequence

import msgspec
from psycopg2.extensions import connection as Connection  # noqa: N812

from domain.event import Event
from domain.linking import is_waiting_place
from domain.stream import split_order_stream
from domain.tracking.clocks import running
from domain.tracking.desk_policy import DESK_POLICY
from projections.folded import tracking_of
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.desk_clock"

RULES = (DESK_POLICY.version, "claims-2026-11-26")
"""The policies by which the rows of the version below are made: others are another version."""


class DueStream(msgspec.Struct, frozen=True):
    """An order of which a clock ran out: its stream, and the first deadline that passed."""

    stream: str
    deadline: int


def due(connection: Connection, at: int, limit: int) -> list[DueStream]:
    """Return the orders of which a clock ran out before an instant, the longest ago first.

    Args:
        connection: to the read models; no transaction is open on it.
        at: instant, microseconds since 1970 UTC.
        limit: at most so many orders.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.stream, c.deadline FROM ("
            f" SELECT stream_id, min(deadline) AS deadline FROM (SELECT stream_id, deadline"
            f" FROM {TABLE} WHERE deadline < %s ORDER BY deadline LIMIT %s) d GROUP BY stream_id"
            ") c JOIN streams s USING (stream_id) ORDER BY c.deadline, s.stream",
            (at, limit),
        )
        return [DueStream(*row) for row in cursor.fetchall()]


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    if is_waiting_place(stream) or not events:
        return []
    named = split_order_stream(stream)
    if named is None:
        return []
    found = running(tracking_of(events), DESK_POLICY)
    return [(named[0], one.kind, one.subject, one.since, one.deadline) for one in found]


DESK_CLOCK = Projection(
    name="desk_clock",
    version=2,
    columns=("shop", "kind", "subject", "since", "deadline"),
    key=("stream_id", "kind", "subject", "deadline"),
    rows=_rows,
    ddl=read_ddl(__file__),
)
