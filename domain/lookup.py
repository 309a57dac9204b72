"""What an order can be found by."""

from typing import Any

from domain.event import Event
from domain.stream import split_order_stream

ORDER_NUMBER = "order number"
TRACKING_NUMBER = "tracking number"
PSP_REFERENCE = "PSP reference"
REFUND_REFERENCE = "refund reference"

# kind of key -> names of the data fields that hold one, in whatever type of event they occur
_FIELDS = {
    TRACKING_NUMBER: ("tracking_no", "order_track_no"),
    PSP_REFERENCE: ("psp_payment_id", "payment_id", "psp_refund_id"),
    REFUND_REFERENCE: ("refund_id", "new_refund_id", "reference", "cancellation"),
}


def lookup_keys(event: Event) -> set[tuple[str, str]]:
    """Return the keys, as (kind, key), under which an event makes its order findable.

    Personal data is never a key; e-mail and phone are looked up by blind indexes.
    """
    named = split_order_stream(event.stream)
    if named is None:
        return set()
    keys = set(number_keys(*named))
    for kind, fields in _FIELDS.items():
        keys.update((kind, value) for field in fields if (value := _text(event.data.get(field))))
    return keys


def number_keys(shop: str, number: str) -> tuple[tuple[str, str], ...]:
    """Return the keys that every order has."""
    return (ORDER_NUMBER, number), (ORDER_NUMBER, f"{shop}/{number}")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
