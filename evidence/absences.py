"""What a claim's evidence could hold: what of it is missing, and what is absent for good.

Missing is what somebody should ask for. None is good: nothing of the kind is known.
"""

from collections.abc import Iterator

from domain.contact import SENT
from domain.order import Order
from domain.reference import AVAILABLE, UNAVAILABLE
from domain.refund import Refund
from domain.verdict import Verdict

MISSING = "missing"
NONE = "none"
HERE = "here"


def absences(order: Order, verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Yield what was looked for, as a key of the words, and what of it there is."""
    refunds = list(order.refunds.values())
    paid = [refund for refund in refunds if refund.money_went_out]
    deciding = None if verdict.deciding is None else verdict.deciding.refund
    if order.placed is None:
        yield "placement", MISSING
    if any(refund.beyond_decision and refund.approved is None for refund in refunds):
        yield "approval", MISSING
    if any(refund.settled is None and refund.offline is None for refund in paid):
        yield "settlement", MISSING
    if deciding is not None and deciding.money_went_out:
        yield from _reference(deciding)
        if deciding.confirmed is None:
            yield "confirmation", MISSING
    if refunds and not any(contact.direction == SENT for contact in order.contacts):
        yield "told", MISSING
    if paid:
        yield "statement", HERE if order.counter_evidence else MISSING
    if refunds:
        yield "bounce", HERE if any(refund.failed for refund in refunds) else NONE
        yield "second", HERE if len(refunds) > 1 else NONE
    if order.payments:
        yield "dispute", HERE if order.disputes else NONE
        yield "gap", HERE if order.gaps else NONE
        yield "closure", HERE if order.closures else NONE


def _reference(refund: Refund) -> Iterator[tuple[str, str]]:
    if refund.reference.status == UNAVAILABLE:
        yield "reference", NONE
    elif refund.reference.status != AVAILABLE:
        yield "reference", MISSING
