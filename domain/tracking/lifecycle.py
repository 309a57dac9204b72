"""An order's state in its life, and the four words that the seller's list has for it.

Exceptions, holds and after-sales are flags beside the state (events.md, states).
"""

from collections.abc import Mapping, Sequence

from domain.order import Order
from domain.reading import name_key
from domain.tracking.parcels import ARRIVED, ENDED, RETURNED, ParcelState
from domain.tracking.supply import Supply

UNKNOWN = "unknown"
AWAITING_PAYMENT = "awaiting_payment"
AWAITING_DISPATCH = "awaiting_dispatch"
PARTIALLY_DISPATCHED = "partially_dispatched"
DISPATCHED = "dispatched"
DELIVERED = "delivered"
RETURNED_ = "returned"
LOST = "lost"
CANCELLED = "cancelled"
CLOSED = "closed"
IN_AFTER_SALES = "in_after_sales"

LABELS: Mapping[str, str] = {
    UNKNOWN: AWAITING_PAYMENT,
    AWAITING_PAYMENT: AWAITING_PAYMENT,
    AWAITING_DISPATCH: AWAITING_DISPATCH,
    PARTIALLY_DISPATCHED: AWAITING_DISPATCH,
    DISPATCHED: DISPATCHED,
    DELIVERED: DISPATCHED,
    RETURNED_: IN_AFTER_SALES,
    LOST: IN_AFTER_SALES,
    CANCELLED: IN_AFTER_SALES,
    CLOSED: DISPATCHED,
}
"""The seller's word for each state while the order is unfinished (R003).

What came back, was lost or cancelled is unfinished only for what is owed after the sale. An order
of which the beginning is not in the record shows no payment either.
"""

AT_ITS_END = frozenset({DELIVERED, RETURNED_, LOST, CANCELLED})

_PAY_LATER = ("cashondelivery", "cod", "payondelivery", "invoice", "paylater", "货到付款")


def state_of(
    order: Order,
    parcels: Sequence[ParcelState],
    supply: Supply,
    method: str | None,
    *,
    confirmed: bool,
) -> str:
    """Return the state of an order.

    Args:
        order: its state as claims see it.
        parcels: what is known of them.
        supply: how many there shall be.
        method: how the customer pays.
        confirmed: whether the seller confirmed the order.
    """
    if order.closed is not None:
        return CLOSED
    left = [parcel for parcel in parcels if parcel.left]
    if not left:
        if order.cancelled is not None:
            return CANCELLED
        later = confirmed and name_key(method) in _PAY_LATER
        if order.payments or later:
            return AWAITING_DISPATCH
        return UNKNOWN if order.placed is None else AWAITING_PAYMENT
    if any(parcel.state not in ENDED for parcel in left):
        missing = len(left) < len(parcels) or len(left) < (supply.pieces or 0)
        return PARTIALLY_DISPATCHED if missing else DISPATCHED
    if order.cancelled is not None:
        return CANCELLED
    if len(left) < len(parcels) or len(left) < (supply.pieces or 0):
        return PARTIALLY_DISPATCHED
    states = {parcel.state for parcel in left}
    if states & ARRIVED:
        return DELIVERED
    return RETURNED_ if RETURNED in states else LOST


def label_of(state: str, *, after_sales: bool) -> str:
    """Return which of the seller's four words holds (R003)."""
    return IN_AFTER_SALES if after_sales else LABELS[state]
