"""One order's state for all read models that want it: folded once, however many ask."""

from collections.abc import Sequence

from domain.event import Event
from domain.order import Order, fold_order
from domain.tracking.tracking import Tracking, fold_tracking

# The runner hands the very same list to one read model after the other, and never changes it.
_order: tuple[Sequence[Event], Order] | None = None
_tracking: tuple[Sequence[Event], Tracking] | None = None


def order_of(events: Sequence[Event]) -> Order:
    """Return what the events of an order come to."""
    global _order  # noqa: PLW0603  # the last one only
    last = _order
    if last is None or last[0] is not events:
        last = (events, fold_order(events))
        _order = last
    return last[1]


def tracking_of(events: Sequence[Event]) -> Tracking:
    """Return where an order stands for the order desk."""
    global _tracking  # noqa: PLW0603  # the last one only
    last = _tracking
    if last is None or last[0] is not events:
        last = (events, fold_tracking(events, order_of(events)))
        _tracking = last
    return last[1]
