"""What the warehouse and the carrier report that is wrong, and which exception follows at once."""

import pytest

from domain.tracking.clocks import consequences, running
from domain.tracking.desk_policy import DESK_POLICY
from domain.tracking.incidents import _SCANS, _TYPES
from domain.tracking.subtypes import SUBTYPES
from domain.tracking.tracking import fold_tracking
from tests.domain.order_story import cancelled_order, events, placed, requested, said

PAID = said("payment.captured", "03-03", payment_id="p1", amount=12_800, currency="EUR")
SENT = said("shipment.dispatched", "03-05", shipment_id="s1", tracking_no="T1")
GONE = (placed(), PAID, SENT)


def about(type_, when="03-07", **data):
    return said(type_, when, **({"shipment_id": "s1"} | data))


def scan(state, when="03-07"):
    return about("tracking.scan_received", when, normalised=state)


def fold(*facts):
    return fold_tracking(events(*facts))


def wrong(*facts):
    return [(one.kind, one.subject) for one in fold(*facts).incidents]


def test_each_kind_is_an_exception_s():
    assert {kind.replace("/", ".") for kind in (*_TYPES.values(), *_SCANS.values())} <= set(
        SUBTYPES
    )


# R134, R135, R136, R132, R133, R131
@pytest.mark.parametrize(
    ("fact", "kind", "subject"),
    [
        (about("shipment.lost"), "logistics/lost", "s1"),
        (about("shipment.misdelivered"), "logistics/lost", "s1"),
        (about("shipment.damaged"), "logistics/damaged", "s1"),
        (about("shipment.returned_to_sender"), "logistics/returned", "s1"),
        (about("shipment.delivery_failed", reason="no answer"), "logistics/no_contact", "s1"),
        (about("shipment.delivery_failed", reason="REFUSED"), "logistics/refused", "s1"),
        (about("shipment.delivery_attempted", reason="客户拒收"), "logistics/refused", "s1"),
        (about("shipment.delayed", days_late=2), "logistics/overdue", "s1"),
        (about("customs.refused"), "logistics/customs_refused", "s1"),
        (about("customs.info_requested"), "logistics/held", "s1"),
        (about("label.mismatch_detected"), "logistics/wrong_label", ""),
        (scan("lost"), "logistics/lost", "s1"),
        (scan("returning"), "logistics/returned", "s1"),
        (scan("attempt_failed"), "logistics/no_contact", "s1"),
    ],
)
def test_what_is_reported_is_known_by_its_kind(fact, kind, subject):
    assert wrong(*GONE, fact) == [(kind, subject)]


# 4.19
@pytest.mark.parametrize(
    ("consent", "found"),
    [("yes", []), ("no", ["logistics/proxy_no_consent"]), (None, ["logistics/proxy_no_consent"])],
)
def test_somebody_else_took_it_and_a_consent_nobody_knows_of_is_none(consent, found):
    taken = about("shipment.proxy_signed", signed_by_kind="neighbour", consent=consent)

    assert [kind for kind, _ in wrong(*GONE, taken)] == found


def test_in_the_warehouse_it_lasts_until_it_is_put_right():
    late = said("picking.late_flagged", "03-04")
    packed = said("parcel.packed", "03-04T12:00", shipment_id="s1")
    differ = said("qc.rejected", "03-04T11:00")

    assert wrong(placed(), PAID, late) == [("stock/picking_late", "")]
    assert wrong(placed(), PAID, differ) == [("stock/wrong_goods", "")]
    assert wrong(placed(), PAID, late, differ, packed) == []


@pytest.mark.parametrize(
    "over",
    [
        (about("shipment.delivery_failed"), about("shipment.delivered", "03-08")),
        (about("shipment.lost"), about("shipment.delivered", "03-08")),
        (about("shipment.returned_to_sender"), said("return.authorised", "03-06")),
    ],
)
def test_what_ended_well_is_wrong_no_more(over):
    parcel_lost = [kind for kind, _ in wrong(*GONE, *over)]

    # The newest of the same rank counts: a parcel that was found after all.
    assert parcel_lost == []


def test_a_parcel_that_came_damaged_is_damaged_all_the_same():
    arrived = about("shipment.delivered", "03-08")

    assert wrong(*GONE, about("shipment.damaged"), arrived) == [("logistics/damaged", "s1")]


def fire(*facts):
    tracking = fold(*facts)
    clocks = [one for one in running(tracking, DESK_POLICY) if one.kind.startswith("incident/")]
    return [
        (type_, data.get("class"), data.get("subtype"), data.get("level"))
        for clock in clocks
        for type_, data in consequences(clock, tracking, clock.deadline + 1, DESK_POLICY)
    ]


def test_an_exception_follows_at_once_and_only_one_of_a_kind():
    lost = about("shipment.lost")

    assert fire(*GONE, lost) == [
        ("exception.raised", "logistics", "lost", 1),
        ("order.flag_changed", None, None, None),
    ]
    known = said("exception.raised", "03-07", exception_id="x", **{"class": "logistics"},
                 subtype="lost")  # fmt: skip
    assert fire(*GONE, lost, known) == []


def test_where_the_money_is_on_its_way_back_nobody_needs_to_be_told():
    assert fire(*GONE, about("shipment.lost"), requested()) == []
    assert fire(*GONE, about("shipment.lost"), cancelled_order("03-08")) == []
    assert fire(*GONE, about("shipment.lost"), said("order.closed", "03-09")) == []


def test_a_time_that_cannot_be_read_fires_nothing():
    assert wrong(*GONE, about("shipment.lost", "when?")) == []
