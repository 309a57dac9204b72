"""What one object of Shopify's says, before it becomes a message."""

from collections.abc import Sequence

import msgspec

from sources.message import Told
from sources.payload_values import first_time


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What is read from an object; see `sources.message.Message` for the members."""

    occurred_at: str = first_time()
    told: Sequence[Told] = ()
    order: str | None = None
    links: Sequence[str] = ()
