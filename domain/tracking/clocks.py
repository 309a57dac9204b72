"""The order desk's clocks: what happens by itself when nobody does anything in time.

A clock fires once and is an event then, `clock.fired`, with what follows from it beside it. Which
clocks run depends on an order's events alone, so they survive restarts; over means strictly later
than the deadline (4.12).
"""

import hashlib
from typing import Any

import msgspec

from domain import refund_clock
from domain.policy import POLICY
from domain.reading import name_key
from domain.tracking.compensation import AT_PACKING, ON_DELIVERY, CompensationState
from domain.tracking.desk_policy import HOUR, DeskPolicy
from domain.tracking.lifecycle import (
    AWAITING_DISPATCH,
    AWAITING_PAYMENT,
    CLOSED,
    DELIVERED,
    DISPATCHED,
    PARTIALLY_DISPATCHED,
)
from domain.tracking.parcels import ENDED
from domain.tracking.subtypes import (
    LOGISTICS,
    PAYMENT,
    default_priority,
    delay_level,
    find_subtype,
)
from domain.tracking.tracking import Tracking

FIRED = "clock.fired"

UNPAID = "unpaid"
EXPIRY = "expiry"
STALE = "stale"
UNNOTICED = "unnoticed"
SILENT = "silent"
REFUND = "refund"
OVERDUE = "overdue"
LONG_OVERDUE = "long_overdue"
COMPENSATION = "compensation"
INCIDENT = "incident"

_MINUTE = HOUR // 60
_DAY = 24 * HOUR


_ON_THE_WAY = frozenset({AWAITING_DISPATCH, PARTIALLY_DISPATCHED, DISPATCHED})


