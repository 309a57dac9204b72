"""Verdicts of the claim "refund not received": codes, ranking, and what a verdict carries."""

from datetime import date
from enum import StrEnum

import msgspec

from domain.refund import Refund


class Code(StrEnum):
    """The answer's code. Stable; people read the sentences of `sentences`."""

    ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
    NEVER_CAPTURED = "NEVER_CAPTURED"
    NEVER_REQUESTED = "NEVER_REQUESTED"
    CANCELLED_BUT_NO_REFUND = "CANCELLED_BUT_NO_REFUND"
    REQUESTED_UNDECIDED = "REQUESTED_UNDECIDED"
    REJECTED = "REJECTED"
    APPROVED_NOT_SUBMITTED = "APPROVED_NOT_SUBMITTED"
    SUBMISSION_UNKNOWN = "SUBMISSION_UNKNOWN"
    PENDING_NO_FUNDS = "PENDING_NO_FUNDS"
    PENDING_CUSTOMER_ACTION = "PENDING_CUSTOMER_ACTION"
    PENDING_WITHIN_WINDOW = "PENDING_WITHIN_WINDOW"
    PENDING_OVERDUE = "PENDING_OVERDUE"
    SUCCEEDED_REFERENCE_PENDING = "SUCCEEDED_REFERENCE_PENDING"
    SETTLED_WITHIN_WINDOW = "SETTLED_WITHIN_WINDOW"
    SETTLED_REFERENCE_GIVEN = "SETTLED_REFERENCE_GIVEN"
    SETTLED_NO_REFERENCE = "SETTLED_NO_REFERENCE"
    REVERSED_NO_CREDIT_LINE = "REVERSED_NO_CREDIT_LINE"
    FAILED_NOT_REISSUED = "FAILED_NOT_REISSUED"
    FAILED_REISSUED = "FAILED_REISSUED"
    REFUND_CANCELLED = "REFUND_CANCELLED"
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"
    OTHER_INSTRUMENT = "OTHER_INSTRUMENT"
    COMPENSATION_INSTEAD = "COMPENSATION_INSTEAD"
    DISPUTE_OPEN = "DISPUTE_OPEN"
    DISPUTE_WON_BY_CUSTOMER = "DISPUTE_WON_BY_CUSTOMER"
    DUPLICATE_REFUND = "DUPLICATE_REFUND"
    HANDLED_BY_PLATFORM = "HANDLED_BY_PLATFORM"
    CONFIRMED_RECEIVED = "CONFIRMED_RECEIVED"
    SOURCE_GAP = "SOURCE_GAP"
    EVIDENCE_CONFLICT = "EVIDENCE_CONFLICT"


RANKING: tuple[Code, ...] = (
    # The seller owes.
    Code.FAILED_NOT_REISSUED,
    Code.CANCELLED_BUT_NO_REFUND,
    Code.APPROVED_NOT_SUBMITTED,
    Code.PENDING_NO_FUNDS,
    # Not known.
    Code.SUBMISSION_UNKNOWN,
    Code.SOURCE_GAP,
    Code.AMOUNT_MISMATCH,
    # On its way.
    Code.PENDING_OVERDUE,
    Code.REQUESTED_UNDECIDED,
    Code.PENDING_CUSTOMER_ACTION,
    Code.PENDING_WITHIN_WINDOW,
    Code.SUCCEEDED_REFERENCE_PENDING,
    # Look here.
    Code.SETTLED_WITHIN_WINDOW,
    Code.SETTLED_REFERENCE_GIVEN,
    Code.SETTLED_NO_REFERENCE,
    Code.OTHER_INSTRUMENT,
    Code.REVERSED_NO_CREDIT_LINE,
    # Closed.
    Code.REFUND_CANCELLED,
    Code.REJECTED,
    Code.COMPENSATION_INSTEAD,
    Code.CONFIRMED_RECEIVED,
)
"""Verdicts of obligations, worst first. FAILED_REISSUED is never an order's verdict."""

SELLER = "seller"
PSP = "PSP"
BANK = "customer's bank"
CUSTOMER = "customer"
PLATFORM = "platform"
AUDITOR = "auditor"
NOBODY = "nobody"

