"""Members of Braintree's objects, under the names of any of its libraries."""

import re
from collections.abc import Mapping
from typing import Any

from sources.payload_values import currency, minor_units, objects, text, time

_UNDERSCORE = re.compile(r"_(\w)")


def at_path(value: Any, *path: str) -> Any:
    """Return what lies below a path of names, written `like_this` or `likeThis`."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        camel = _UNDERSCORE.sub(lambda match: match[1].upper(), name)
        value = value.get(name, value.get(camel))
    return value


def money_of(item: Mapping[str, Any], name: str = "amount") -> dict[str, Any]:
    """Return an amount and its currency; Braintree writes decimals as text."""
    code = currency(at_path(item, "currency_iso_code"))
    return {"amount": minor_units(at_path(item, name), code), "currency": code}


def when(item: Any, name: str) -> str | None:
    """Return a time of an object; one without an offset is in UTC."""
    return time(at_path(item, name), "Z")


def status_times(item: Mapping[str, Any], at: str | None) -> list[tuple[str, str | None]]:
    """Return the states an object went through, oldest first, and when it came into each.

    Args:
        item: a transaction or dispute.
        at: when its present status is known to hold, where there is no history.
    """
    found = [
        (status, when(each, "timestamp"))
        for each in objects(at_path(item, "status_history"))
        if (status := text(each.get("status"))) is not None
    ]
    found.sort(key=lambda pair: pair[1] or "")
    now = text(item.get("status"))
    if now is not None and now not in [status for status, _ in found]:
        found.append((now, at))
    return found
