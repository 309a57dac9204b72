"""What the order desk's staff may ask for. A command's own members are the data of its event."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from domain.command import Command


class DeskCommand(Command, frozen=True, kw_only=True):
    """A command of the order desk."""

    def content(self) -> dict[str, Any]:
        """Return what is asked for, without who asks, and without what is left open."""
        own = [name for name in self.__struct_fields__ if name not in Command.__struct_fields__]
        return {
            name: value for name in own if (value := getattr(self, name)) is not None
        }  # fmt: skip


class AssignOwner(DeskCommand, frozen=True, kw_only=True):
    """Make a person or a department responsible for an order."""

    TYPE: ClassVar[str] = "order.owner_assigned"

    owner: str | None = None
    department: str | None = None


class SetNextAction(DeskCommand, frozen=True, kw_only=True):
    """Say what is to be done next; `due_at` is a day or an RFC 3339 time."""

    TYPE: ClassVar[str] = "order.next_action_set"

    action: str
    due_at: str | None = None
    owner: str | None = None
    department: str | None = None


class PlanDispatch(DeskCommand, frozen=True, kw_only=True):
    """Plan the day of dispatch, `YYYY-MM-DD`, for the first time."""

    TYPE: ClassVar[str] = "order.planned_dispatch_set"

    date: str
    reason: str | None = None


class MoveDispatch(DeskCommand, frozen=True, kw_only=True):
    """Move the planned day of dispatch, for a reason; the first plan stays in the lists."""

    TYPE: ClassVar[str] = "order.planned_dispatch_changed"

    after: str
    reason: str


class ConfirmOrder(DeskCommand, frozen=True, kw_only=True):
    """Confirm an order; somebody has to be responsible for it by then (R020).

    Args:
        order_track_no: its tracking number, 16 digits.
        service_requirement: what the customer wants to be seen to; `none` has to be said.
    """

    TYPE: ClassVar[str] = "order.confirmed"

    order_track_no: str
    service_requirement: str


class ReviewCheck(DeskCommand, frozen=True, kw_only=True):
    """Decide on what a check had found.

    Args:
        check_ids: the one check.
        outcome: accepted, and the check stands against nothing any more, or refused.
        note: why; sealed.
    """

    TYPE: ClassVar[str] = "order.manually_reviewed"

    check_ids: list[str]
    outcome: str
    note: str


class ConfirmDuplicate(DeskCommand, frozen=True, kw_only=True):
    """Say that an order is another one, placed twice."""

    TYPE: ClassVar[str] = "order.duplicate_confirmed"

    other_order_id: str
    reason: str


class DismissDuplicate(DeskCommand, frozen=True, kw_only=True):
    """Say that an order only looked like another one."""

    TYPE: ClassVar[str] = "order.duplicate_dismissed"

    other_order_id: str
    reason: str


class ReplaceOrder(DeskCommand, frozen=True, kw_only=True):
    """Cancel an order since the customer ordered again what they meant; `to` names that order."""

    TYPE: ClassVar[str] = "order.merged"

    to: list[str]
    reason: str


class HoldOrder(DeskCommand, frozen=True, kw_only=True):
    """Stop the work on an order until something is cleared up."""

    TYPE: ClassVar[str] = "order.put_on_hold"

    reason_code: str
    exception_id: str | None = None


class ReleaseHold(DeskCommand, frozen=True, kw_only=True):
    """Go on with an order that was on hold."""

    TYPE: ClassVar[str] = "order.hold_released"

    reason_code: str | None = None
    exception_id: str | None = None


class AboutException(DeskCommand, frozen=True, kw_only=True):
    """A command about an exception of the order."""

    exception_id: str


class RaiseException(AboutException, frozen=True, kw_only=True, rename={"class_": "class"}):
    """Say that something is wrong; class, subtype and who or which rule found it."""

    TYPE: ClassVar[str] = "exception.raised"

    class_: str
    subtype: str
    detected_by: str


class ClassifyException(AboutException, frozen=True, kw_only=True, rename={"class_": "class"}):
    """Say what kind of trouble it is; class and level are both needed (4.4)."""

    TYPE: ClassVar[str] = "exception.classified"

    class_: str
    subtype: str
    level: int
    priority: int | None = None


class AssignException(AboutException, frozen=True, kw_only=True):
    """Hand an exception to a person; without a department to the one that its kind goes to."""

    TYPE: ClassVar[str] = "exception.assigned"

    owner: str
    department: str | None = None


class TakeMeasure(AboutException, frozen=True, kw_only=True):
    """Say what was done about an exception; sealed, since it may name the customer."""

    TYPE: ClassVar[str] = "exception.measure_taken"

    measure: str


class NoteFeedback(AboutException, frozen=True, kw_only=True):
    """Say what the customer says about it; sealed."""

    TYPE: ClassVar[str] = "exception.customer_feedback_received"

    text: str
    message_id: str | None = None


class PublishProgress(AboutException, frozen=True, kw_only=True):
    """Tell the customer how it stands, and by when it shall be solved; the text is sealed."""

    TYPE: ClassVar[str] = "exception.progress_published"

    text: str
    promised_by: str
    message_id: str | None = None


class ResolveException(AboutException, frozen=True, kw_only=True):
    """Say that it is put right, and by what cause; the order goes on where it stood."""

    TYPE: ClassVar[str] = "exception.resolved"

    cause: str


class ReopenException(AboutException, frozen=True, kw_only=True):
    """Say that it was not put right after all."""

    TYPE: ClassVar[str] = "exception.reopened"

    cause: str


class AttributeCause(AboutException, frozen=True, kw_only=True):
    """Say where trouble came from, with what shows it (R139).

    Args:
        stage: the step at which it went wrong, such as picking.
        department: whose step that is.
        cause: what went wrong.
        evidence: what shows it: an event's id, a file's SHA-256, a document's name.
    """

    TYPE: ClassVar[str] = "root_cause.attributed"

    stage: str
    department: str
    cause: str
    evidence: str


class OpenTicket(DeskCommand, frozen=True, kw_only=True):
    """Make a task of an exception for a department; `demand` is the customer's, and sealed."""

    TYPE: ClassVar[str] = "ticket.opened"

    ticket_id: str
    exception_id: str
    department: str
    demand: str | None = None


