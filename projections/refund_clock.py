"""When the time of each refund that is under way runs out: who is late is asked of an index."""

from collections.abc import Sequence

import msgspec
from psycopg2.extensions import connection as Connection  # noqa: N812

from domain.event import Event
from domain.linking import is_waiting_place
from domain.policy import POLICY
from domain.refund_clock import clocks
from domain.stream import split_order_stream
from projections.folded import order_of
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.refund_clock"

RULES = "claims-2026-11-26"
"""The policy by which the rows of the version below are made: another one is another version."""


class Due(msgspec.Struct, frozen=True):
    """A clock that has run out; instants are microseconds since 1970 UTC."""

    stream: str
    refund_id: str
    kind: str
    since: int
    deadline: int


def due(connection: Connection, at: int) -> list[Due]:
    """Return the clocks that have run out at an instant, those that ran out first before others."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.stream, c.refund_id, c.kind, c.since, c.deadline FROM {TABLE} c"
            " JOIN streams s USING (stream_id) WHERE c.deadline < %s"
            " ORDER BY c.deadline, s.stream, c.refund_id",
            (at,),
        )
        return [Due(*row) for row in cursor.fetchall()]


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    # Most orders are never refunded, and folding is what a projection spends its time on.
    if is_waiting_place(stream) or not any(event.type.startswith("refund.") for event in events):
        return []
    shop, _ = split_order_stream(stream) or ("", stream)
    found = clocks(order_of(events), POLICY)
    return [(shop, one.refund_id, one.kind, one.since, one.deadline) for one in found]


REFUND_CLOCK = Projection(
    name="refund_clock",
    version=1,
    columns=("shop", "refund_id", "kind", "since", "deadline"),
    key=("stream_id", "refund_id"),
    rows=_rows,
    ddl=read_ddl(__file__),
)
