"""An event whose sealed parts were opened."""

from collections.abc import Mapping
from typing import Any

import msgspec

from domain import personal
from domain.event import Event
from domain.upcasting import upcast


def opened(event: Event, values: Mapping[str, Mapping[str, Any]]) -> Event:
    """Return the event with sealed values in their places, in today's form.

    The values belong into the data as it was recorded, so they are put back there first, and the
    whole is upcast then.

    Args:
        event: as decoded; other boxes may be opened later in the same way.
        values: by purpose, what was in the boxes of `event.boxes`: values by their places.

    Raises:
        ValueError: a place leads nowhere in the data.
    """
    data = event.data if event.stored is None else event.stored
    for places in values.values():
        data = personal.merge(data, places)
    boxes = {purpose: box for purpose, box in event.boxes.items() if purpose not in values}
    older = event.stored is not None
    return msgspec.structs.replace(
        event,
        data=upcast(event.type, event.schema, data) if older else data,
        stored=data if older and boxes else None,
        boxes=boxes,
        sealed=bool(boxes),
    )