NEXT_ACTORS: dict[Code, str] = {
    Code.ORDER_NOT_FOUND: CUSTOMER,
    Code.NEVER_CAPTURED: NOBODY,
    Code.NEVER_REQUESTED: SELLER,
    Code.CANCELLED_BUT_NO_REFUND: SELLER,
    Code.REQUESTED_UNDECIDED: SELLER,
    Code.REJECTED: CUSTOMER,
    Code.APPROVED_NOT_SUBMITTED: SELLER,
    Code.SUBMISSION_UNKNOWN: SELLER,
    Code.PENDING_NO_FUNDS: SELLER,
    Code.PENDING_CUSTOMER_ACTION: CUSTOMER,
    Code.PENDING_WITHIN_WINDOW: PSP,
    Code.PENDING_OVERDUE: SELLER,
    Code.SUCCEEDED_REFERENCE_PENDING: PSP,
    Code.SETTLED_WITHIN_WINDOW: BANK,
    Code.SETTLED_REFERENCE_GIVEN: BANK,
    Code.SETTLED_NO_REFERENCE: BANK,
    Code.REVERSED_NO_CREDIT_LINE: NOBODY,
    Code.FAILED_NOT_REISSUED: SELLER,
    Code.FAILED_REISSUED: NOBODY,
    Code.REFUND_CANCELLED: SELLER,
    Code.AMOUNT_MISMATCH: SELLER,
    Code.OTHER_INSTRUMENT: CUSTOMER,
    Code.COMPENSATION_INSTEAD: SELLER,
    Code.DISPUTE_OPEN: BANK,
    Code.DISPUTE_WON_BY_CUSTOMER: NOBODY,
    Code.DUPLICATE_REFUND: SELLER,
    Code.HANDLED_BY_PLATFORM: PLATFORM,
    Code.CONFIRMED_RECEIVED: NOBODY,
    Code.SOURCE_GAP: SELLER,
    Code.EVIDENCE_CONFLICT: AUDITOR,
}
"""Who must act next."""

COMPLETE = "complete"
INCOMPLETE = "incomplete"


class Obligation(msgspec.Struct, frozen=True, kw_only=True):
    """One refund that is owed, or was.

    Args:
        refund: the refund; None where the order was cancelled and nobody opened one.
        state: the refund's state; `missing` where there is none.
        verdict: what holds of it.
        row: the decision table's row that says so.
        also: what would hold of it without that row.
        amount: minor units of `currency` that are owed; None where no event says how much.
        currency: ISO 4217 code.
        psp: who pays it out.
        expected_by: last day on which it is not late, UTC.
        deadline: when the next actor has to have acted.
        next_answer: when the customer hears from us again.
        alarm: whether a wait that is normal at first has lasted too long.
        event_ids: the events that this stands on.
    """

    refund: Refund | None
    state: str
    verdict: Code
    row: int
    also: tuple[Code, ...]
    amount: int | None
    currency: str | None
    psp: str | None
    expected_by: date | None
    deadline: date | None
    next_answer: date | None
    alarm: bool
    event_ids: tuple[str, ...]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a claim, without its words.

    Args:
        code: the verdict.
        row: the decision table's row that says so.
        cause: which part of that row, where it has several.
        sides: where evidence conflicts, what each side states.
        deciding: the obligation whose verdict it is, or that it is shown by.
        obligations: all of them, replaced refunds too.
        also: what else holds.
        next_actor: who must act next.
        deadline: by when, None where nobody has to.
        next_answer: when the customer hears from us again.
        event_ids: the events that it stands on.
        confidence: complete or incomplete, of the evidence.
        integrity: what verification said: intact, altered, incomplete or cannot_tell.
        as_of: the day it was given for.
        rule_version: the policy's version.
    """

    code: Code
    row: int
    cause: str
    sides: tuple[str, ...]
    deciding: Obligation | None
    obligations: tuple[Obligation, ...]
    also: tuple[Code, ...]
    next_actor: str
    deadline: date | None
    next_answer: date | None
    event_ids: tuple[str, ...]
    confidence: str
    integrity: str
    as_of: date
    rule_version: str
