"""Payments: what the customer paid, and what went wrong with it."""

from domain.catalogue.declaration import Class, Declared, event, ids, money, plain
from domain.catalogue.shapes import AMOUNT, BARE_AMOUNT, INSTRUMENT, LINES, PRESENTMENT

_PAYMENT = {
    **ids("payment_id", "psp_payment_id", "capture_id"),
    **plain("psp", "method", "fx_rate", "settled_on", "network_reference"),
    "instrument": INSTRUMENT,
    **PRESENTMENT,
}
_OF_PAYMENT = {**ids("payment_id", "psp_payment_id", "psp_auth_id"), **plain("psp", "method")}
_ACCOUNT = {**ids("account_ref"), **plain("psp", "at", "open_refunds")}

PAYMENTS: dict[str, Declared] = {
    "payment.initiated": event("The customer set out to pay.", _OF_PAYMENT, AMOUNT, PRESENTMENT),
    "payment.authorised": event(
        "The bank promised the money; it is not taken yet.",
        _OF_PAYMENT,
        BARE_AMOUNT,
        plain("expires_at"),
        {"instrument": INSTRUMENT},
    ),
    "payment.captured": event("The money was taken.", _PAYMENT, AMOUNT, schema=2),
    "payment.failed": event(
        "The payment did not succeed.", _OF_PAYMENT, BARE_AMOUNT, plain("failure_code", "cause")
    ),
    "payment.voided": event(
        "The seller let an authorisation go.", _OF_PAYMENT, BARE_AMOUNT, plain("reason")
    ),
    "payment.authorisation_expired": event("The bank's promise ran out.", _OF_PAYMENT, BARE_AMOUNT),
    "payment.amount_mismatch_detected": event(
        "Another amount came in than was owed.",
        _OF_PAYMENT,
        money("expected", "received"),
        plain("currency"),
    ),
    "payment.confirmed_by_shop": event(
        "The shop's system says that the order is paid, and not by which capture.",
        _OF_PAYMENT,
        BARE_AMOUNT,
    ),
    "payment.booked": event(
        "The provider booked money of the order to the seller; less than zero went back.",
        ids("payment_id", "psp_payment_id", "refund_id", "dispute_id"),
        ids("balance_transaction", "payout_id"),
        plain("psp", "method", "kind", "status", "booked_on"),
        money("gross", "fee", "net"),
        {"currency": Class.CURRENCY},
    ),
    "payment.reminder_sent": event(
        "The customer was reminded to pay.",
        ids("payment_id", "message_id"),
        plain("minutes_unpaid"),
    ),
    "payment.refund_total_reported": event(
        "The provider says how much of the payment went back in all, and not by which refunds.",
        _OF_PAYMENT,
        BARE_AMOUNT,
    ),
    "payment.fraud_warning_received": event(
        "The card's network fears fraud; a dispute may follow.",
        _OF_PAYMENT,
        plain("fraud_type", "actionable"),
    ),
    "payment.confirmed_manually": event(
        "A person confirmed that the money came, with proof.",
        _PAYMENT,
        BARE_AMOUNT,
        plain("by"),
        schema=2,
    ),
    "psp_account.closure_scheduled": event(
        "The account at the payment provider is about to be closed.", _ACCOUNT
    ),
    "psp_account.closed": event("The account at the payment provider was closed.", _ACCOUNT),
    "invoice.adjusted": event(
        "An invoice that adjusts the books and belongs to no order.",
        AMOUNT,
        LINES,
        ids("customer_id"),
        plain("rounding", "country"),
    ),
}
