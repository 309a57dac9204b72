"""The rules for our own staff's commands."""

import msgspec
import pytest

from domain.command import (
    ApproveRefund,
    CancelOrder,
    CloseOrder,
    RecordOfflineRefund,
    RejectRefund,
    Staff,
)
from domain.errors import CommandRefusedError
from domain.policy import POLICY
from domain.staff_rules import decide
from tests.domain.order_story import VISA, fold, placed, said

CLERK = Staff(id="clerk-1", role="after-sales")
GIVEN = {"id": "c-1", "at": "2025-03-10T10:00:00Z", "staff": CLERK}
PLACED = placed()
CAPTURED = said(
    "payment.captured", "03-03", payment_id="p-1", psp="stripe", amount=10000, currency="EUR",
    instrument=VISA,
)  # fmt: skip
DISPATCHED = said("shipment.dispatched", "03-04", shipment_id="s-1")
DELIVERED = said("shipment.delivered", "03-06", shipment_id="s-1")


def requested(refund_id="r-1", amount=4000, currency="EUR", when="03-08"):
    return said("refund.requested", when, refund_id=refund_id, amount=amount, currency=currency)


def step(name, refund_id="r-1", when="03-09", **data):
    return said(f"refund.{name}", when, refund_id=refund_id, **data)


def approve(refund_id="r-1", amount=4000, currency="EUR", **changes):
    return ApproveRefund(refund_id=refund_id, amount=amount, currency=currency, **(GIVEN | changes))


def pay_offline(amount=4000, approvers=("ann", "bob"), **changes):
    return RecordOfflineRefund(
        refund_id="r-1", amount=amount, currency="EUR", method="bank transfer",
        reference="RF-1", approvers=approvers, **(GIVEN | changes),
    )  # fmt: skip


CANCEL = CancelOrder(reason_code="customer-wish", by="customer", **GIVEN)
CLOSE = CloseOrder(outcome="delivered", **GIVEN)
REJECT = RejectRefund(refund_id="r-1", reason_code="worn", **GIVEN)


def refusal(command, *facts, policy=POLICY):
    with pytest.raises(CommandRefusedError) as caught:
        decide(fold(*facts), command, policy)
    return caught.value.code


def decided(command, *facts, policy=POLICY):
    return decide(fold(*facts), command, policy).data()


@pytest.mark.parametrize(
    "at", ["", "yesterday", "2025-03-10", "2025-03-10T10:00:00", "2025-02-30T10:00:00Z"]
)
@pytest.mark.parametrize("command", [approve(), REJECT, pay_offline(), CANCEL, CLOSE])
def test_a_command_says_when_it_was_given(command, at):
    wrong = msgspec.structs.replace(command, at=at)

    assert refusal(wrong, PLACED, CAPTURED, requested()) == "time-form"


@pytest.mark.parametrize("day", ["", "soon", "2025-02-30", "03/10/2025"])
def test_a_refund_is_due_by_a_day(day):
    assert refusal(approve(due_by=day), PLACED, CAPTURED, requested()) == "date-form"


def test_a_requested_refund_is_approved_by_the_one_who_says_so():
    data = decided(approve(), PLACED, CAPTURED, requested())

    assert data == {
        "refund_id": "r-1", "amount": 4000, "currency": "EUR", "approver": "clerk-1",
        "route": "original",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ([], "refund-unknown"),
        ([requested("other")], "refund-unknown"),
        ([step("accepted")], "refund-decided"),
        ([said("refund.customer_notified", "03-08", refund_id="r-1")], "refund-not-requested"),
        ([requested(), step("approved", amount=4000, currency="EUR")], "refund-decided"),
        ([requested(), step("rejected")], "refund-decided"),
        ([requested(), step("submitted", amount=4000, currency="EUR")], "refund-decided"),
        ([requested(amount=3999)], "amount-above-request"),
        ([requested(currency="USD")], "currency-differs"),
    ],
)
def test_only_what_was_requested_and_is_not_decided_can_be_approved(facts, code):
    assert refusal(approve(), PLACED, CAPTURED, *facts) == code


def test_a_rejected_refund_can_be_approved_once_it_is_requested_anew():
    appeal = requested(when="03-10")

    assert decided(approve(), PLACED, CAPTURED, requested(), step("rejected"), appeal)


@pytest.mark.parametrize(
    "other",
    [
        [step("approved", "r-2", amount=6001, currency="EUR")],
        [step("succeeded", "r-2", amount=6001, currency="EUR"), requested("r-2", 6001)],
        [step("accepted", "r-2"), requested("r-2", 6001)],
        [step("settled", "r-2", amount=6001, currency="EUR")],
        [said("dispute.lost", "03-09", dispute_id="d", payment_id="p-1", amount=6001)],
    ],
)  # fmt: skip
def test_no_more_is_approved_than_was_captured_and_is_not_returned_or_on_its_way(other):
    facts = [PLACED, CAPTURED, requested(), *other]

    assert refusal(approve(), *facts) == "amount-above-capture"
    assert decided(approve(amount=3999), *facts)