class AboutTicket(DeskCommand, frozen=True, kw_only=True):
    """A command about a task that was opened before."""

    ticket_id: str


class AssignTicket(AboutTicket, frozen=True, kw_only=True):
    """Give a task to a person."""

    TYPE: ClassVar[str] = "ticket.assigned"

    owner: str


class TransferTicket(AboutTicket, frozen=True, kw_only=True):
    """Pass a task to another department."""

    TYPE: ClassVar[str] = "ticket.transferred"

    department: str


class UpdateTicket(AboutTicket, frozen=True, kw_only=True):
    """Say how a task stands."""

    TYPE: ClassVar[str] = "ticket.updated"

    progress: str


class ResolveTicket(AboutTicket, frozen=True, kw_only=True):
    """Say that a task is done; the result is sealed."""

    TYPE: ClassVar[str] = "ticket.resolved"

    result: str


class ReopenTicket(AboutTicket, frozen=True, kw_only=True):
    """Say that a task is not done after all; `progress` says why."""

    TYPE: ClassVar[str] = "ticket.reopened"

    progress: str


class CompensationCommand(DeskCommand, frozen=True, kw_only=True):
    """A command about a compensation of the order."""

    compensation_id: str


class OfferCompensation(CompensationCommand, frozen=True, kw_only=True):
    """Offer something for trouble.

    Args:
        kind: coupon, cash_voucher, gift or apology_card.
        level: of the trouble, 1 to 3.
        amount: minor units of `currency`; None for what has no price.
        currency: ISO 4217.
        condition: on_delivery or at_packing, when it is due by itself; None for at once.
    """

    TYPE: ClassVar[str] = "compensation.offered"

    kind: str
    level: int
    amount: int | None = None
    currency: str | None = None
    condition: str | None = None


class IssueCompensation(CompensationCommand, frozen=True, kw_only=True):
    """Say that a compensation was handed out; of a code only its SHA-256 is kept."""

    TYPE: ClassVar[str] = "compensation.issued"

    code_digest: str | None = None


class CancelCompensation(CompensationCommand, frozen=True, kw_only=True):
    """Take back what was offered."""

    TYPE: ClassVar[str] = "compensation.cancelled"

    reason: str


COMMANDS: Mapping[str, type[DeskCommand]] = {
    kind.TYPE: kind
    for kind in (
        AssignOwner,
        SetNextAction,
        PlanDispatch,
        MoveDispatch,
        ConfirmOrder,
        ReviewCheck,
        ConfirmDuplicate,
        DismissDuplicate,
        ReplaceOrder,
        HoldOrder,
        ReleaseHold,
        RaiseException,
        ClassifyException,
        AssignException,
        TakeMeasure,
        NoteFeedback,
        PublishProgress,
        ResolveException,
        ReopenException,
        AttributeCause,
        OpenTicket,
        AssignTicket,
        TransferTicket,
        UpdateTicket,
        ReopenTicket,
        ResolveTicket,
        OfferCompensation,
        IssueCompensation,
        CancelCompensation,
    )
}
"""By the type of the event that a command becomes."""


def wire_content(command: DeskCommand) -> dict[str, Any]:
    """Return a command's content by the names that it has in an event."""
    names = {field.name: field.encode_name for field in msgspec.structs.fields(type(command))}
    return {names[name]: value for name, value in command.content().items()}
