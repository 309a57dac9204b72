"""The ranking: of two obligations of one order, the worse one speaks for it."""

from datetime import date
from itertools import pairwise

import pytest

from tests.domain.order_story import (
    accepted,
    approved,
    asked,
    cancelled_order,
    captured,
    compensation,
    failed,
    no_reference,
    placed,
    reference,
    rejected,
    requested,
    said,
    settled,
    submitted,
    succeeded,
    verdict,
)

# Worst first, as the specification lists them, each with the facts that lead to it. The day of the
# answer is 18 March 2025, so a window that starts on 5 March still runs and an earlier one is over.
AMOUNT = 1000


def _early(refund_id):
    return [
        approved("03-03T10:00", refund_id, AMOUNT),
        submitted("03-03T11:00", refund_id, AMOUNT),
        accepted("03-03T12:00", refund_id),
    ]


def _went(refund_id):
    return [*asked(refund_id, AMOUNT), succeeded(refund_id=refund_id)]


def _silent(refund_id):
    silence = said("psp_account.closed", "03-10", psp="adyen", account_ref="a")
    return [submitted(refund_id=refund_id, amount=AMOUNT, psp="adyen"), silence]


def _action(refund_id):
    return said("refund.customer_action_required", "03-06", refund_id=refund_id)


FACTS = {
    "FAILED_NOT_REISSUED": lambda r: [*asked(r, AMOUNT), failed(refund_id=r)],
    "CANCELLED_BUT_NO_REFUND": lambda _: [cancelled_order()],
    "APPROVED_NOT_SUBMITTED": lambda r: [approved(refund_id=r, amount=AMOUNT)],
    "PENDING_NO_FUNDS": lambda r: [
        *asked(r, AMOUNT),
        accepted(refund_id=r, pending_reason="insufficient_funds"),
    ],
    "SUBMISSION_UNKNOWN": lambda r: asked(r, AMOUNT),
    "SOURCE_GAP": _silent,
    "AMOUNT_MISMATCH": lambda r: [*_went(r), settled(refund_id=r, amount=AMOUNT - 1)],
    "PENDING_OVERDUE": _early,
    "REQUESTED_UNDECIDED": lambda r: [requested(refund_id=r, amount=AMOUNT)],
    "PENDING_CUSTOMER_ACTION": lambda r: [*asked(r, AMOUNT), _action(r)],
    "PENDING_WITHIN_WINDOW": lambda r: [*asked(r, AMOUNT), accepted(refund_id=r)],
    "SUCCEEDED_REFERENCE_PENDING": _went,
    "SETTLED_WITHIN_WINDOW": lambda r: [*_went(r), reference(refund_id=r)],
    "SETTLED_REFERENCE_GIVEN": lambda r: [
        approved("03-03T10:00", r, AMOUNT),
        succeeded("03-03T12:00", r),
        reference(refund_id=r),
    ],
    "SETTLED_NO_REFERENCE": lambda r: [*_went(r), no_reference(refund_id=r)],
    "OTHER_INSTRUMENT": lambda r: [
        *_went(r),
        settled(refund_id=r, amount=AMOUNT, destination={"kind": "wallet"}),
    ],
    "REVERSED_NO_CREDIT_LINE": lambda r: [
        approved(refund_id=r, amount=AMOUNT),
        succeeded(refund_id=r, kind="reversal"),
    ],
    "REFUND_CANCELLED": lambda r: [
        *asked(r, AMOUNT),
        said("refund.cancelled", "03-06", refund_id=r, reason="withdrawn"),
    ],
    "REJECTED": lambda r: [requested(refund_id=r, amount=AMOUNT), rejected(refund_id=r)],
    "COMPENSATION_INSTEAD": lambda r: [
        requested(refund_id=r, amount=AMOUNT),
        compensation(amount=AMOUNT, instead_of=r),
    ],
    "CONFIRMED_RECEIVED": lambda r: [
        *_went(r),
        said("refund.customer_confirmed", "03-12", refund_id=r, message_id="m1"),
    ],
}
DAY = date(2025, 3, 18)


def _ask(*facts):
    return verdict(placed(), captured(amount=100000), *facts, as_of=DAY)


@pytest.mark.parametrize("name", FACTS)
def test_these_facts_alone_lead_to_the_verdict(name):
    assert _ask(*FACTS[name]("r1")).code == name


@pytest.mark.parametrize(("worse", "better"), list(pairwise(FACTS)))
@pytest.mark.parametrize("turned", [False, True])
def test_the_worse_of_two_neighbours_decides_whichever_comes_first(worse, better, turned):
    first, second = (better, worse) if turned else (worse, better)

    found = _ask(*FACTS[first]("r1"), *FACTS[second]("r2"))

    assert found.code == worse
    assert found.row == 12
    assert {str(one.verdict) for one in found.obligations} == {worse, better}


def test_all_at_once_the_worst_decides():
    told = [fact for number, facts in enumerate(FACTS.values()) for fact in facts(f"r{number}")]

    assert _ask(*told).code == "FAILED_NOT_REISSUED"
