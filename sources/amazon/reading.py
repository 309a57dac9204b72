"""What one payload of Amazon's says, before it becomes a message; and what all of them have."""

import re
from collections.abc import Mapping
from typing import Any

from sources.payload_values import currency, minor_units, text

CHANNEL = "amazon"
"""The source channel: a marketplace that refunds by itself."""

PSP = "amazon"

_ORDER_ID = re.compile(r"[0-9]{3}-[0-9]{7}-[0-9]{7}")


def pick(value: Any, *path: str) -> Any:
    """Return what lies below a path of names; older payloads capitalise them, newer ones do not."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        found = value.get(name)
        value = value.get(f"{name[:1].lower()}{name[1:]}") if found is None else found
    return value


def order_links(order_id: Any) -> list[str]:
    """Return the link of an order: its id is Amazon's alone where it has the usual form."""
    found = text(order_id)
    if found is None:
        return []
    return [found if _ORDER_ID.fullmatch(found) else f"amazon:{found}"]


def money(value: Any) -> tuple[int | None, str | None]:
    """Return an amount and its currency, in whichever words a payload has them."""
    code = currency(pick(value, "CurrencyCode"))
    amount = pick(value, "Amount")
    if amount is None:
        amount = pick(value, "CurrencyAmount")
    return minor_units(amount, code), code


def channel_of(name: Any) -> str:
    """Return the source channel. Orders of other shops that Amazon only ships are not Amazon's."""
    stated = (text(name) or "").lower().replace("_", "-")
    return "external" if stated.startswith("non-amazon") else CHANNEL
