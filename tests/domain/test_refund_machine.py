"""The refund machine of the catalogue, transition by transition, told in events."""

import pytest

from tests.domain.order_story import (
    VISA,
    accepted,
    approved,
    asked,
    code,
    failed,
    fold,
    no_reference,
    paid_order,
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


def one(name, when, **data):
    return said(f"refund.{name}", when, refund_id="r1", **data)


UNKNOWN = one("submission_unknown", "03-05T11:30", error="time-out", idempotency_key="k-r1")
ACTION = one("customer_action_required", "03-05T12:00", expires_at="2030-01-01")
BOUNCED = one("bounced", "03-20", reason="account_closed")
CANCELLED = one("cancelled", "03-07", reason="withdrawn")
CONFIRMED = one("customer_confirmed", "03-22", message_id="m1")
NO_SUCH = one("failed", "03-06", failure_reason="no_such_refund_at_the_provider")
OFFLINE = one("offline_recorded", "03-21", method="bank_transfer", reference="B-1",
              amount=12800, currency="EUR", approvers=["staff-1", "staff-2"])  # fmt: skip
WALLET = {"kind": "wallet", "brand": "paypal"}
REDIRECTED = one("redirected", "03-06", **{"from": VISA}, destination=WALLET, why="card closed")

# from, to: the events so far, the event, and what the refund and the claim come to.
MACHINE = {
    "nothing, requested": ([], requested(), "requested", "REQUESTED_UNDECIDED"),
    "nothing, approved": ([], approved(), "approved", "APPROVED_NOT_SUBMITTED"),
    "requested, approved": ([requested()], approved(), "approved", "APPROVED_NOT_SUBMITTED"),
    "requested, rejected": ([requested()], rejected(), "rejected", "REJECTED"),
    "requested, withdrawn": ([requested()], CANCELLED, "cancelled", "REFUND_CANCELLED"),
    "rejected, requested": (
        [requested(), rejected("03-06")], requested("03-07"), "requested", "REQUESTED_UNDECIDED",
    ),
    "approved, submitted": (
        [requested(), approved()], submitted(), "submitted", "SUBMISSION_UNKNOWN",
    ),
    "submitted, unknown": (asked(), UNKNOWN, "submitted", "SUBMISSION_UNKNOWN"),
    "submitted, pending": (asked(), accepted(), "pending", "PENDING_OVERDUE"),
    "submitted, action": (asked(), ACTION, "action_required", "PENDING_CUSTOMER_ACTION"),
    "submitted, succeeded": (asked(), succeeded(), "paid", "SUCCEEDED_REFERENCE_PENDING"),
    "submitted, failed": (asked(), failed(), "failed", "FAILED_NOT_REISSUED"),
    "unknown, pending": ([*asked(), UNKNOWN], accepted(), "pending", "PENDING_OVERDUE"),
    "unknown, action": ([*asked(), UNKNOWN], ACTION, "action_required", "PENDING_CUSTOMER_ACTION"),
    "unknown, succeeded": (
        [*asked(), UNKNOWN], succeeded(), "paid", "SUCCEEDED_REFERENCE_PENDING",
    ),
    "unknown, failed": ([*asked(), UNKNOWN], failed(), "failed", "FAILED_NOT_REISSUED"),
    "unknown, none there": ([*asked(), UNKNOWN], NO_SUCH, "failed", "FAILED_NOT_REISSUED"),
    "pending, succeeded": (
        [*asked(), accepted()], succeeded(), "paid", "SUCCEEDED_REFERENCE_PENDING",
    ),
    "pending, failed": ([*asked(), accepted()], failed(), "failed", "FAILED_NOT_REISSUED"),
    "pending, cancelled": ([*asked(), accepted()], CANCELLED, "cancelled", "REFUND_CANCELLED"),
    "action, succeeded": (
        [*asked(), ACTION], succeeded(), "paid", "SUCCEEDED_REFERENCE_PENDING",
    ),
    "action, failed": ([*asked(), ACTION], failed(), "failed", "FAILED_NOT_REISSUED"),
    "action, cancelled": ([*asked(), ACTION], CANCELLED, "cancelled", "REFUND_CANCELLED"),
    "succeeded, reference awaited": (
        [*asked(), succeeded()], reference(status="pending", number=None), "paid",
        "SUCCEEDED_REFERENCE_PENDING",
    ),
    "succeeded, reference": (
        [*asked(), succeeded()], reference(), "paid", "SETTLED_REFERENCE_GIVEN",
    ),
    "succeeded, no reference": (
        [*asked(), succeeded()], no_reference(), "paid", "SETTLED_NO_REFERENCE",
    ),
    "succeeded, settled": (
        [*asked(), succeeded(), reference()], settled(), "paid", "SETTLED_REFERENCE_GIVEN",
    ),
    "succeeded, bounced": ([*asked(), succeeded()], BOUNCED, "failed", "FAILED_NOT_REISSUED"),
    "succeeded, failed": ([*asked(), succeeded()], failed(), "failed", "FAILED_NOT_REISSUED"),
    "settled, bounced": (returned(), BOUNCED, "failed", "FAILED_NOT_REISSUED"),
    "settled, failed": (returned(), failed("03-20"), "failed", "FAILED_NOT_REISSUED"),
    "settled, confirmed": (returned(), CONFIRMED, "paid", "CONFIRMED_RECEIVED"),
    "failed, offline": ([*asked(), failed()], OFFLINE, "offline", "OTHER_INSTRUMENT"),
    "bounced, offline": ([*returned(), BOUNCED], OFFLINE, "offline", "OTHER_INSTRUMENT"),
    "succeeded, redirected": ([*returned()], REDIRECTED, "paid", "OTHER_INSTRUMENT"),
    "reversal": ([*asked()], succeeded(kind="reversal"), "paid", "REVERSED_NO_CREDIT_LINE"),
}  # fmt: skip


@pytest.mark.parametrize("name", MACHINE)
def test_a_transition(name):
    before, event, state, expected = MACHINE[name]

    found = fold(*paid_order(), *before, event).refunds["r1"]

    assert found.state == state
    assert code(*paid_order(), *before, event) == expected


@pytest.mark.parametrize("end", [failed("03-20"), BOUNCED, CANCELLED], ids=lambda end: end[0])
def test_a_refund_that_came_to_nothing_is_replaced_by_one_with_an_id_of_its_own(end):
    before = returned() if end is BOUNCED else asked()
    told = [*paid_order(), *before, end, reissued("r2", "03-21"), *returned("r2")]

    found = verdict(*told)

    judged = {one.refund.refund_id: str(one.verdict) for one in found.obligations}
    assert judged == {"r1": "FAILED_REISSUED", "r2": "SETTLED_REFERENCE_GIVEN"}
    assert str(found.code) == "SETTLED_REFERENCE_GIVEN"


def test_a_bounced_refund_that_was_replaced_counts_once():
    told = [*paid_order(), *returned(), BOUNCED, reissued("r2", "03-21"), *returned("r2")]

    codes = {finding.code for finding in fold(*told).findings}

    assert "refund-above-captured" not in codes
    assert "reissued-but-paid" not in codes


@pytest.mark.parametrize(
    "approvers",
    [
        None,
        [],
        ["staff-1"],
        ["staff-1", "Staff-1 "],
        ["staff-1", ""],
        "staff-1, staff-2",
        [None, 7],
    ],
)
def test_an_offline_refund_without_two_approvers_is_recorded_and_told(approvers):
    offline = one("offline_recorded", "03-21", method="bank_transfer", approvers=approvers)
    order = fold(*paid_order(), *asked(), failed(), offline)

    [finding] = [f for f in order.findings if f.code == "offline-without-two-approvers"]

    assert finding.event_id == order.refunds["r1"].offline.event_id
    assert order.refunds["r1"].state == "offline"


def test_an_offline_refund_with_two_approvers_is_told_without_a_finding():
    order = fold(*paid_order(), *asked(), failed(), OFFLINE)

    assert [finding.code for finding in order.findings] == []


# What the machine never allows is recorded and flagged all the same: it can happen in reality.
@pytest.mark.parametrize(
    ("facts", "finding"),
    [
        ([requested(), submitted()], "refund-without-approval"),
        ([*asked(), submitted("03-06", idempotency_key="another")], "submitted-twice"),
        ([*returned("r1"), *asked("r2", 1)], "refund-above-captured"),
    ],
)
def test_what_is_never_allowed_is_flagged(facts, finding):
    assert finding in {found.code for found in fold(*paid_order(), *facts).findings}
