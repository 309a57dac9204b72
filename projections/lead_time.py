"""One row an order: how long each step took, from the placement to the delivery (R138)."""

from collections.abc import Sequence

from domain.event import Event
from domain.linking import is_waiting_place
from domain.stream import split_order_stream
from domain.tracking.handled import late_by
from domain.tracking.lead_time import SPANS, durations
from projections.folded import tracking_of
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.lead_time"


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    named = split_order_stream(stream)
    if named is None or is_waiting_place(stream) or not events:
        return []
    tracking = tracking_of(events)
    if tracking.order.placed is None:
        return []
    milestones = tracking.milestones
    spans = durations(milestones)
    return [
        (
            *named,
            milestones.placed,
            milestones.paid is not None,
            milestones.dispatched is not None,
            milestones.delivered is not None,
            bool(tracking.exceptions),
            *(spans[span] for span in SPANS),
            late_by(tracking),
        )
    ]


LEAD_TIME = Projection(
    name="lead_time",
    version=1,
    columns=(
        "shop",
        "number",
        "placed_at",
        "paid",
        "dispatched",
        "delivered",
        "excepted",
        *SPANS,
        "late",
    ),
    key=("stream_id",),
    rows=_rows,
    ddl=read_ddl(__file__),
)
