"""Names of streams: `order/<shop>/<number>`, one an order, and few named `system/<name>`."""

from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

ORDER = "order/"
SYSTEM = "system/"

ARCHIVE_STREAM = "system/archive"
PROJECTIONS_STREAM = "system/projections"


class Standing(NamedTuple):
    """Where a stream stands in the log.

    Args:
        stream_id: database key, as text.
        stream: name.
        events: how many it has.
        position: of its newest event.
        first_position: of its first event; unique, so streams can be walked by it.
    """

    stream_id: str
    stream: str
    events: int
    position: int
    first_position: int


def order_stream(shop: str, number: str) -> str:
    """Name the stream of one order. The shop holds no slash; the number may hold anything."""
    return f"{ORDER}{shop}/{number}"


def split_order_stream(stream: str) -> tuple[str, str] | None:
    """Return shop and order number of an order's stream, or None for a system stream."""
    if not stream.startswith(ORDER):
        return None
    shop, _, number = stream[len(ORDER) :].partition("/")
    return shop, number


def stream_id(stream: str) -> UUID:
    """Return the database key of a stream. It never leaves the database."""
    return uuid5(NAMESPACE_URL, stream)
