"""What one object of WooCommerce's says, before it becomes a message; and what all of them have."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sources.payload_values import member, objects, text, time

_ORDER_ADDRESS = re.compile(r"/orders/([0-9]+)(?:/|$)")


def moment(value: Mapping[str, Any], name: str) -> str | None:
    """Return a time, by its name in the third API: `date_created`.

    The time in GMT counts. The one without it is the shop's local time of an unknown zone, and is
    taken for GMT where there is no other. The first API has `created_at`, which is GMT.
    """
    older = f"{name.removeprefix('date_')}_at"
    found = (time(value.get(each), "Z") for each in (f"{name}_gmt", older, name))
    return next((each for each in found if each is not None), None)


def order_links(order_id: Any) -> Iterable[str]:
    """Return the link of an order, by the id that its refunds and notes know it by."""
    found = text(order_id)
    return () if found in (None, "0") else (f"woocommerce:{found}",)


def parent_links(value: Mapping[str, Any]) -> Iterable[str]:
    """Return the link of the order that an object belongs to, as its own addresses name it."""
    if text(value.get("parent_id")) not in (None, "0"):
        return order_links(value.get("parent_id"))
    for name in ("up", "self"):
        for each in objects(member(value, "_links", name)):
            match = _ORDER_ADDRESS.search(text(each.get("href")) or "")
            if match:
                return order_links(match.group(1))
    return order_links(value.get("order_id"))


def meta(value: Mapping[str, Any], *names: str) -> str | None:
    """Return the first text that plug-ins left under one of these keys."""
    kept = {
        key: text(each.get("value"))
        for each in objects(value.get("meta_data"))
        if isinstance(key := each.get("key"), str)
    }
    return next((kept[name] for name in names if kept.get(name)), None)
