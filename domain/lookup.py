"""What an order can be found by."""

from collections.abc import Iterable

from domain.event import Event
from domain.stream import split_order_stream

ORDER_NUMBER = "order number"
TRACKING_NUMBER = "tracking number"
PSP_REFERENCE = "PSP reference"
REFUND_REFERENCE = "refund reference"

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
    whose events can be read is still found by its number.
    """
    keys = {(ORDER_NUMBER, number), (ORDER_NUMBER, f"{shop}/{number}")}
    for event in events:
        for name, value in event.data.items():
            if name in _KINDS and isinstance(value, str) and value:
                keys.add((_KINDS[name], value))
    return keys
