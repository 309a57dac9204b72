"""What our own staff may ask for, checked against rules before anything is recorded."""

from typing import ClassVar

import msgspec


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff, as frozen in what they decided.

    Args:
        id: of the account.
        role: what they acted as.
    """

    id: str
    role: str | None = None

    def as_actor(self) -> dict[str, str]:
        """Return the event's `actor`."""
        role = {} if self.role is None else {"role": self.role}
        return {"kind": "staff", "id": self.id, **role}


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What all commands have.

    Args:
        id: of this command, unique for ever, 1 to 512 bytes; the same one again is the same
            command and gets the first answer. It becomes the event's id.
        at: when it was given, RFC 3339 with offset.
        staff: who gave it.
    """

    TYPE: ClassVar[str]
    """The type of the event that the command becomes."""

    id: str
    at: str
    staff: Staff


class ApproveRefund(Command, frozen=True, kw_only=True):
    """Pay back what was requested, or less.

    Args:
        refund_id: of a refund that was requested.
        amount: minor units of `currency`.
        currency: ISO 4217 code.
        route: original, other or offline.
        policy_version: the rules by which it was decided.
        due_by: day by which it is to be paid, `YYYY-MM-DD`.
    """

    TYPE: ClassVar[str] = "refund.approved"

    refund_id: str
    amount: int
    currency: str
    route: str = "original"
    policy_version: str | None = None
    due_by: str | None = None


class RejectRefund(Command, frozen=True, kw_only=True):
    """Do not pay back what was requested.

    Args:
        refund_id: of a refund that was requested.
        reason_code: why.
        policy_version: the rules by which it was decided.
        message_id: the message that told the customer.
    """

    TYPE: ClassVar[str] = "refund.rejected"

    refund_id: str
    reason_code: str
    policy_version: str | None = None
    message_id: str | None = None


class RecordOfflineRefund(Command, frozen=True, kw_only=True):
    """Say that a refund which the PSP could not pay was paid outside of it.

    Args:
        refund_id: of a refund that failed or bounced, or was approved for this route.
        amount: minor units of `currency`.
        currency: ISO 4217 code.
        method: bank transfer, cash …
        reference: what the transfer can be found by.
        approvers: ids of at least two different people.
        payee: who got it; sealed.
    """

    TYPE: ClassVar[str] = "refund.offline_recorded"

    refund_id: str
    amount: int
    currency: str
    method: str
    reference: str
    approvers: tuple[str, ...]
    payee: str | None = None


class CancelOrder(Command, frozen=True, kw_only=True):
    """Cancel an order of which nothing was dispatched.

    Args:
        reason_code: why.
        by: customer or seller: who wanted it.
    """

    TYPE: ClassVar[str] = "order.cancelled"

    reason_code: str
    by: str


class CloseOrder(Command, frozen=True, kw_only=True):
    """Say that nothing is left to do for an order.

    Args:
        outcome: how it ended.
        reason: more about it.
    """

    TYPE: ClassVar[str] = "order.closed"

    outcome: str
    reason: str | None = None


StaffCommand = ApproveRefund | RejectRefund | RecordOfflineRefund | CancelOrder | CloseOrder
