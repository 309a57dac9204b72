"""What an order can be found by."""

from collections.abc import Iterable

from domain.catalogue import OUR_SOURCE
from domain.event import Event
from domain.linking import LINKED, is_waiting_place, links, numbers
from domain.stream import ORDER, order_stream, split_order_stream

ORDER_NUMBER = "order number"
TRACKING_NUMBER = "tracking number"
PSP_REFERENCE = "PSP reference"
REFUND_REFERENCE = "refund reference"

WAITING_LINK = "waiting link"
"""An id by which what waits in a place may find its order; see `domain.linking`."""
WAITING_NUMBER = "waiting number"
"""An order's number by which it may do so where no order knows a link."""
LINKED_TO = "linked to"
"""The stream of the order that a place's messages were linked to."""

LINKING = (TRACKING_NUMBER, PSP_REFERENCE, REFUND_REFERENCE)
"""Kinds of keys by which an order says that an id is its own."""

# names of the data fields that hold a key, in whatever type of event they occur
_KINDS = {
    "tracking_no": TRACKING_NUMBER,
    "order_track_no": TRACKING_NUMBER,
    "psp_payment_id": PSP_REFERENCE,
    "payment_id": PSP_REFERENCE,
    "psp_refund_id": PSP_REFERENCE,
    "refund_id": REFUND_REFERENCE,
    "new_refund_id": REFUND_REFERENCE,
    "reference": REFUND_REFERENCE,
    "cancellation": REFUND_REFERENCE,
}


def lookup_keys(event: Event) -> set[tuple[str, str]]:
    """Return the keys, as (kind, key), under which an event makes its order findable."""
    named = split_order_stream(event.stream)
    return set() if named is None else order_keys(*named, (event,))


def order_keys(shop: str, number: str, events: Iterable[Event]) -> set[tuple[str, str]]:
    """Return the keys, as (kind, key), by which an order is found.

    Personal data is never a key; e-mail and phone are looked up by blind indexes. An order none of
    whose events can be read is still found by its number. A waiting place is found only as long as
    something waits there: later it is the order that says the same.
    """
    if is_waiting_place(order_stream(shop, number)):
        return _place_keys(events)
    keys = {(ORDER_NUMBER, number), (ORDER_NUMBER, f"{shop}/{number}")}
    for event in events:
        keys |= _named(event)
    return keys


def _place_keys(events: Iterable[Event]) -> set[tuple[str, str]]:
    keys: set[tuple[str, str]] = set()
    linked: set[tuple[str, str]] = set()
    for event in events:
        if event.type == LINKED and event.source == OUR_SOURCE:
            order = event.data.get("order")
            linked |= {(LINKED_TO, f"{ORDER}{order}")}
            keys = set()
        else:
            keys |= _named(event) | {(WAITING_LINK, link) for link in links(event)}
            keys |= {(WAITING_NUMBER, number) for number in numbers(event)}
    return keys | linked


def _named(event: Event) -> set[tuple[str, str]]:
    """Return the ids that an event names."""
    found = {
        (_KINDS[name], value)
        for name, value in event.data.items()
        if name in _KINDS and isinstance(value, str) and value
    }
    return found | {(PSP_REFERENCE, link) for link in links(event)}