@pytest.mark.parametrize(
    "other",
    [
        [requested("r-2", 10000)],
        [requested("r-2", 10000), step("rejected", "r-2")],
        [requested("r-2", 10000), step("cancelled", "r-2")],
        [step("submitted", "r-2", amount=10000, currency="EUR"), step("failed", "r-2")],
    ],
)
def test_refunds_that_are_undecided_or_came_to_nothing_take_nothing_away(other):
    assert decided(approve(), PLACED, CAPTURED, requested(), *other)


def test_where_a_capture_or_another_refund_is_of_unknown_amount_nothing_is_approved():
    unknown = said("payment.captured", "03-03", payment_id="p-2")

    assert refusal(approve(), PLACED, requested()) == "rest-unknown"
    assert refusal(approve(), PLACED, CAPTURED, unknown, requested()) == "rest-unknown"
    accepted = step("accepted", "r-2")
    assert refusal(approve(), PLACED, CAPTURED, requested(), accepted) == "rest-unknown"


def test_a_psp_that_lets_sellers_return_more_widens_the_limit():
    capture = said(
        "payment.captured", "03-03", payment_id="p-1", psp="amazon_pay", amount=10000,
        currency="EUR",
    )  # fmt: skip
    facts = [PLACED, capture, requested(amount=12000)]

    assert decided(approve(amount=11500), *facts)
    assert refusal(approve(amount=11501), *facts) == "amount-above-capture"


def test_while_the_payment_is_disputed_nothing_is_paid_twice():
    dispute = said(
        "dispute.opened", "03-09", dispute_id="d-1", payment_id="p-1", amount=1, currency="EUR"
    )
    won = said("dispute.won", "03-10", dispute_id="d-1")

    assert refusal(approve(), PLACED, CAPTURED, requested(), dispute) == "dispute-open"
    assert decided(approve(), PLACED, CAPTURED, requested(), dispute, won)


def test_what_was_compensated_is_not_paid_too():
    accepted = said("compensation.accepted", "03-09", compensation_id="k", instead_of="r-1")

    assert refusal(approve(), PLACED, CAPTURED, requested(), accepted) == "compensated"


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_is_above_zero(amount):
    assert refusal(approve(amount=amount), PLACED, CAPTURED, requested()) == "amount-form"


def test_a_decision_names_its_author():
    nobody = approve(staff=Staff(id=" "))

    assert refusal(nobody, PLACED, CAPTURED, requested()) == "staff-unknown"


def test_a_requested_refund_is_rejected_once():
    rejected = step("rejected", reason_code="worn")

    assert decided(REJECT, PLACED, CAPTURED, requested()) == {
        "refund_id": "r-1", "reason_code": "worn",
    }  # fmt: skip
    assert refusal(REJECT, PLACED, CAPTURED, requested(), rejected) == "refund-decided"


FAILED = [
    PLACED, CAPTURED, requested(), step("submitted", amount=4000, currency="EUR"),
    step("failed", when="03-12"),
]  # fmt: skip


def test_a_failed_refund_is_paid_offline_by_two_approvers():
    data = decided(pay_offline(payee="Test Buyer"), *FAILED)

    assert data["approvers"] == ["ann", "bob"]
    assert data["payee"] == "Test Buyer"


@pytest.mark.parametrize("approvers", [(), ("ann",), ("ann", "ann"), ("ann", " ANN "), ("ann", "")])
def test_one_person_alone_cannot_pay_offline(approvers):
    assert refusal(pay_offline(approvers=approvers), *FAILED) == "two-approvers"


def test_only_a_refund_that_failed_or_was_approved_for_it_is_paid_offline():
    base = [PLACED, CAPTURED, requested()]
    to_card = step("approved", amount=4000, currency="EUR", route="original")
    offline = step("approved", amount=4000, currency="EUR", route="offline")

    assert refusal(pay_offline(), *base) == "refund-not-failed"
    assert refusal(pay_offline(), *base, to_card) == "refund-not-failed"
    assert decided(pay_offline(), *base, offline)


def test_a_failed_refund_that_another_stands_in_for_is_not_paid_offline():
    reissued = step("reissued", when="03-13", new_refund_id="r-2")

    assert refusal(pay_offline(), *FAILED, reissued) == "refund-reissued"


def test_no_more_is_paid_offline_than_was_approved():
    assert refusal(pay_offline(amount=4001), *FAILED) == "amount-above-request"


