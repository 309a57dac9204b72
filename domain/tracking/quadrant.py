"""Which orders are handled first: the four quadrants, and the sequence of the work (R009-R013)."""

from domain.money import exponent
from domain.time import day_end
from domain.tracking.desk_policy import DeskPolicy
from domain.tracking.lifecycle import (
    AWAITING_DISPATCH,
    AWAITING_PAYMENT,
    DISPATCHED,
    IN_AFTER_SALES,
)
from domain.tracking.tracking import Tracking

URGENT_AND_IMPORTANT = 1
IMPORTANT = 2
URGENT = 3
NEITHER = 4
QUADRANTS = {
    AWAITING_DISPATCH: URGENT_AND_IMPORTANT,
    DISPATCHED: IMPORTANT,
    AWAITING_PAYMENT: URGENT,
    IN_AFTER_SALES: NEITHER,
}
"""By the seller's word for an order's state: paid and not dispatched comes first."""

NO_PRIORITY = 1_000
"""Of an order without an open exception: after all that have one."""
NEVER = 2**63 - 1
"""An instant after all others, for what is due at no time."""

HIGH_VALUE = "high_value"
EXPEDITE = "expedite"
PROMISE_NEAR = "promise_near"
NO_OWNER = "no_owner"


def quadrant_of(tracking: Tracking) -> int:
    """Return the quadrant of an order, 1 to 4."""
    return QUADRANTS[tracking.label]


def priority_of(tracking: Tracking) -> int:
    """Return the priority of an order's most urgent open exception; lower is handled first."""
    return min((one.priority for one in tracking.open_exceptions), default=NO_PRIORITY)


def due_of(tracking: Tracking) -> int:
    """Return when something is due next: the action, else the dispatch or the arrival."""
    action = tracking.next_action
    if action is not None and action.due_at is not None:
        return action.due_at
    if tracking.label == AWAITING_DISPATCH and tracking.plans:
        return day_end(tracking.plans[-1].day)
    promised = promise_of(tracking)
    return NEVER if promised is None else promised


def promise_of(tracking: Tracking) -> int | None:
    """Return what the shop promised next: the dispatch, and the arrival once that is done."""
    if tracking.label == AWAITING_DISPATCH and tracking.promised_ship_by is not None:
        return tracking.promised_ship_by
    return tracking.promised_deliver_by


def lasting_risks(tracking: Tracking, policy: DeskPolicy) -> tuple[str, ...]:
    """Return what makes an order a risk at any time; that a promise is near depends on the day."""
    order = tracking.order
    found = []
    limit = policy.high_value.get(order.currency or "")
    if limit is not None and (order.total or 0) > limit * 10 ** exponent(order.currency or ""):
        found.append(HIGH_VALUE)
    if any(demand.kind == EXPEDITE for demand in tracking.demands):
        found.append(EXPEDITE)
    if tracking.confirmed_at is not None and tracking.owner is None:
        found.append(NO_OWNER)  # from the confirmation on somebody is responsible (R020)
    return tuple(found)
