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
from domain.tracking.desk_policy import HOUR, DeskPolicy
from domain.tracking.lifecycle import AWAITING_PAYMENT
from domain.tracking.parcels import ENDED
from domain.tracking.subtypes import LOGISTICS, PAYMENT, default_priority, find_subtype
from domain.tracking.tracking import Tracking

FIRED = "clock.fired"

UNPAID = "unpaid"
EXPIRY = "expiry"
STALE = "stale"
UNNOTICED = "unnoticed"
SILENT = "silent"
REFUND = "refund"

_MINUTE = HOUR // 60


class DeskClock(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that runs for an order. Instants are microseconds since 1970 UTC.

    Args:
        kind: unpaid, expiry, stale, unnoticed, silent, or refund with what it awaits.
        subject: what it runs for: a parcel, a refund, an exception; empty for the order itself.
        since: instant at which it began to run.
        deadline: last instant that is in time.
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
        case _:
            return _exception(clock, tracking, PAYMENT, "refund_overdue")


def _exception(
    clock: DeskClock, tracking: Tracking, class_: str, subtype: str
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
    raised = {**data, "level": known.level} if known is not None else data
    flagged = {"flag": "exception", "exception_id": exception_id}
    flag = [] if tracking.open_exceptions else [("order.flag_changed", flagged)]
    return [("exception.raised", raised), *flag]
