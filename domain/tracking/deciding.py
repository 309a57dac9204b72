"""The order desk's rules for its staff's commands. Recorded events are never judged by them."""

from typing import Any

import msgspec

from domain import staff_rules
from domain.command import CancelOrder
from domain.errors import refuse
from domain.time import read_date, read_end, read_instant
from domain.tracking import compensation_rules, exception_rules
from domain.tracking.commands import (
    AboutException,
    AboutTicket,
    AssignOwner,
    CompensationCommand,
    ConfirmDuplicate,
    ConfirmOrder,
    DeskCommand,
    DismissDuplicate,
    HoldOrder,
    MoveDispatch,
    OpenTicket,
    PlanDispatch,
    ReleaseHold,
    ReplaceOrder,
    ReviewCheck,
    SetNextAction,
    wire_content,
)
from domain.tracking.lifecycle import CANCELLED, CLOSED, UNKNOWN
from domain.tracking.open_checks import ACCEPTED, REFUSED
from domain.tracking.track_no import is_track_no
from domain.tracking.tracking import Tracking

Decided = list[tuple[str, dict[str, Any]]]
"""Types of events and their data; the command's own first."""


def decide(tracking: Tracking, command: DeskCommand) -> Decided:
    """Return what a command becomes: its own event, and what follows from it at once.

    Args:
        tracking: everything recorded of the order so far, folded.
        command: what a member of staff asks for.

    Raises:
        CommandRefusedError: a rule stands against it.
    """
    if not command.staff.id.strip():
        refuse("staff-unknown", "a command names the member of staff who gives it")
    if read_instant(command.at) is None:
        refuse("time-form", "a command says when it was given, as an RFC 3339 time with offset")
    for name, value in command.content().items():
        if isinstance(value, str) and not value.strip():
            refuse("empty", f"{name} says nothing")
    if isinstance(command, AboutException | AboutTicket | OpenTicket):
        return exception_rules.decide(tracking, command)
    if isinstance(command, ReplaceOrder):
        return _replace(tracking, command)
    if isinstance(command, CompensationCommand):
        return compensation_rules.decide(tracking, command)
    return [(command.TYPE, _data(tracking, command))]


def _data(tracking: Tracking, command: DeskCommand) -> dict[str, Any]:
    match command:
        case AssignOwner():
            if not (command.owner or command.department):
                refuse("owner-missing", "a person or a department is responsible")
        case SetNextAction():
            _check_next(tracking, command)
        case PlanDispatch():
            _check_plan(tracking, command.date)
            if tracking.plans:
                refuse("planned", f"it is planned for {tracking.plans[-1].day}; move it instead")
        case MoveDispatch():
            _check_plan(tracking, command.after)
            if not tracking.plans:
                refuse("not-planned", "no day is planned that could be moved")
            return {**wire_content(command), "before": tracking.plans[-1].day.isoformat()}
        case ConfirmOrder():
            _check_confirmation(tracking, command)
        case HoldOrder():
            if tracking.held is not None:
                refuse("on-hold", "the order is on hold already")
        case ReviewCheck():
            if not any(one.check_id == command.check_ids[0] for one in tracking.open_checks):
                refuse("check-not-open", "no check of this id is open")
            if command.outcome not in (ACCEPTED, REFUSED):
                refuse("outcome-form", "a review accepts what was found, or refuses it")
        case ConfirmDuplicate() | DismissDuplicate():
            if command.other_order_id not in tracking.suspected:
                refuse("duplicate-not-suspected", "it is not suspected to be that order")
        case ReleaseHold():
            if tracking.held is None:
                refuse("not-on-hold", "the order is not on hold")
        case _:
            raise TypeError(f"no rule for {type(command).__name__}")
    return wire_content(command)


def _replace(tracking: Tracking, command: ReplaceOrder) -> Decided:
    """Link the new order, and cancel this one by the rule for all cancellations (R050)."""
    order = tracking.order
    own = f"{order.shop}/{order.number}"
    if own in command.to or not all("/" in other.strip("/") for other in command.to):
        refuse("order-form", "the new order is another one, as shop/number")
    cancelled = staff_rules.cancellation(order, by="customer", reason_code="reorder")
    return [
        (command.TYPE, {"from": own, **wire_content(command)}),
        (CancelOrder.TYPE, msgspec.structs.asdict(cancelled)),
    ]


def _check_next(tracking: Tracking, command: SetNextAction) -> None:
    if tracking.finished:
        refuse("order-finished", f"nothing is left to do: the order is {tracking.state}")
    if command.due_at is not None and read_end(command.due_at) is None:
        refuse("date-form", "due is a day, YYYY-MM-DD, or an RFC 3339 time with offset")


def _check_plan(tracking: Tracking, day: str) -> None:
    if len(day) != len("2024-05-10") or read_date(day) is None:
        refuse("date-form", "a dispatch is planned for a day, YYYY-MM-DD")
    if tracking.finished or (tracking.parcels and all(one.left for one in tracking.parcels)):
        refuse("dispatched", f"there is nothing to dispatch: the order is {tracking.state}")


def _check_confirmation(tracking: Tracking, command: ConfirmOrder) -> None:
    if tracking.confirmed_at is not None or tracking.order.order_track_no is not None:
        number = tracking.order.order_track_no or "without a number"
        refuse("confirmed", f"the order is confirmed already: {number}")
    if tracking.state in (UNKNOWN, CANCELLED, CLOSED):
        refuse("not-confirmable", f"the order is {tracking.state}")
    if not is_track_no(command.order_track_no):
        refuse("track-no-form", "the tracking number has 16 digits, the last of which checks them")
    if tracking.held is not None:
        refuse("on-hold", "the order is on hold")
    if tracking.owner is None:
        refuse("owner-missing", "a confirmed order has an owner; assign one first")
    red = [one.check_id for one in tracking.open_checks if one.red]
    if red:
        refuse("check-open", f"red checks are open: {', '.join(red)}")
