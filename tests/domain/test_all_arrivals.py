"""O-03, O-04: one order's events in every sequence in which they can arrive."""

from itertools import permutations

import msgspec
import pytest

from domain.answer import as_answer
from domain.claim import judge
from domain.flags import late
from domain.order import fold_order
from domain.time import instant
from tests.domain.order_story import TODAY, captured, events, placed, said

MONEY = {"amount": 12800, "currency": "EUR"}
REQUESTED = said("refund.requested", "03-04", refund_id="r1", **MONEY)
APPROVED = said("refund.approved", "03-05", refund_id="r1", **MONEY)
SUBMITTED = said("refund.submitted", "03-06", refund_id="r1", payment_id="p1", **MONEY)
SUCCEEDED = said("refund.succeeded", "03-07", refund_id="r1", psp_refund_id="re_1")
SETTLED = said("refund.settled", "03-08", refund_id="r1", settled_on="2025-03-08", **MONEY)
BOUNCED = said("refund.bounced", "03-09", refund_id="r1", reason="account_closed", amount=12800)
REISSUED = said("refund.reissued", "03-10", refund_id="r1", new_refund_id="r2")
OPENED = said("dispute.opened", "03-09", dispute_id="d1", payment_id="p1", **MONEY)
LOST = said("dispute.lost", "03-11", dispute_id="d1", payment_id="p1", **MONEY)
REOPENED = said("order.reopened", "03-09")

STORIES = {
    "settled": [captured(), REQUESTED, APPROVED, SUBMITTED, SUCCEEDED, SETTLED],
    "bounced": [captured(), APPROVED, SUCCEEDED, SETTLED, BOUNCED, REISSUED],
    "disputed": [placed(), captured(), REQUESTED, APPROVED, OPENED, LOST],
    "reopened": [
        placed(), captured(), said("order.closed", "03-08"), REOPENED, REQUESTED, APPROVED,
    ],
}  # fmt: skip


def arrived(told, order):
    """The same facts in another sequence of arrival: version, position and receipt are its own."""
    return [
        msgspec.structs.replace(
            told[index], version=n, position=n, recorded_at=f"2026-01-01T00:00:00.{n:06}Z"
        )
        for n, index in enumerate(order, 1)
    ]


def answer(recorded):
    order = fold_order(recorded)
    integrity = {"verdict": "intact", "events": len(recorded), "head": "", "checkpoint": None}
    return as_answer(
        order, judge(order, as_of=TODAY), shop="example", number="T01", integrity=integrity,
        seconds=0, language="en",
    )  # fmt: skip


@pytest.mark.parametrize("count", range(1, 7))
@pytest.mark.parametrize("story", STORIES)
def test_every_sequence_of_arrival_gives_the_same_answer_and_marks_what_came_late(story, count):
    # O-03
    told = events(*STORIES[story][:count])
    expected = answer(told)

    for order in permutations(range(count)):
        recorded = arrived(told, order)
        assert answer(recorded) == expected, order
        assert late(recorded) == {
            event.version
            for event in recorded
            if any(
                instant(other.occurred_at) > instant(event.occurred_at)
                for other in recorded[: event.version - 1]
            )
        }


def test_a_settlement_whose_request_has_not_come_is_a_finding_until_it_comes():
    # O-04
    early = fold_order(events(captured(), SETTLED))
    told = events(captured(), SETTLED, REQUESTED, APPROVED, SUBMITTED, SUCCEEDED)
    healed = fold_order(told)

    assert "settlement-without-request" in [finding.code for finding in early.findings]
    assert early.refunds["r1"].settled is not None
    assert "settlement-without-request" not in [finding.code for finding in healed.findings]
    assert late(told) == {3, 4, 5, 6}


def test_a_time_that_cannot_be_read_is_neither_late_nor_makes_others_late():
    told = events(said("order.closed", "03-05"), said("order.closed", "?"), REQUESTED)

    assert late(told) == {3}
