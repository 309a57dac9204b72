"""Notes to orders at WooCommerce: what it, its plug-ins and staff wrote down.

Source: https://developer.woocommerce.com/docs/apis/rest-api/v3/order-notes. A note to the customer
is sent by mail.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import first_time, text
from sources.reading import Reading
from sources.woocommerce.reading import moment, parent_links


def read_note(value: Mapping[str, Any]) -> Reading:
    """Read a note; a note to the customer is a message that was sent."""
    own = text(value.get("id"))
    at = moment(value, "date_created")
    written = text(value.get("note"))
    told = []
    if own is not None:
        to_customer = value.get("customer_note") is True
        note = {
            "note_id": own,
            "customer_visible": to_customer,
            "author": text(value.get("author")),
            "text": written,
        }
        told.append(Told(type="order.note_added", data=note, occurred_at=at))
        if to_customer:
            mail = {
                "message_id": f"order_note/{own}",
                "channel": "email",
                "template": "customer_note",
                "category": "proactive",
                "body": written,
            }
            told.append(Told(type="message.sent", data=mail, occurred_at=at))
    return Reading(
        occurred_at=first_time(at),
        told=told,
        links=[*parent_links(value), *([f"woocommerce:note/{own}"] if own else [])],
    )
