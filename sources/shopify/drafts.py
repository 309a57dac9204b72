"""Draft orders at Shopify: an offer by the seller that becomes an order once it is completed.

Source: https://shopify.dev/docs/api/admin-rest/latest/resources/draftorder.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import currency, first_time, text, time
from sources.reading import Reading
from sources.shopify.ids import link, order_link, own_id
from sources.shopify.lines import order_lines
from sources.shopify.people import first


def read_draft(value: Mapping[str, Any]) -> Reading:
    """Read a draft: its goods, and that the customer was sent an invoice. It is no order yet."""
    own = own_id(value)
    updated = time(value.get("updated_at"))
    code = currency(value.get("currency"))
    lines = order_lines(value.get("line_items"), code)
    told = []
    if lines:
        cart = {"parsed_lines": [line | {"currency": code} for line in lines] if code else lines}
        told.append(Told(type="cart.snapshot_archived", data=cart, occurred_at=updated))
    sent = time(value.get("invoice_sent_at"))
    if sent is not None and own is not None:
        customer = value.get("customer")
        mail = {
            "message_id": f"draft_order/{own}",
            "channel": "email",
            "template": "draft_order_invoice",
            "category": "proactive",
            "to": first(
                value.get("email"), customer.get("email") if isinstance(customer, dict) else None
            ),
            "language": text(value.get("customer_locale")),
        }
        told.append(Told(type="message.sent", data=mail, occurred_at=sent))
    return Reading(
        occurred_at=first_time(updated, time(value.get("created_at"))),
        told=told,
        links=[*order_link(value.get("order_id")), *link("draft_order", own)],
    )
