"""Refunds: what was decided, and what the payment provider did."""

from domain.catalogue.declaration import Class, Declared, Each, event, ids, plain
from domain.catalogue.shapes import AMOUNT, BARE_AMOUNT, INSTRUMENT, LINES, PRESENTMENT

# A webhook often knows a refund that nobody here asked for, so any step may bring all of these.
_REFUND = {**ids("refund_id", "payment_id", "psp_refund_id"), **plain("psp"), **BARE_AMOUNT}

# What a credit invoice adds to a refund.
_CREDIT = {
    **LINES,
    **ids("cancellation", "customer_id"),
    **plain("original", "rounding", "country"),
}

REFUNDS: dict[str, Declared] = {
    "refund.requested": event(
        "Money is asked back.",
        _REFUND,
        AMOUNT,
        ids("case_id", "message_id"),
        plain("reason_code", "requested_by"),
        _CREDIT,
    ),
    "refund.approved": event(
        "The seller decided to pay back.",
        _REFUND,
        AMOUNT,
        ids("approver"),
        plain("route", "policy_version", "due_by"),
        {"deductions": Each({**plain("kind"), "amount": Class.MONEY})},
        _CREDIT,
    ),
    "refund.rejected": event(
        "The seller decided not to pay back.",
        _REFUND,
        ids("message_id"),
        plain("reason_code", "policy_version"),
    ),
    "refund.submitted": event(
        "The refund was sent to the payment provider.",
        _REFUND,
        AMOUNT,
        ids("idempotency_key"),
        plain("attempt_no"),
    ),
    "refund.submission_unknown": event(
        "The provider neither accepted nor refused: a time-out.",
        _REFUND,
        ids("idempotency_key"),
        plain("error", "at"),
    ),
    "refund.accepted": event(
        "The provider took the refund.", _REFUND, plain("psp_status", "pending_reason")
    ),
    "refund.customer_action_required": event(
        "The customer has to do something to get the money.", _REFUND, plain("how", "expires_at")
    ),
    "refund.succeeded": event(
        "The provider says that it paid.",
        _REFUND,
        ids("balance_transaction"),
        plain("kind", "psp_at"),
    ),
    "refund.reference_recorded": event(
        "The reference by which the customer's bank finds the money.",
        _REFUND,
        plain("reference_type", "reference", "reference_status", "obtained_at"),
    ),
    "refund.reference_unavailable": event(
        "There is no reference for this refund, and why.", _REFUND, plain("reason")
    ),
    "refund.settled": event(
        "The money left the provider, by its report or the bank's.",
        _REFUND,
        AMOUNT,
        plain("settled_on", "fx", "source", "kind"),
        {"destination": INSTRUMENT},
        PRESENTMENT,
        schema=2,
    ),
    "refund.failed": event(
        "The refund did not go through.",
        _REFUND,
        plain("failure_reason", "returned_to", "funds_back_at"),
    ),
    "refund.bounced": event("The money came back after success.", _REFUND, plain("reason")),
    "refund.cancelled": event("The refund was called off.", _REFUND, plain("reason", "by")),
    "refund.reissued": event(
        "Another refund replaces this one.",
        _REFUND,
        ids("new_refund_id"),
        plain("route", "why"),
    ),
    "refund.redirected": event(
        "The money goes to another account or card.",
        _REFUND,
        ids("authorised_by"),
        {"destination": INSTRUMENT, "from": INSTRUMENT},
        plain("why"),
        schema=2,
    ),
    "refund.offline_recorded": event(
        "The money was paid outside the provider, with proof and two approvers.",
        _REFUND,
        plain("method", "reference"),
        {"approvers": Each(Class.P2), "payee": Class.P4},
        schema=2,
    ),
    "refund.customer_notified": event(
        "The customer was told how the refund stands.",
        ids("refund_id", "message_id"),
        plain("wording"),
    ),
    "refund.customer_confirmed": event(
        "The customer confirmed that the money came.", ids("refund_id", "message_id")
    ),
}
