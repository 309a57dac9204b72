"""Where an order stands for the order desk, folded from its events."""

import itertools

import pytest

from domain.tracking import lifecycle, parcels, supply
from domain.tracking.desk_policy import DESK_POLICY
from domain.tracking.listed import list_order
from domain.tracking.quadrant import NO_PRIORITY, QUADRANTS
from domain.tracking.row import COLUMNS, status_text, table_row
from domain.tracking.tracking import fold_tracking
from domain.words.desk import CHINESE, DESK_WORDS, ENGLISH
from tests.domain.order_story import events, placed, said

PAID = said("payment.captured", "03-03", payment_id="p1", amount=12_800, currency="EUR")
SENT = said("shipment.dispatched", "03-05", shipment_id="s1", tracking_no="T1", carrier="dhl")


def parcel(type_, when, shipment_id="s1", **more):
    return said(type_, when, shipment_id=shipment_id, **more)


def scan(normalised, when, **more):
    return said("tracking.scan_received", when, tracking_no="T1", normalised=normalised, **more)


def track(*facts):
    return fold_tracking(events(*facts))


def row(*facts, words=ENGLISH):
    return table_row(list_order(track(*facts), DESK_POLICY), None, words)


# R003: every state, with the facts that lead to it and the seller's word for it.
STORIES = {
    lifecycle.UNKNOWN: ((said("message.received", "03-03", message_id="m"),), "awaiting_payment"),
    lifecycle.AWAITING_PAYMENT: ((placed(),), "awaiting_payment"),
    lifecycle.AWAITING_DISPATCH: ((placed(), PAID), "awaiting_dispatch"),
    lifecycle.PARTIALLY_DISPATCHED: (
        (placed(), PAID, parcel("parcel.packed", "03-04", piece_no=1, piece_total=2), SENT),
        "awaiting_dispatch",
    ),
    lifecycle.DISPATCHED: ((placed(), PAID, SENT), "dispatched"),
    lifecycle.DELIVERED: (
        (placed(), PAID, SENT, parcel("shipment.proxy_signed", "03-07")),
        "dispatched",
    ),
    lifecycle.RETURNED_: (
        (placed(), PAID, SENT, parcel("shipment.return_received", "03-09")),
        "in_after_sales",
    ),
    lifecycle.LOST: ((placed(), PAID, SENT, parcel("shipment.lost", "03-09")), "in_after_sales"),
    lifecycle.CANCELLED: (
        (placed(), PAID, said("order.cancelled", "03-04", by="customer")),
        "in_after_sales",
    ),
    lifecycle.CLOSED: ((placed(), PAID, said("order.closed", "03-20")), "dispatched"),
}


@pytest.mark.parametrize("state", lifecycle.LABELS)
def test_each_state_has_one_of_the_four_words(state):
    facts, label = STORIES[state]
    tracking = track(*facts)

    assert (tracking.state, tracking.label) == (state, label)
    assert set(QUADRANTS) == set(lifecycle.LABELS.values()) == set(ENGLISH.labels)


def test_a_request_makes_it_after_sales_until_it_is_answered():
    asked = said("aftersales.requested", "03-08", case_id="c1", kind="refund")
    delivered = (placed(), PAID, SENT, parcel("shipment.delivered", "03-07"))

    assert track(*delivered).finished
    assert track(*delivered, asked).label == lifecycle.IN_AFTER_SALES
    refund = said("refund.requested", "03-09", refund_id="r1", amount=100, currency="EUR")
    assert track(*delivered, asked, refund).obligations == ("refund r1",)
    rejected = said("refund.rejected", "03-10", refund_id="r1", reason_code="late")
    assert track(*delivered, asked, refund, rejected).finished


# 4.8 of the mapping: the sequence of arrival plays no part, and a later return counts more.
@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_a_parcel_is_as_far_as_its_farthest_scan(order):
    scans = [
        scan("in_transit", "03-06"),
        scan("out_for_delivery", "03-07"),
        scan("attempt_failed", "03-08"),
        SENT,
    ]
    [found] = track(placed(), PAID, *[scans[number] for number in order]).parcels

    assert (found.state, found.shipment_id, found.carrier) == ("attempt_failed", "s1", "dhl")
    assert len(found.event_ids) == 4
    assert track(placed(), PAID, SENT, *scans, scan("returning", "03-09")).state == "dispatched"


def test_a_parcel_that_comes_back_is_not_delivered():
    back = (scan("delivered", "03-07"), scan("returning", "03-09"))

    assert track(placed(), PAID, SENT, *back).parcels[0].state == parcels.RETURNING
    found = parcel("shipment.delivered", "03-12")
    assert track(placed(), PAID, SENT, parcel("shipment.lost", "03-10"), found).state == "delivered"


def test_silence_ends_with_the_next_scan():
    stale = said("tracking.went_stale", "03-10", tracking_no="T1")

    assert row(placed(), PAID, SENT, stale)["status"] == "dispatched, nothing heard of it"
    assert (
        track(placed(), PAID, SENT, stale, scan("in_transit", "03-11")).parcels[0].stale_since
        is None
    )


