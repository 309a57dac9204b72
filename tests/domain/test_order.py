"""The fold: what an order's events come to, and what in them does not fit."""

import pytest

from domain.order import fold_order
from domain.payment import Instrument
from tests.domain.order_story import (
    accepted,
    approved,
    asked,
    cancelled_order,
    captured,
    compensation,
    dispute,
    events,
    failed,
    fold,
    opened,
    paid_order,
    placed,
    reissued,
    requested,
    returned,
    said,
    settled,
    submitted,
    succeeded,
)


def codes(*facts):
    return [finding.code for finding in fold(*facts).findings]


def test_no_events_fold_to_an_empty_order():
    order = fold_order([])

    assert (order.events, order.stream, order.placed, order.status) == (0, "", None, "unknown")


def test_the_placement_gives_the_orders_own_facts():
    order = fold(placed(source_channel="webshop", buyer={"language": "zh-CN"}))

    assert (order.shop, order.number) == ("example", "T01")
    assert (order.currency, order.total, order.customer_id) == ("EUR", 12800, "c-1")
    assert (order.language, order.source_channel) == ("zh-CN", "webshop")
    assert order.placed_at == "2025-03-03T09:00:00+00:00"
    assert order.status == "awaiting_payment"


def test_without_a_stated_placement_time_the_events_own_counts():
    assert fold(placed(placed_at=None)).placed_at == "2025-03-03T09:00:00+00:00"


def test_captures_keep_their_instrument_and_a_repeat_fills_what_was_missing():
    order = fold(captured(instrument=None), captured("03-04", psp=None))

    (payment,) = order.payments
    assert (payment.amount, payment.psp, payment.psp_payment_id) == (12800, "stripe", "pi_1")
    assert payment.instrument == Instrument("card", "visa", "4242")
    assert payment.event_ids == ("e1", "e2")


def test_a_capture_without_id_still_counts():
    order = fold(captured(payment_id=None, psp_payment_id=None))

    assert [payment.payment_id for payment in order.payments] == ["e1"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ([], "awaiting_dispatch"),
        ([said("shipment.dispatched", "03-04", shipment_id="s1", carrier="dhl")], "dispatched"),
        ([said("shipment.delivered", "03-06", shipment_id="s1")], "delivered"),
        ([cancelled_order()], "cancelled"),
        ([cancelled_order(), said("order.closed", "03-09", outcome="refunded")], "closed"),
    ],
)
def test_the_status_follows_the_goods(more, status):
    assert fold(*paid_order(), *more).status == status


def test_parcels_carry_their_numbers():
    data = {"shipment_id": "s1", "carrier": "dhl", "tracking_no": "JD01"}
    order = fold(
        said("shipment.dispatched", "03-04", **data),
        said("shipment.delivered", "03-06", shipment_id="s1", signed_by="Test Buyer"),
    )

    (parcel,) = order.shipments
    assert (parcel.carrier, parcel.tracking_no, parcel.delivered) == ("dhl", "JD01", True)


def test_closing_and_confirmation_are_kept():
    order = fold(
        said("order.confirmed", "03-03", order_track_no="1234567890123456"),
        said("order.closed", "03-09", outcome="refunded"),
    )

    assert order.order_track_no == "1234567890123456"
    assert (order.closed_at, order.outcome) == ("2025-03-09T09:00:00+00:00", "refunded")


def test_messages_are_listed_without_what_is_sealed():
    sent = {"message_id": "m1", "channel": "e-mail", "template": "refund-sent", "language": "en"}
    order = fold(
        said("message.sent", "03-06", **sent, to="k01@example.org", body="…"),
        said("message.received", "03-05", message_id="m0", channel="phone"),
    )

    assert [(one.direction, one.channel, one.event_id) for one in order.contacts] == [
        ("received", "phone", "e2"),
        ("sent", "e-mail", "e1"),
    ]


def test_the_earliest_and_latest_times_are_kept_as_sent():
    order = fold(placed("03-05"), ("order.closed", "2025-03-05T07:00:00+14:00", "/example", {}))

    assert order.first_occurred_at == "2025-03-05T07:00:00+14:00"
    assert order.last_occurred_at == "2025-03-05T09:00:00+00:00"


def test_types_that_nobody_declared_are_counted():
    assert fold(*paid_order(), said("goods.sniffed", "03-04")).unknown_types == 1


@pytest.mark.parametrize(
    "step", ["succeeded", "accepted", "customer_action_required", "failed", "bounced", "cancelled"]
)
def test_of_a_refund_that_nobody_asked_for_the_psp_says_how_much_it_is(step):
    alone = said(f"refund.{step}", "03-08", refund_id="r1", amount=500, currency="EUR")

    assert fold(alone).refunds["r1"].promised == (500, "EUR")
    assert fold(alone).refunds["r1"].returned == (500, "EUR")
    assert fold(*asked("r1", 400), alone).refunds["r1"].promised == (400, "EUR")


