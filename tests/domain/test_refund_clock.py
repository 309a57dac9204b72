"""Refund clocks, on both sides of each limit: to the microsecond, and to the day."""

from datetime import date

import pytest

from domain.policy import POLICY
from domain.refund_clock import clocks
from domain.time import instant, instant_text
from tests.domain.order_story import (
    accepted,
    approved,
    asked,
    captured,
    compensation,
    dispute,
    failed,
    fold,
    no_reference,
    opened,
    paid_order,
    placed,
    reference,
    reissued,
    rejected,
    requested,
    returned,
    said,
    settled,
    submitted,
    succeeded,
    verdict,
)


def running(*facts):
    return clocks(fold(*facts), POLICY)


def shown(*facts):
    return [
        (clock.kind, instant_text(clock.since), instant_text(clock.deadline))
        for clock in running(*facts)
    ]


def unknown(when="03-05T11:30"):
    return said("refund.submission_unknown", when, refund_id="r1", error="time-out")


# What stands in the specification as service levels, each with its last moment.
LIMITS = [
    ([requested(), approved("03-05T10:00")], "submit", "05T10:00:00", "06T10:00:00"),
    ([*asked(), unknown()], "reconcile", "05T11:00:00", "05T12:00:00"),
    ([*asked()], "reconcile", "05T11:00:00", "05T12:00:00"),
    ([*asked(), accepted("03-05T12:00")], "complete", "05T12:00:00", "19T23:59:59.999999"),
    ([*asked(), succeeded("03-05T13:00")], "reference", "05T13:00:00", "12T23:59:59.999999"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "kind", "since", "deadline"), LIMITS)
def test_a_clock_runs_out_one_microsecond_after_its_last_moment(facts, kind, since, deadline):
    [clock] = running(*paid_order(), *facts)
    last = instant(f"2025-03-{deadline}Z")

    assert (clock.kind, clock.since, clock.deadline) == (kind, instant(f"2025-03-{since}Z"), last)
    assert not clock.has_run_out(last)
    assert clock.has_run_out(last + 1)


def test_the_last_day_is_the_last_on_which_a_claim_says_that_it_is_in_time():
    pending = [*paid_order(), *asked(), accepted("03-05T12:00")]
    paid = [*paid_order(), *asked(), succeeded("03-05T13:00")]

    days = [verdict(*pending, as_of=date(2025, 3, day)).code for day in (19, 20)]
    alarms = [verdict(*paid, as_of=date(2025, 3, day)).deciding.alarm for day in (12, 13)]

    assert days == ["PENDING_WITHIN_WINDOW", "PENDING_OVERDUE"]
    assert alarms == [False, True]


@pytest.mark.parametrize(
    "facts",
    [
        [],
        [requested()],
        [requested(), rejected()],
        [*asked(), failed()],
        [*asked(), said("refund.cancelled", "03-06", refund_id="r1", reason="withdrawn")],
        [*asked(), failed(), said("refund.offline_recorded", "03-09", refund_id="r1")],
        [*asked(), succeeded(), reference()],
        [*asked(), succeeded(), no_reference()],
        [*asked(), succeeded(kind="reversal")],
        [*asked(), succeeded(), said("refund.customer_confirmed", "03-09", refund_id="r1")],
        [*asked(), compensation(instead_of="r1")],
        [requested(), approved(), opened()],
        [*asked(), said("refund.customer_action_required", "03-06", refund_id="r1")],
    ],
)
def test_no_clock_runs_where_nothing_is_awaited_of_the_seller_or_the_provider(facts):
    assert running(*paid_order(), *facts) == ()


def test_no_clock_runs_where_a_method_has_no_reference():
    assert running(placed(), captured(psp="alipay"), *asked(), succeeded(psp="alipay")) == ()


def test_a_repeated_submission_gives_no_new_time():
    facts = [*paid_order(), *asked(), unknown("03-05T11:30"), submitted("03-05T18:00")]

    assert shown(*facts) == [("reconcile", "2025-03-05T11:00:00Z", "2025-03-05T12:00:00Z")]


def test_a_dispute_that_ended_lets_the_clock_run_on():
    facts = [requested(), approved(), opened(), dispute("won", "03-20")]

    assert [kind for kind, *_ in shown(*paid_order(), *facts)] == ["submit"]


def test_only_the_last_refund_of_a_chain_has_a_clock():
    facts = [*asked(), failed(), reissued("r2"), approved("03-09T10:00", refund_id="r2")]

    [clock] = running(*paid_order(), *facts)

    assert (clock.refund_id, clock.kind) == ("r2", "submit")


def test_a_settlement_that_differs_still_waits_for_its_reference():
    facts = [*paid_order(), *asked(), succeeded(), settled(amount=100)]

    assert verdict(*facts).code == "AMOUNT_MISMATCH"
    assert [kind for kind, *_ in shown(*facts)] == ["reference"]


def test_each_refund_of_an_order_has_its_own():
    facts = [*returned("r1", 100), *asked("r2", 100), requested(refund_id="r3", amount=5)]
    facts += [approved("03-07", refund_id="r3", amount=5)]

    assert {(clock.refund_id, clock.kind) for clock in running(*paid_order(), *facts)} == {
        ("r2", "reconcile"),
        ("r3", "submit"),
    }


def test_a_time_that_cannot_be_read_starts_no_clock():
    facts = [("refund.approved", "soon", "/example", {"refund_id": "r1", "amount": 1})]

    assert running(*paid_order(), *facts) == ()
