"""One row a compensation of an order: what was offered, and what became of it (R112)."""

from collections.abc import Sequence

from domain.event import Event
from domain.linking import is_waiting_place
from domain.stream import split_order_stream
from projections.folded import tracking_of
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.compensation_ledger"


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    named = split_order_stream(stream)
    if named is None or is_waiting_place(stream) or not events:
        return []
    return [
        (
            *named,
            one.compensation_id,
            one.state,
            one.kind,
            one.level,
            one.amount,
            one.currency,
            one.condition,
            one.offered_at,
            one.issued_at,
        )
        for one in tracking_of(events).compensation
    ]


COMPENSATION_LEDGER = Projection(
    name="compensation_ledger",
    version=1,
    columns=(
        "shop",
        "number",
        "own_id",
        "state",
        "kind",
        "level",
        "amount",
        "currency",
        "condition",
        "offered_at",
        "issued_at",
    ),
    key=("stream_id", "own_id"),
    rows=_rows,
    ddl=read_ddl(__file__),
)
