"""Events at Shopify: the timeline of an order, in the shop's words.

Source: https://shopify.dev/docs/api/admin-rest/latest/resources/event. What the order, its
transactions and its fulfilments say themselves is not read out of these words again.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import first_time, text, time
from sources.reading import Reading
from sources.shopify.ids import link, order_link, own_id

_STATES = {
    "confirmed": "order.confirmed",
    "cancelled": "order.cancelled",
    "closed": "order.closed",
    "re_opened": "order.reopened",
}


def read_event(value: Mapping[str, Any]) -> Reading:
    """Read an entry of the timeline; one that is about no order is kept."""
    own = own_id(value)
    at = time(value.get("created_at"))
    if value.get("subject_type") != "Order" or own is None:
        return Reading(occurred_at=first_time(at), links=list(link("event", own)))
    words = text(value.get("message"))
    note = {
        "note_id": f"event/{own}",
        "customer_visible": False,
        "author": text(value.get("author")),
        "text": words,
    }
    told = [Told(type="order.note_added", data=note, occurred_at=at)]
    verb = text(value.get("verb")) or ""
    if verb == "mail_sent":
        mail = {"message_id": f"event/{own}", "channel": "email", "body": words}
        told.append(Told(type="message.sent", data=mail, occurred_at=at))
    elif verb in _STATES:
        told.append(Told(type=_STATES[verb], data={}, occurred_at=at))
    return Reading(
        occurred_at=first_time(at),
        told=told,
        links=[*order_link(value.get("subject_id")), *link("event", own)],
    )