class DeskClock(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that runs for an order. Instants are microseconds since 1970 UTC.

    Args:
        kind: unpaid, expiry, stale, unnoticed, silent, overdue, long_overdue, compensation, refund
            with what it awaits, or incident with what was reported.
        subject: what it runs for: a parcel, a refund, an exception, a compensation; empty for the
            order itself.
        since: instant at which it began to run.
        deadline: last instant that is in time; what must not happen at all has no time, so that
            its clock runs out at once.
    """

    kind: str
    subject: str
    since: int
    deadline: int

    @property
    def id(self) -> str:
        """Names it in its order: the same clock that is set anew is another one."""
        digest = hashlib.sha256(self.subject.encode()).hexdigest()[:16]
        return f"{self.kind}/{digest}/{self.deadline}"


def running(tracking: Tracking, policy: DeskPolicy) -> tuple[DeskClock, ...]:
    """Return the clocks that run for an order and did not fire yet."""
    clocks = [
        *_of_payment(tracking, policy),
        *_of_parcels(tracking, policy),
        *_of_exceptions(tracking, policy),
        *_of_refunds(tracking),
        *_of_the_promise(tracking, policy),
        *_of_incidents(tracking),
        *_of_compensation(tracking),
    ]
    return tuple(
        clock
        for clock in clocks
        if (clock.kind, clock.subject, clock.deadline) not in tracking.fired
    )


def _of_payment(tracking: Tracking, policy: DeskPolicy) -> list[DeskClock]:
    placed = tracking.order.placed
    if tracking.state != AWAITING_PAYMENT or placed is None or placed.at is None:
        return []
    hours = policy.expiry_of(name_key(tracking.order.source_channel))
    limits = ((UNPAID, policy.unpaid), (EXPIRY, hours * HOUR))
    return [
        DeskClock(kind=kind, subject="", since=placed.at, deadline=placed.at + limit)
        for kind, limit in limits
    ]


def _of_parcels(tracking: Tracking, policy: DeskPolicy) -> list[DeskClock]:
    return [
        DeskClock(
            kind=STALE,
            subject=parcel.shipment_id,
            since=parcel.last_heard_at,
            deadline=parcel.last_heard_at + policy.stale,
        )
        for parcel in tracking.parcels
        if parcel.left
        and parcel.state not in ENDED
        and parcel.stale_since is None
        and parcel.last_heard_at is not None
        and not tracking.finished
    ]


def _of_exceptions(tracking: Tracking, policy: DeskPolicy) -> list[DeskClock]:
    return [
        DeskClock(
            kind=UNNOTICED,
            subject=one.exception_id,
            since=one.raised_at,
            deadline=one.raised_at + policy.unnoticed,
        )
        for one in tracking.open_exceptions
        if one.noticed_at is None and one.raised_at is not None
    ]


def _of_refunds(tracking: Tracking) -> list[DeskClock]:
    if not tracking.order.refunds:
        return []
    return [
        DeskClock(
            kind=f"{REFUND}/{clock.kind}",
            subject=clock.refund_id,
            since=clock.since,
            deadline=clock.deadline,
        )
        for clock in refund_clock.clocks(tracking.order, POLICY)
    ]


def _of_the_promise(tracking: Tracking, policy: DeskPolicy) -> list[DeskClock]:
    """A delivery that is late, and one that is late beyond what is a slight trouble (4.5)."""
    placed, promised = tracking.order.placed, tracking.promised_deliver_by
    if promised is None or placed is None or placed.at is None or tracking.state not in _ON_THE_WAY:
        return []
    limits = ((OVERDUE, 0), (LONG_OVERDUE, policy.slight_delay * _DAY))
    return [
        DeskClock(kind=kind, subject="", since=placed.at, deadline=promised + limit)
        for kind, limit in limits
    ]


def _of_incidents(tracking: Tracking) -> list[DeskClock]:
    """What was reported to be wrong, unless money is on its way back for it."""
    if tracking.state == CLOSED or tracking.order.refunds or tracking.order.cancelled is not None:
        return []
    return [
        DeskClock(kind=f"{INCIDENT}/{one.kind}", subject=one.subject, since=one.at, deadline=one.at)
        for one in tracking.incidents
    ]


def _of_compensation(tracking: Tracking) -> list[DeskClock]:
    """What was offered for a time that has come: the delivery, or the parcel that holds it."""
    clocks = []
    for one in tracking.compensation:
        due = _due(one, tracking) if one.open else None
        if due is not None:
            clocks.append(
                DeskClock(
                    kind=COMPENSATION,
                    subject=one.compensation_id,
                    since=due if one.offered_at is None else one.offered_at,
                    deadline=due,
                )
            )
    return clocks


def _due(one: CompensationState, tracking: Tracking) -> int | None:
    if one.condition == ON_DELIVERY and tracking.state == DELIVERED:
        arrived = [parcel.arrived_at for parcel in tracking.parcels if parcel.arrived_at]
        return max(arrived, default=None)
    if one.condition == AT_PACKING:
        return tracking.supply.inserts.get(one.kind or "")
    return None


def consequences(
    clock: DeskClock, tracking: Tracking, at: int, policy: DeskPolicy
) -> list[tuple[str, dict[str, Any]]]:
    """Return what follows when a clock fires: types of events and their data, in order.

    An exception is raised unless one of its kind is open: nobody needs to be told twice.
    """
    match clock.kind:
        case "unpaid":
            return _exception(clock, tracking, PAYMENT, "unpaid")
        case "expiry":
            minutes = (clock.deadline - clock.since) // _MINUTE
            return [("order.expired_unpaid", {"window_minutes": minutes})]
        case "stale":
            parcel = next(p for p in tracking.parcels if p.shipment_id == clock.subject)
            told: dict[str, Any] = {
                "shipment_id": parcel.shipment_id,
                "hours_since_last_scan": (at - clock.since) // HOUR,
                "threshold": policy.stale // HOUR,
            }
            if parcel.tracking_no is not None:
                told["tracking_no"] = parcel.tracking_no
            stale = ("tracking.went_stale", told)
            return [stale, *_exception(clock, tracking, LOGISTICS, "stale")]
        case "unnoticed" | "silent":
            return []
        case "overdue":
            return _overdue(clock, tracking, at, policy)
        case "long_overdue":
            return _worsened(tracking)
        case "compensation":
            return _issued(clock, tracking)
        case kind if kind.startswith(f"{INCIDENT}/"):
            class_, _, subtype = kind.removeprefix(f"{INCIDENT}/").partition("/")
            return _exception(clock, tracking, class_, subtype)
        case _:
            return _exception(clock, tracking, PAYMENT, "refund_overdue")


def _overdue(
    clock: DeskClock, tracking: Tracking, at: int, policy: DeskPolicy
) -> list[tuple[str, dict[str, Any]]]:
    # A day that has begun counts: more than three days late is the fourth.
    days = -(-(at - clock.deadline) // _DAY)
    return _exception(clock, tracking, LOGISTICS, "overdue", delay_level(days, policy.slight_delay))


def _worsened(tracking: Tracking) -> list[tuple[str, dict[str, Any]]]:
    """A delay that goes on touches the core interest, unless somebody put it right by now."""
    return [
        (
            "exception.reclassified",
            {
                "exception_id": one.exception_id,
                "class": LOGISTICS,
                "subtype": "overdue",
                "level": 1,
                "priority": one.priority,
                "detected_by": f"clock/{LONG_OVERDUE}",
            },
        )
        for one in tracking.open_exceptions
        if (one.class_, one.subtype) == (LOGISTICS, "overdue") and one.level != 1
    ]


def _issued(clock: DeskClock, tracking: Tracking) -> list[tuple[str, dict[str, Any]]]:
    one = next(one for one in tracking.compensation if one.compensation_id == clock.subject)
    told = {
        "compensation_id": one.compensation_id,
        "kind": one.kind,
        "level": one.level,
        "amount": one.amount,
        "currency": one.currency,
        "condition": one.condition,
    }
    return [
        ("compensation.issued", {name: value for name, value in told.items() if value is not None})
    ]


def _exception(
    clock: DeskClock, tracking: Tracking, class_: str, subtype: str, level: int | None = None
) -> list[tuple[str, dict[str, Any]]]:
    if any((one.class_, one.subtype) == (class_, subtype) for one in tracking.open_exceptions):
        return []
    known = find_subtype(class_, subtype)
    exception_id = f"clock/{clock.id}"
    data = {
        "exception_id": exception_id,
        "class": class_,
        "subtype": subtype,
        "priority": default_priority(class_, subtype),
        "detected_by": f"clock/{clock.kind}",
    }
    if level is None and known is not None:
        level = known.level
    raised = data if level is None else {**data, "level": level}
    flagged = {"flag": "exception", "exception_id": exception_id}
    flag = [] if tracking.open_exceptions else [("order.flag_changed", flagged)]
    return [("exception.raised", raised), *flag]
