"""Which of the order desk's clocks run, and what follows when one fires."""

import pytest

from domain.time import instant, instant_text
from domain.tracking.clocks import DeskClock, consequences, running
from domain.tracking.desk_policy import DESK_POLICY, HOUR
from domain.tracking.tracking import fold_tracking
from tests.domain.order_story import events, placed, said

PAID = said("payment.captured", "03-03", payment_id="p1", amount=12_800, currency="EUR")
SENT = said("shipment.dispatched", "03-05", shipment_id="s1", tracking_no="T1")
RAISED = said("exception.raised", "03-04", exception_id="x1", **{"class": "stock"})


def run(*facts):
    tracking = fold_tracking(events(*facts))
    return {clock.kind: clock for clock in running(tracking, DESK_POLICY)}


# R051, R052, 4.1
def test_an_unpaid_order_is_an_exception_after_half_an_hour_and_cancelled_later():
    found = run(placed())

    assert set(found) == {"unpaid", "expiry"}
    at = instant("2025-03-03T09:00:00Z")
    assert found["unpaid"].deadline - at == 30 * 60 * 1_000_000
    assert found["expiry"].deadline - at == 24 * HOUR
    assert run(placed(), PAID) == {}
    assert all(2 <= hours <= 24 for hours in (DESK_POLICY.expiry_of(""),
                                              *DESK_POLICY.expiry_hours.values()))  # fmt: skip


def test_a_parcel_is_stale_when_nothing_is_heard_of_it_and_again_after_each_scan():
    scan = said("tracking.scan_received", "03-08", shipment_id="s1", normalised="in_transit")

    first, second = run(placed(), PAID, SENT)["stale"], run(placed(), PAID, SENT, scan)["stale"]

    assert (first.subject, second.deadline - first.deadline) == ("s1", 3 * 24 * HOUR)
    gone = said("tracking.went_stale", "03-12", shipment_id="s1")
    assert "stale" not in run(placed(), PAID, SENT, scan, gone)
    there = said("shipment.delivered", "03-09", shipment_id="s1")
    assert "stale" not in run(placed(), PAID, SENT, scan, there)


# R058
def test_an_exception_that_nobody_was_told_of_is_noticed():
    found = run(placed(), PAID, RAISED)["unnoticed"]

    assert (found.subject, found.deadline - found.since) == ("x1", 5 * 60 * 1_000_000)
    told = said("exception.assigned", "03-04", exception_id="x1", owner="staff-1")
    assert "unnoticed" not in run(placed(), PAID, RAISED, told)


# 4.3
def test_refund_clocks_are_the_claims_own():
    refund = {"refund_id": "r1", "amount": 100, "currency": "EUR"}
    approved = said("refund.approved", "03-05", **refund)
    sent = said("refund.submitted", "03-06", **refund, psp="stripe")

    assert run(placed(), PAID, approved)["refund/submit"].deadline == instant(
        "2025-03-06T09:00:00Z"
    )
    assert run(placed(), PAID, approved, sent)["refund/reconcile"].subject == "r1"


def test_a_clock_that_fired_runs_no_more_and_one_set_anew_does():
    clock = run(placed())["unpaid"]
    fired = said("clock.fired", "03-03T09:31", clock="unpaid", subject="",
                 deadline=instant_text(clock.deadline))  # fmt: skip

    assert set(run(placed(), fired)) == {"expiry"}
    other = said("clock.fired", "03-03T09:31", clock="unpaid", deadline="2025-03-03T09:31:00Z")
    assert set(run(placed(), other)) == {"unpaid", "expiry"}


def follow(clock, *facts, at="2025-03-10T10:00:00Z"):
    tracking = fold_tracking(events(*facts))
    return consequences(clock, tracking, instant(at), DESK_POLICY)


def test_what_follows_is_told_in_events_and_nobody_is_told_twice():
    unpaid = run(placed())["unpaid"]

    raised, flag = follow(unpaid, placed())
    assert raised[0] == "exception.raised"
    assert (raised[1]["class"], raised[1]["subtype"], raised[1]["level"]) == (
        "payment",
        "unpaid",
        3,
    )
    assert flag == (
        "order.flag_changed",
        {"flag": "exception", "exception_id": raised[1]["exception_id"]},
    )
    assert follow(unpaid, placed(), said("exception.raised", "03-03", **raised[1])) == []
    assert len(follow(unpaid, placed(), RAISED)) == 1

    [(type_, data)] = follow(run(placed())["expiry"], placed())
    assert (type_, data) == ("order.expired_unpaid", {"window_minutes": 24 * 60})
    stale = follow(run(placed(), PAID, SENT)["stale"], placed(), PAID, SENT)
    assert [type_ for type_, _ in stale] == [
        "tracking.went_stale", "exception.raised", "order.flag_changed",
    ]  # fmt: skip
    assert stale[0][1] == {
        "shipment_id": "s1", "tracking_no": "T1", "hours_since_last_scan": 121, "threshold": 96,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["unnoticed", "silent"])
def test_an_alarm_is_an_event_and_no_more(kind):
    clock = DeskClock(kind=kind, subject="", since=0, deadline=1)

    assert follow(clock, placed()) == []
