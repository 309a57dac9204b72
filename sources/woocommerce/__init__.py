"""WooCommerce: orders, refunds and notes of its REST API, and the same as bodies of webhooks.

The first API wrapped each object (`{"order": …}`) and named times `created_at`; the third gives the
object bare, with each time also in GMT. What webhooks are set up is configuration and no payload.

Source: https://developer.woocommerce.com/docs/apis/rest-api/v3/orders, …/order-refunds,
…/order-notes; https://woocommerce.github.io/woocommerce-rest-api-docs (the first one).
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sources.format import Format
from sources.message import Message
from sources.payload_values import text
from sources.reading import Reading, message
from sources.woocommerce import notes, orders, refunds
from sources.woocommerce.signature import check_signature

_READERS: dict[str, Callable[[Mapping[str, Any]], Reading]] = {
    "order": orders.read_order,
    "order_refund": refunds.read_refund,
    "order_note": notes.read_note,
}

# What only this kind has, all of it. Looked at in this order.
_MEMBERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("order", ("order_key", "line_items")),
    ("order", ("billing", "line_items", "date_created")),
    ("order", ("view_order_url", "billing_address")),
    ("order_refund", ("refunded_payment", "amount")),
    ("order_refund", ("refunded_by", "amount")),
    ("order_refund", ("id", "amount", "reason", "line_items", "created_at")),
    ("order_refund", ("id", "amount", "reason", "line_items", "date_created")),
    ("order_note", ("id", "note", "customer_note")),
)


def kind_of(value: Mapping[str, Any]) -> str | None:
    """Return what an object is, None where it is not WooCommerce's."""
    if "financial_status" in value:  # Shopify's orders have members of the same names
        return None
    for kind, members in _MEMBERS:
        if all(name in value for name in members):
            return kind
    return None


def translate(kind: str, value: Mapping[str, Any], raw: bytes) -> Message:
    """Return what an object says."""
    reader = _READERS.get(kind)
    reading = Reading() if reader is None else reader(value)
    own = msgspec.structs.replace(reading, name=text(value.get("id")))
    return message("woocommerce", kind, own, raw)


FORMAT = Format(
    name="woocommerce",
    title="WooCommerce",
    kind_of=kind_of,
    translate=translate,
    check=check_signature,
)
