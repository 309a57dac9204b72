"""`orderproof refunds due`: refunds whose time has run out, from a read model."""

import json

import pytest

from domain.policy import POLICY
from projections import refund_clock
from tests.sources import test_stripe_refunds as stripe


def event(number, order, type, time, **data):
    return {
        "specversion": "1.0", "id": f"{order}-{number}", "source": "/shop", "type": type,
        "subject": f"de/{order}", "time": time, "data": data,
    }  # fmt: skip


MONEY = {"amount": 5_000, "currency": "EUR"}


def order(number, *steps):
    """An order that was placed, paid, and asked back, with further steps of its refund."""
    told = [
        event(1, number, "order.placed", "2026-03-02T09:00:00Z", currency="EUR", total=5_000),
        event(2, number, "payment.captured", "2026-03-02T09:00:00Z", payment_id=f"p{number}",
              psp="stripe", **MONEY),
        event(3, number, "refund.requested", "2026-03-03T09:00:00Z", refund_id=f"r{number}",
              **MONEY),
    ]  # fmt: skip
    for step, (type_, time, data) in enumerate(steps, 4):
        told.append(event(step, number, type_, time, refund_id=f"r{number}", **data))
    return told


APPROVED = ("refund.approved", "2026-03-03T10:00:00Z", MONEY)
SENT = ("refund.submitted", "2026-03-03T10:30:00Z", {**MONEY, "idempotency_key": "key-1"})
PENDING = ("refund.accepted", "2026-03-03T11:00:00Z", {"psp_refund_id": "re_1"})
PAID = ("refund.succeeded", "2026-03-04T11:00:00Z", {"psp_refund_id": "re_1"})
REFERENCE = (
    "refund.reference_recorded", "2026-03-05T11:00:00Z",
    {"reference": "24011343361000004363200", "reference_status": "available"},
)  # fmt: skip


@pytest.fixture
def record(data, orderproof, tmp_path):
    def run(*orders):
        file = tmp_path / "events.jsonl"
        file.write_text("".join(json.dumps(each) + "\n" for told in orders for each in told))
        done = orderproof("record", file, "--data", data, "--json")
        assert done.code == 0, done.out
        return done

    return run


@pytest.fixture
def due(data, orderproof):
    def run(at, *options):
        return orderproof("refunds", "due", "--at", at, "--data", data, *options)

    return run


def test_who_is_late_is_listed_with_since_deadline_and_what_to_do(record, due):
    record(
        order(1, APPROVED),
        order(2, APPROVED, SENT),
        order(3, APPROVED, SENT, PENDING),
        order(4, APPROVED, SENT, PENDING, PAID),
        order(5, APPROVED, SENT, PENDING, PAID, REFERENCE),
        order(6),
    )

    done = due("2026-03-31T00:00:00Z", "--json")

    assert done.code == 0
    assert done.json["as_of"] == "2026-03-31T00:00:00Z"
    assert [
        (row["order"], row["clock"], row["verdict"], row["since"][8:], row["deadline"][8:])
        for row in done.json["due"]
    ] == [
        ("de/2", "reconcile", "SUBMISSION_UNKNOWN", "03T10:30:00Z", "03T11:30:00Z"),
        ("de/1", "submit", "APPROVED_NOT_SUBMITTED", "03T10:00:00Z", "04T10:00:00Z"),
        ("de/4", "reference", "SUCCEEDED_REFERENCE_PENDING", "04T11:00:00Z", "11T23:59:59.999999Z"),
        ("de/3", "complete", "PENDING_OVERDUE", "03T11:00:00Z", "17T23:59:59.999999Z"),
    ]  # fmt: skip
    assert done.json["due"][0]["next_action"] == (
        "Ask Stripe what became of it by the idempotency key key-1; do not send it again before."
    )
    assert (done.json["due"][0]["amount"], done.json["due"][0]["currency"]) == (5_000, "EUR")
    assert done.json["due"][2]["next_action"].startswith("Ask Stripe for the reference of refund")
    text = due("2026-03-31T00:00:00Z").out
    assert "de/1  refund r1  EUR 50.00  APPROVED_NOT_SUBMITTED" in text
    assert "4 refunds late, as of 2026-03-31T00:00:00Z" in text
    assert "请 Stripe 完成退款 re_1。" in due("2026-03-31T00:00:00Z", "--lang", "zh").out


def test_the_last_moment_is_in_time_and_the_next_one_is_late(record, due):
    record(order(1, APPROVED))

    assert due("2026-03-04T10:00:00Z", "--json").json["due"] == []
    assert len(due("2026-03-04T10:00:00.000001Z", "--json").json["due"]) == 1


def test_a_clock_stops_when_the_awaited_event_comes(record, due):
    record(order(1, APPROVED))
    record([event(9, 1, "refund.submitted", "2026-03-03T12:00:00Z", refund_id="r1", **MONEY)])

    assert [row["clock"] for row in due("2026-04-01T00:00:00Z", "--json").json["due"]] == [
        "reconcile"
    ]


def test_what_waits_for_its_order_is_nobodys_refund_yet(record, due, data, orderproof, tmp_path):
    file = tmp_path / "stripe.json"
    pending = stripe.refund("pending", pending_reason="processing")
    file.write_text(json.dumps(stripe.event("refund.created", pending, stripe.T0)))
    assert orderproof("import", file, "--shop", "de", "--data", data).code == 0

    assert due("2026-04-01T00:00:00Z", "--json").json["due"] == []

    [placed, paid, *_] = order(1)
    record([placed, {**paid, "data": {**paid["data"], "psp_payment_id": "pi_1"}}])
    [row] = due("2026-04-01T00:00:00Z", "--json").json["due"]
    assert (row["order"], row["clock"]) == ("de/1", "complete")


@pytest.mark.parametrize("option", [["--at", "2026-03-31"], ["--lang", "fr"]])
def test_what_cannot_be_understood_is_refused(data, orderproof, option):
    assert orderproof("refunds", "due", *option, "--data", data).code == 2


def test_the_read_model_is_of_the_policy_in_force():
    assert POLICY.version == refund_clock.RULES, (
        "clocks depend on the policy: name the new one here and raise REFUND_CLOCK.version"
    )


# Refunds above what was captured happen in reality: they are recorded, and said aloud.
def test_refunds_above_the_capture_are_recorded_and_found(record, data, orderproof):
    told = order(1, APPROVED, SENT, PENDING, PAID, REFERENCE)
    again = [
        event(20 + n, 1, type_, time, refund_id="r1b", **details)
        for n, (type_, time, details) in enumerate((APPROVED, SENT, PENDING, PAID))
    ]

    done = record(told, again)

    assert {answer["result"] for answer in done.json["events"]} == {"recorded"}
    claim = orderproof("claim", "de/1", "--as-of", "2026-04-01", "--data", data, "--json")
    assert claim.json["verdict"] == "DUPLICATE_REFUND"
    assert "refund-above-captured" in [one["code"] for one in claim.json["findings"]]
