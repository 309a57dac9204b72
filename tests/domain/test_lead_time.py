"""How long each step took, and what reports count of an exception."""

from domain.tracking.desk_policy import HOUR
from domain.tracking.handled import CAUSES, handled_exceptions
from domain.tracking.lead_time import SPANS, STEPS, durations
from domain.tracking.subtypes import SUBTYPES
from domain.tracking.tracking import fold_tracking
from tests.domain.order_story import events, placed, said

PAID = said("payment.captured", "03-03T10:00", payment_id="p1", amount=12_800, currency="EUR")
WAY = (
    placed("03-03T09:00", promised_deliver_by="2025-03-08T09:00:00Z", lines=[
        {"sku": "A", "quantity": 1}, {"sku": "A", "quantity": 2}, {"title": "b"}]),
    PAID,
    said("order.confirmed", "03-03T13:00", order_track_no="x"),
    said("picking.claimed", "03-04T13:00"),
    said("parcel.packed", "03-04T15:00", shipment_id="s1"),
    said("shipment.dispatched", "03-05T15:00", shipment_id="s1"),
    said("shipment.delivered", "03-09T15:00", shipment_id="s1"),
)  # fmt: skip


def fold(*facts):
    return fold_tracking(events(*facts))


def hours(*facts):
    found = durations(fold(*facts).milestones)
    return {span: None if took is None else took / HOUR for span, took in found.items()}


# R138
def test_the_lead_time_is_the_sum_of_its_steps():
    took = hours(*WAY)

    assert took == {
        "payment": 1, "processing": 3, "queue": 24, "making": 2, "handover": 24,
        "product": 54, "transport": 96, "whole": 150,
    }  # fmt: skip
    assert sum(took[step] for step in STEPS) == took["whole"]
    assert took["product"] + took["transport"] == took["whole"]
    assert set(took) == set(SPANS)


def test_a_step_of_which_an_end_is_not_known_took_nobody_knows_how_long():
    took = hours(WAY[0], WAY[1], WAY[5])

    assert {span for span, value in took.items() if value is not None} == {"payment", "product"}


def test_several_parcels_are_there_with_the_last_one():
    more = said("shipment.dispatched", "03-06T15:00", shipment_id="s2")

    assert hours(*WAY, more)["transport"] is None
    assert hours(*WAY, more)["product"] == 78
    there = said("shipment.delivered", "03-10T15:00", shipment_id="s2")
    assert hours(*WAY, more, there)["transport"] == 96


def test_what_the_times_contradict_took_no_time():
    early = said("payment.captured", "03-01", payment_id="p0", amount=1, currency="EUR")

    assert hours(WAY[0], early)["payment"] == 0


RAISED = said("exception.raised", "03-05", exception_id="x", **{"class": "stock"},
              subtype="insufficient", detected_by="check/C14")  # fmt: skip


def handled(*facts):
    [found] = handled_exceptions(fold(*facts))
    return found


# R127
def test_found_by_a_rule_before_the_customer_wrote_is_foreseen():
    wrote = said("message.received", "03-05T10:00", message_id="m")
    before = said("aftersales.requested", "03-04", kind="refund")
    by_hand = said("exception.raised", "03-05", exception_id="x", detected_by="staff-1")

    assert handled(*WAY, RAISED).foreseen
    assert handled(*WAY, RAISED, wrote).foreseen
    found = handled(*WAY, RAISED, before)
    assert (found.by_rule, found.foreseen) == (True, False)
    assert not handled(*WAY, by_hand).by_rule


# R128 to R137
def test_each_of_the_ten_causes_has_kinds_of_exceptions():
    assert {kind.cause for kind in SUBTYPES.values()} == {None, *CAUSES}


def test_a_cause_that_was_found_overrules_that_of_its_kind():
    assert handled(*WAY, RAISED).cause == "D2"
    resolved = said("exception.resolved", "03-06", exception_id="x", cause="D4")
    assert handled(*WAY, RAISED, resolved).cause == "D4"
    root = said("root_cause.attributed", "03-07", exception_id="x", stage="packing",
                department="warehouse", cause="D5")  # fmt: skip
    found = handled(*WAY, RAISED, resolved, root)
    assert (found.cause, found.stage, found.blamed) == ("D5", "packing", "warehouse")
    odd = said("root_cause.attributed", "03-07", exception_id="x", cause="picked without scanning")
    assert handled(*WAY, RAISED, odd).cause == "D2"


def test_goods_and_delay_are_the_order_s():
    found = handled(*WAY, RAISED)

    assert (found.skus, found.late) == (("A", "b"), 30 * HOUR)
    in_time = said("shipment.delivered", "03-07", shipment_id="s1")
    assert handled(*WAY[:-1], in_time, RAISED).late == 0
    assert handled(*WAY[:-1], RAISED).late is None


# R114
def test_an_order_paid_after_its_exception_is_recovered():
    failed = said("exception.raised", "03-03T09:30", exception_id="x", **{"class": "payment"})

    assert handled(placed("03-03T09:00"), failed, PAID).recovered
    assert not handled(placed("03-03T09:00"), failed).recovered
    late = said("exception.raised", "03-03T11:00", exception_id="x", **{"class": "payment"})
    assert not handled(placed("03-03T09:00"), PAID, late).recovered