def test_an_order_is_cancelled_until_it_is_dispatched():
    assert decided(CANCEL, PLACED)["refund_due"] is False
    assert decided(CANCEL, PLACED, CAPTURED) == {
        "by": "customer", "reason_code": "customer-wish", "stage": "awaiting_dispatch",
        "refund_due": True,
    }  # fmt: skip
    assert refusal(CANCEL, PLACED, CAPTURED, DISPATCHED) == "order-not-cancellable"
    assert refusal(CANCEL, PLACED, said("order.cancelled", "03-04")) == "order-not-cancellable"


def test_an_order_is_closed_at_the_end_of_its_way():
    second = said("shipment.dispatched", "03-04", shipment_id="s-2")

    assert refusal(CLOSE, PLACED) == "order-under-way"
    assert refusal(CLOSE, PLACED, CAPTURED, DISPATCHED) == "order-under-way"
    assert refusal(CLOSE, PLACED, CAPTURED, DISPATCHED, DELIVERED, second) == "order-under-way"
    assert decided(CLOSE, PLACED, CAPTURED, DISPATCHED, DELIVERED)["outcome"] == "delivered"
    assert decided(CLOSE, PLACED, said("order.cancelled", "03-04"))


@pytest.mark.parametrize(
    "end", ["shipment.proxy_signed", "shipment.return_received", "shipment.lost"]
)
def test_a_parcel_that_ended_otherwise_keeps_no_order_open(end):
    ended = said(end, "03-06", shipment_id="s-1")

    assert decided(CLOSE, PLACED, CAPTURED, DISPATCHED, ended)
    assert refusal(CLOSE, PLACED, CAPTURED, DISPATCHED, said(end, "03-06", shipment_id="s-2"))


def test_a_reopened_ticket_is_open_again():
    opened, resolved, reopened = (
        said(f"ticket.{what}", f"03-1{day}", ticket_id="t")
        for day, what in enumerate(("opened", "resolved", "reopened"))
    )
    facts = [PLACED, CAPTURED, DISPATCHED, DELIVERED, opened, resolved, reopened]

    assert refusal(CLOSE, *facts) == "obligations-open"


def test_a_closed_order_is_closed_again_only_after_it_was_reopened():
    closed = said("order.closed", "03-10", outcome="delivered")
    reopened = said("order.reopened", "03-11")
    facts = [PLACED, CAPTURED, DISPATCHED, DELIVERED, closed]

    assert refusal(CLOSE, *facts) == "order-closed"
    assert decided(CLOSE, *facts, reopened)


@pytest.mark.parametrize(
    "facts",
    [
        [requested()],
        [step("approved", amount=1, currency="EUR")],
        [step("submitted", amount=1, currency="EUR")],
        [step("accepted")],
        [step("failed")],
        [said("compensation.offered", "03-09", compensation_id="k", amount=1, currency="EUR")],
        [said("compensation.accepted", "03-09", compensation_id="k", amount=1, currency="EUR")],
        [said("dispute.opened", "03-09", dispute_id="d", payment_id="p-1")],
        [said("ticket.opened", "03-09", ticket_id="t-1")],
        [said("promise.made", "03-09", promise_id="m-1")],
    ],
)
def test_an_order_is_not_closed_while_anything_is_owed(facts):
    assert refusal(CLOSE, PLACED, CAPTURED, DISPATCHED, DELIVERED, *facts) == "obligations-open"


def test_a_cancelled_order_is_not_closed_before_its_money_went_back():
    cancelled = said("order.cancelled", "03-04")
    paid = [
        said("refund.settled", "03-09", refund_id="r-1", amount=10000, currency="EUR"),
    ]

    assert refusal(CLOSE, PLACED, CAPTURED, cancelled) == "obligations-open"
    assert decided(CLOSE, PLACED, CAPTURED, cancelled, *paid)


@pytest.mark.parametrize(
    "facts",
    [
        [requested(), step("rejected")],
        [step("settled", amount=1, currency="EUR")],
        [step("failed"), step("reissued", new_refund_id="r-2"),
         step("settled", "r-2", amount=1, currency="EUR")],
        [said("compensation.accepted", "03-09", compensation_id="k", amount=1, currency="EUR"),
         said("compensation.issued", "03-10", compensation_id="k")],
        [said("dispute.opened", "03-09", dispute_id="d"),
         said("dispute.won", "03-10", dispute_id="d")],
        [said("ticket.opened", "03-09", ticket_id="t"),
         said("ticket.resolved", "03-10", ticket_id="t")],
        [said("promise.made", "03-09", promise_id="m"),
         said("promise.kept", "03-10", promise_id="m")],
        [said("promise.made", "03-09", promise_id="m"),
         said("promise.broken", "03-10", promise_id="m")],
    ],
)  # fmt: skip
def test_what_has_ended_keeps_no_order_open(facts):
    assert decided(CLOSE, PLACED, CAPTURED, DISPATCHED, DELIVERED, *facts)