def test_a_voided_label_is_no_parcel():
    label = parcel("label.printed", "03-04", tracking_no="T1")
    voided = parcel("label.voided", "03-04T10:00", tracking_no="T1")

    assert track(placed(), PAID, label).parcels[0].state == parcels.LABEL
    assert track(placed(), PAID, label, voided).parcels == ()


def test_goods_go_through_their_stages_and_back_to_picking():
    making = said("production.progress_reported", "03-04", work_no="w1", percent=40)
    picking = said("picking.progress_reported", "03-05", pick_id="k1", percent=80)
    packed = said("parcel.packed", "03-06", shipment_id="s1")
    rejected = said("qc.rejected", "03-07", mismatch=["waybill"])

    assert row(placed(), PAID, making)["status"] == "in production (40 %)"
    assert row(placed(), PAID, making, picking)["status"] == "picking (80 %)"
    assert row(placed(), PAID, making, picking, packed)["status"] == "packed"
    back = track(placed(), PAID, making, picking, packed, rejected).supply
    assert (back.stage, back.percent, back.parted) == (supply.PICKING, 0, True)


def test_a_shortage_ends_when_the_goods_come_or_are_set_aside():
    short = said("stock.shortage_detected", "03-04", sku="A", wanted=2, available=0)
    planned = said("stock.restock_planned", "03-05", sku="A", quantity=2, eta="2025-03-09")

    assert row(placed(), PAID, short)["status"] == "out of stock"
    assert row(placed(), PAID, short, planned)["status"] == "out of stock, restocking"
    for type_ in ("stock.restock_received", "stock.reserved"):
        came = said(type_, "03-09", sku="A", quantity=2)
        assert track(placed(), PAID, short, planned, came).supply.shortages == ()


# R008
@pytest.mark.parametrize("words", DESK_WORDS.values(), ids=DESK_WORDS)
@pytest.mark.parametrize("state", [state for state in lifecycle.LABELS if state != "closed"])
def test_no_unfinished_order_is_without_a_status_and_a_next_action(state, words):
    facts, _ = STORIES[state]
    listed = list_order(track(*facts, said("order.put_on_hold", "03-01")), DESK_POLICY)
    released = list_order(
        track(*facts, said("order.put_on_hold", "03-01"), said("order.hold_released", "03-02"),
              said("ticket.opened", "03-10", ticket_id="t1")),
        DESK_POLICY,
    )  # fmt: skip

    for order in (listed, released):
        shown = table_row(order, None, words)
        assert tuple(shown) == COLUMNS
        assert shown["status"].strip()
        assert shown["next_action"].strip()
        assert status_text(order, words) not in ("in process", "处理中")


# R004, R005
def test_what_lacks_information_says_which_group_it_is():
    bare = said("order.placed", "03-03", currency="EUR", total=1)

    assert list_order(track(bare), DESK_POLICY).missing == ("customer", "goods", "logistics")
    full = placed(lines=[{"title": "A", "quantity": 1}], promised_deliver_by="2025-03-09")
    assert list_order(track(full), DESK_POLICY).missing == ()
    nothing = list_order(track(*STORIES[lifecycle.UNKNOWN][0]), DESK_POLICY)
    assert nothing.missing == ("customer", "status", "goods", "logistics")


def test_goods_are_listed_as_they_stand_after_changes():
    lines = [
        {"line_no": 1, "sku": "A", "title": "product A", "quantity": 2},
        {"line_no": 2, "sku": "B", "title": "product B", "quantity": 1},
    ]
    facts = (
        placed(lines=lines),
        said("order.line_quantity_changed", "03-04", line_no=1, before=2, after=3),
        said("order.line_removed", "03-04", sku="B"),
        said("order.line_added", "03-05", line={"sku": "C", "quantity": 1}),
    )

    assert row(*facts)["goods"] == "product A x 3; C x 1"
    assert row(*facts, words=CHINESE)["goods"] == "product A x 3；C x 1"


# R115
def test_a_shortage_that_blocks_the_dispatch_comes_before_an_unclear_address():
    def raised(number, class_, subtype):
        said_ = {"exception_id": f"x{number}", "class": class_, "subtype": subtype}
        return said("exception.raised", "03-04", **said_)

    address = raised(1, "information", "incomplete_address")
    stock = raised(2, "stock", "insufficient")
    listed = [
        list_order(track(placed(), PAID, *facts), DESK_POLICY)
        for facts in ((), (address,), (stock,), (address, stock))
    ]

    nothing, unclear, short, both = [order.priority for order in listed]
    assert short == both < unclear < nothing == NO_PRIORITY
    assert listed[3].exception == "stock.insufficient"
    assert status_text(listed[1], ENGLISH) == "exception: incomplete address"


def test_a_pay_later_order_is_to_be_dispatched_once_it_is_confirmed():
    later = placed(payment_method="cash_on_delivery")

    assert track(later).state == lifecycle.AWAITING_PAYMENT
    confirmed = said("order.confirmed", "03-04", order_track_no="1", service_requirement="none")
    assert track(later, confirmed).state == lifecycle.AWAITING_DISPATCH
    assert track(placed(payment_method="card"), confirmed).state == lifecycle.AWAITING_PAYMENT
