"""An exception as reports count it: what it was, who found it, how long it took."""

import msgspec

from domain.tracking.exceptions import OrderException
from domain.tracking.subtypes import find_subtype
from domain.tracking.tracking import Tracking

CAUSES = tuple(f"D{number}" for number in range(1, 11))
"""Why deliveries are late (R128-R137)."""

BY_RULE = ("check/", "clock/")
"""How the finder of an exception is called that is no person."""


class HandledException(msgspec.Struct, frozen=True, kw_only=True):
    """What reports count of an exception.

    Args:
        exception: itself.
        by_rule: whether a rule found it, not a person.
        foreseen: whether a rule found it before the customer wrote about the order (R127).
        cause: D1 to D10, as attributed or resolved with, else its kind's; None for none of them.
        department: where it lies; its kind's as long as it was handed to nobody.
        stage: the step at which it went wrong, as attributed last.
        blamed: the department whose step that is.
        skus: the goods of the order.
        late: microseconds by which the order arrived after the promised day; None where either is
            not known.
        recovered: whether the order was paid after it was raised (R114).
    """

    exception: OrderException
    by_rule: bool
    foreseen: bool
    cause: str | None
    department: str | None
    stage: str | None
    blamed: str | None
    skus: tuple[str, ...]
    late: int | None
    recovered: bool


def handled_exceptions(tracking: Tracking) -> tuple[HandledException, ...]:
    """Return an order's exceptions as reports count them."""
    if not tracking.exceptions:
        return ()
    skus = tuple(dict.fromkeys(line.sku or line.name for line in tracking.goods))
    late = late_by(tracking)
    return tuple(_handled(one, tracking, skus, late) for one in tracking.exceptions)


def _handled(
    one: OrderException, tracking: Tracking, skus: tuple[str, ...], late: int | None
) -> HandledException:
    by_rule = (one.detected_by or "").startswith(BY_RULE)
    wrote = tracking.customer_wrote_at
    before = wrote is None or (one.raised_at is not None and one.raised_at < wrote)
    root = one.root_causes[-1] if one.root_causes else None
    kind = find_subtype(one.class_, one.subtype)
    told = (None if root is None else root.cause, one.cause, None if kind is None else kind.cause)
    raised = one.raised_at
    return HandledException(
        exception=one,
        by_rule=by_rule,
        foreseen=by_rule and before,
        cause=next((cause for cause in told if cause in CAUSES), None),
        department=one.department or (None if kind is None else kind.department),
        stage=None if root is None else root.stage,
        blamed=None if root is None else root.department,
        skus=skus,
        late=late,
        recovered=raised is not None
        and any(paid.at is not None and paid.at >= raised for paid in tracking.order.payments),
    )


def late_by(tracking: Tracking) -> int | None:
    """Return by how many microseconds an order arrived after the promised day; 0 in time."""
    promised, arrived = tracking.promised_deliver_by, tracking.milestones.delivered
    if promised is None or arrived is None:
        return None
    return max(arrived - promised, 0)
