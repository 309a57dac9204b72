"""What is read from a shop's object, before it becomes a message."""

from collections.abc import Sequence

import msgspec

from sources.message import Message, Told, object_id
from sources.payload_values import first_time


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What is read from an object; see `sources.message.Message` for the members.

    `name` is the object's own id, where it has one.
    """

    occurred_at: str = first_time()
    told: Sequence[Told] = ()
    order: str | None = None
    links: Sequence[str] = ()
    name: str | None = None


def message(
    format_name: str, kind: str, reading: Reading, raw: bytes, notified: str | None = None
) -> Message:
    """Return the message that an object is.

    Args:
        format_name: of the source.
        kind: the source's own name for what the object is.
        reading: what was read from it.
        raw: its bytes.
        notified: id of the notification that brought it, where it has one.
    """
    name = f"{kind}/{reading.name or ''}"
    if kind.lower().endswith("order"):
        # Ids in the order of the states, so that an edit does not pass for the order as placed.
        name = f"{name}/{reading.occurred_at}"
    message_id = f"{kind}/{notified}" if notified else object_id(name, raw)
    return Message(
        id=message_id,
        type=kind,
        occurred_at=reading.occurred_at,
        told=reading.told,
        order=reading.order,
        links=tuple(dict.fromkeys(reading.links)) or (f"{format_name}:{message_id}",),
    )
