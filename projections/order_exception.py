"""One row an exception of an order: what was wrong, who saw to it and for how long (R113-R124)."""

from collections.abc import Sequence

from domain.event import Event
from domain.linking import is_waiting_place
from domain.stream import split_order_stream
from domain.tracking.handled import handled_exceptions
from projections.folded import tracking_of
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.order_exception"


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    named = split_order_stream(stream)
    if named is None or is_waiting_place(stream) or not events:
        return []
    return [
        (
            *named,
            one.exception.exception_id,
            one.exception.class_,
            one.exception.subtype,
            one.exception.level,
            one.exception.priority,
            one.exception.state,
            one.exception.open,
            one.department,
            one.exception.owner,
            one.exception.detected_by,
            one.by_rule,
            one.foreseen,
            one.exception.raised_at,
            one.exception.noticed_at,
            one.exception.resolved_at,
            one.exception.reopened,
            one.cause,
            one.stage,
            one.blamed,
            _array(one.skus),
            one.late,
            one.recovered,
        )
        for one in handled_exceptions(tracking_of(events))
    ]


def _array(texts: Sequence[str]) -> str:
    quoted = [text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"


ORDER_EXCEPTION = Projection(
    name="order_exception",
    version=1,
    columns=(
        "shop",
        "number",
        "own_id",
        "class",
        "subtype",
        "level",
        "priority",
        "state",
        "open",
        "department",
        "owner",
        "found_by",
        "by_rule",
        "foreseen",
        "raised_at",
        "noticed_at",
        "ended_at",
        "reopened",
        "cause",
        "stage",
        "blamed",
        "skus",
        "late",
        "recovered",
    ),
    key=("stream_id", "own_id"),
    rows=_rows,
    ddl=read_ddl(__file__),
)
