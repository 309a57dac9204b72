"""The same account, the same goods, soon again: a slip, or a real need? (R049, 4.11)"""

from collections.abc import Sequence

import msgspec

from domain.content import read_object
from domain.event import Event
from domain.reading import read_text
from domain.time import read_instant
from domain.tracking import content

WINDOW = 120 * 60_000_000
"""Microseconds within which it is suspicious: 120 minutes, the last of them too."""


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """Who ordered what when.

    Args:
        account: the shop's id of the account, else of the customer.
        skus: of the goods, each once, sorted.
        at: instant of the placement, microseconds since 1970 UTC.
    """

    account: str
    skus: tuple[str, ...]
    at: int


def read_ordered(events: Sequence[Event]) -> Ordered | None:
    """Return who ordered what when; None where one of it is not known."""
    for event in events:
        if event.type != "order.placed" or not isinstance(event.data, dict):
            continue
        said = msgspec.convert(event.data, content.Placed)
        account = read_text(said.account_id) or read_text(said.customer_id)
        at = read_instant(said.placed_at)
        at = read_instant(event.occurred_at) if at is None else at
        lines = said.lines if isinstance(said.lines, list) else []
        skus = {read_text(read_object(line, content.Line).sku) for line in lines}
        named = sorted(sku for sku in skus if sku is not None)
        if account is None or at is None or not named:
            return None
        return Ordered(account=account, skus=tuple(named), at=at)
    return None
