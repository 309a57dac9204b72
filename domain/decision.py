"""What commands of our staff become when the rules allow them: events, by their stable names."""

from typing import Any, ClassVar

import msgspec

from domain.event import Event

DESK_SOURCE = "/orderproof/desk"
"""The source of these events. All sources of this beginning are refused from outside."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What all decisions have: a type's name that no renamed class changes, and a data's form."""

    TYPE: ClassVar[str]

    def data(self) -> dict[str, Any]:
        """Return the event's data, without what is not known."""
        known = msgspec.json.decode(msgspec.json.encode(self))  # lists for tuples, too
        return {name: value for name, value in known.items() if value is not None}


class RefundApproved(Decision, frozen=True, kw_only=True):
    """A refund is to be paid: `amount` in minor units of `currency`."""

    TYPE: ClassVar[str] = "refund.approved"

    refund_id: str
    amount: int
    currency: str
    approver: str
    route: str
    policy_version: str | None = None
    due_by: str | None = None


class RefundRejected(Decision, frozen=True, kw_only=True):
    """A refund is not to be paid."""

    TYPE: ClassVar[str] = "refund.rejected"

    refund_id: str
    reason_code: str
    policy_version: str | None = None
    message_id: str | None = None


class RefundOfflineRecorded(Decision, frozen=True, kw_only=True):
    """A refund was paid outside of the PSP: `amount` in minor units of `currency`."""

    TYPE: ClassVar[str] = "refund.offline_recorded"

    refund_id: str
    amount: int
    currency: str
    method: str
    reference: str
    approvers: tuple[str, ...]
    payee: str | None = None


class OrderCancelled(Decision, frozen=True, kw_only=True):
    """An order is not to be dispatched. `stage` is the status that it had."""

    TYPE: ClassVar[str] = "order.cancelled"

    by: str
    reason_code: str
    stage: str
    refund_due: bool


class OrderClosed(Decision, frozen=True, kw_only=True):
    """Nothing is left to do for an order."""

    TYPE: ClassVar[str] = "order.closed"

    outcome: str
    reason: str | None = None
    open_obligations: tuple[str, ...] = ()


_DECISIONS: dict[str, type[Decision]] = {
    kind.TYPE: kind
    for kind in (RefundApproved, RefundRejected, RefundOfflineRecorded, OrderCancelled, OrderClosed)
}


def read_decision(event: Event) -> Decision | None:
    """Return a recorded event as the decision that it is, None where our staff did not make it.

    A sealed field reads as not known.

    Raises:
        msgspec.ValidationError: its data is not what we record of this type.
    """
    kind = _DECISIONS.get(event.type)
    if kind is None or event.source != DESK_SOURCE:
        return None
    return msgspec.convert(event.data, kind)