def test_two_refunds_that_the_psp_alone_knows_are_above_what_was_captured():
    both = [
        said("refund.succeeded", "03-08", refund_id=name, amount=12800, currency="EUR")
        for name in ("r1", "r2")
    ]

    assert "refund-above-captured" not in codes(*paid_order(), both[0])
    assert "refund-above-captured" in codes(*paid_order(), *both)


def test_refund_steps_keep_amounts_and_days():
    refund = fold(*paid_order(), *returned()).refunds["r1"]

    assert (refund.state, refund.psp, refund.payment_id) == ("paid", "stripe", "p1")
    assert refund.psp_refund_id == "re_r1"
    assert (refund.approved.amount, refund.settled.amount) == (12800, 12800)
    assert refund.settled_on.isoformat() == "2025-03-07"
    assert refund.reference.number == "24011343361000004363200"
    assert refund.event_ids == tuple(f"e{number}" for number in range(3, 10))


def test_an_arn_is_kept_before_other_references():
    stan = {"refund_id": "r1", "reference_type": "stan", "reference": "123456"}
    order = fold(*returned(), said("refund.reference_recorded", "03-20", **stan))

    assert order.refunds["r1"].reference.number == "24011343361000004363200"


def test_a_refund_exists_only_by_its_own_events():
    order = fold(
        *paid_order(),
        compensation(instead_of="r7"),
        said("claim.counter_evidence", "03-20", refund_id="r8"),
    )

    assert order.refunds == {}


# findings


def test_a_plain_order_has_no_findings():
    assert codes(*paid_order(), *returned()) == []


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([succeeded(), settled()], "settlement-without-request"),
        ([requested(), submitted()], "refund-without-approval"),
        ([succeeded(refund_id=None)], "refund-without-id"),
        ([*returned("r1"), *returned("r2")], "refund-above-captured"),
        ([*returned("r1"), approved(refund_id="r2", amount=1)], "refund-above-captured"),
        ([*returned("r1"), opened(amount=1), dispute("lost", "03-20")], "refund-above-captured"),
        ([placed("03-04", total=999)], "placement-differs"),
        ([placed("03-04", currency="USD")], "placement-differs"),
        ([captured("03-04", amount=999)], "capture-differs"),
        ([*asked(), submitted("03-06", idempotency_key="other")], "submitted-twice"),
        ([said("refund.customer_confirmed", "03-05", refund_id="r1")], "refund-without-state"),
        ([*asked(), failed(), reissued(None)], "reissue-without-id"),
        ([dispute("lost", dispute_id=None)], "dispute-without-id"),
        ([dispute("lost")], "dispute-without-amount"),
        ([requested(amount="128.00")], "amount-unreadable"),
        ([requested(original="unknown")], "original-unknown"),
        ([requested(original="price_differs")], "original-price-differs"),
        ([said("claim.counter_evidence", "03-20", refund_id="r9")], "statement-without-refund"),
        ([said("shipment.delivered", "03-05", shipment_id="s1")], "delivery-without-dispatch"),
        ([*asked(), succeeded(), settled("03-08", amount=1), settled()], "settlements-differ"),
        ([("order.closed", "soon", "/example", {})], "time-unreadable"),
    ],
)
def test_what_does_not_fit_is_said_with_its_event(told, expected):
    order = fold(*paid_order(), *told)

    assert expected in [finding.code for finding in order.findings]
    assert all(finding.text and finding.event_id for finding in order.findings)


@pytest.mark.parametrize(
    ("told", "unwanted"),
    [
        ([placed("03-04")], "placement-differs"),
        ([captured("03-04")], "capture-differs"),
        ([*asked(), submitted("03-06")], "submitted-twice"),
        ([requested(original="exact")], "original-unknown"),
        ([*asked("r1"), failed(), *returned("r2")], "refund-above-captured"),
        ([requested(), settled()], "settlement-without-request"),
        ([opened(), dispute("lost", "03-20")], "dispute-without-amount"),
    ],
)
def test_what_fits_is_no_finding(told, unwanted):
    assert unwanted not in codes(*paid_order(), *told)


def test_a_settlement_that_came_first_heals_when_its_request_arrives():
    late = [*paid_order(), settled(), succeeded()]

    assert "settlement-without-request" in codes(*late)
    assert codes(*late, requested(), approved(), submitted(), accepted()) == []


def test_a_time_that_cannot_be_read_overrules_nothing():
    told = events(*paid_order(), *asked(), failed())
    told.append(events(("refund.succeeded", "soon", "/late", {"refund_id": "r1"}))[0])

    assert fold_order(told).refunds["r1"].state == "failed"
