"""One row an unfinished order: what the desk's lists show and sort by. No personal data."""

from collections.abc import Sequence

import msgspec

from domain.event import Event
from domain.linking import is_waiting_place
from domain.time import read_date
from domain.tracking.desk_policy import DESK_POLICY
from domain.tracking.listed import ListedOrder, list_order
from projections.folded import tracking_of
from projections.projection import VIEWS, Projection, Rows, read_ddl

TABLE = f"{VIEWS}.tracking_table"

RULES = "desk-2026-11-26"
"""The policy by which the rows of the version below are made: another one is another version."""

_COLUMNS = (
    "shop",
    "number",
    "quadrant",
    "priority",
    "due_at",
    "label",
    "planned",
    "left_house",
    "promise",
    "acted_at",
    "owner",
    "department",
    "country",
    "exception",
    "missing",
    "risks",
    "undecided",
    "listed",
    "position",
)


def _rows(stream: str, events: Sequence[Event]) -> Rows:
    if is_waiting_place(stream) or not events:
        return []
    listed = list_order(tracking_of(events), DESK_POLICY)
    if listed is None:
        return []
    planned = read_date(listed.planned)
    return [
        (
            listed.shop,
            listed.number,
            listed.quadrant,
            listed.priority,
            listed.due_at,
            listed.label,
            planned,
            listed.left_house,
            listed.promise,
            listed.acted_at,
            listed.owner,
            listed.department,
            listed.country,
            listed.exception,
            _array(listed.missing),
            _array(listed.risks),
            not listed.action,
            msgspec.json.encode(listed).decode(),
            max(event.position for event in events),
        )
    ]


def _array(names: Sequence[str]) -> str:
    return f"{{{','.join(names)}}}"  # our own names: letters and underscores


def decode(listed: str) -> ListedOrder:
    """Return what a row lists."""
    return msgspec.json.decode(listed, type=ListedOrder)


TRACKING_TABLE = Projection(
    name="tracking_table",
    version=4,
    columns=_COLUMNS,
    key=("stream_id",),
    rows=_rows,
    ddl=read_ddl(__file__),
)
