"""Names of streams: `order/<shop>/<number>`, one an order, and few named `system/<name>`."""

import hashlib
from functools import lru_cache
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID

ORDER = "order/"
SYSTEM = "system/"

ARCHIVE_STREAM = "system/archive"
PROJECTIONS_STREAM = "system/projections"
KEYS_STREAM = "system/keys"
POLICY_STREAM = "system/policy"
ACCESS_STREAM = "system/access"
DESK_STREAM = "system/desk"


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


_NAMESPACE = NAMESPACE_URL.bytes
_KEPT = 16_384  # ids; some 5 MB
_LONGEST_KEPT = 200  # characters of a name; hostile ones have thousands


def order_stream(shop: str, number: str) -> str:
    """Name the stream of one order. The shop holds no slash; the number may hold anything."""
    return f"{ORDER}{shop}/{number}"


def split_order_stream(stream: str) -> tuple[str, str] | None:
    """Return shop and order number of an order's stream, or None for a system stream."""
    if not stream.startswith(ORDER):
        return None
    shop, _, number = stream[len(ORDER) :].partition("/")
    return shop, number


def order_name(stream: str) -> str:
    """Return a stream's name for people: `shop/number` of an order's, else as it is."""
    return stream.removeprefix(ORDER)


def stream_id(stream: str) -> UUID:
    """Return the database key of a stream. It never leaves the database.

    It is `uuid5(NAMESPACE_URL, stream)`, which takes longer, and the newest are kept, since events
    of one order come close together.
    """
    return _kept_id(stream) if len(stream) <= _LONGEST_KEPT else _id(stream)


def _id(stream: str) -> UUID:
    digest = hashlib.sha1(_NAMESPACE + stream.encode(), usedforsecurity=False).digest()
    return UUID(bytes=digest[:16], version=5)


_kept_id = lru_cache(maxsize=_KEPT)(_id)
