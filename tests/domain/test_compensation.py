"""What customers get for trouble: exact offers by level, rules, and what is due by itself."""

import itertools

import pytest

from domain.command import Staff
from domain.errors import CommandRefusedError
from domain.time import instant
from domain.tracking.clocks import consequences, running
from domain.tracking.commands import COMMANDS
from domain.tracking.compensation import (
    AT_PACKING,
    CONDITIONS,
    KINDS,
    LEVEL_GUIDANCE,
    OFFERS,
    ON_DELIVERY,
)
from domain.tracking.deciding import decide
from domain.tracking.desk_policy import DESK_POLICY
from domain.tracking.tracking import fold_tracking
from tests.domain.order_story import approved, events, placed, requested, said

PAID = said("payment.captured", "03-03", payment_id="p1", amount=12_800, currency="EUR")
SENT = said("shipment.dispatched", "03-05", shipment_id="s1", tracking_no="T1")
THERE = said("shipment.delivered", "03-08", shipment_id="s1")
VOUCHER = {"compensation_id": "c1", "kind": "cash_voucher", "level": 2, "amount": 500,
           "currency": "CNY", "condition": "on_delivery"}  # fmt: skip
OFFERED = said("compensation.offered", "03-06", **VOUCHER)


def fold(*facts):
    return fold_tracking(events(*facts))


def give(type_, *facts, **content):
    command = COMMANDS[type_](
        id="k", at="2025-03-10T10:00:00Z", staff=Staff(id="staff-1"), **content
    )
    return decide(fold(placed(), *facts), command)


def refused(type_, *facts, **content):
    with pytest.raises(CommandRefusedError) as refusal:
        give(type_, *facts, **content)
    return refusal.value.code


def offers(level):
    return [(one.kind, one.amount, one.currency, one.condition) for one in OFFERS[level]]


# R109
def test_level_1_is_a_coupon_of_ten_yuan_without_threshold_behind_the_refund():
    assert offers(1) == [("coupon", 1_000, "CNY", None)]
    asked = {"compensation_id": "c", "kind": "coupon", "level": 1, "amount": 1_000,
             "currency": "CNY"}  # fmt: skip

    assert refused("compensation.offered", PAID, **asked) == "refund-first"
    assert refused("compensation.offered", PAID, requested(), **asked) == "refund-first"
    assert give("compensation.offered", PAID, requested(), approved(), **asked) == [
        ("compensation.offered", asked)
    ]
    # Where nothing was taken, there is nothing to refund first.
    assert give("compensation.offered", **asked)


# R110
def test_level_2_is_a_small_gift_and_five_yuan_after_the_delivery():
    assert offers(2) == [("gift", None, None, None), ("cash_voucher", 500, "CNY", ON_DELIVERY)]


# R111
def test_level_3_is_an_apology_card_and_a_small_gift_in_the_parcel():
    assert offers(3) == [("apology_card", None, None, AT_PACKING), ("gift", None, None, AT_PACKING)]
    assert "thank you for your long support" in OFFERS[3][0].what["en"]


def test_each_level_has_offers_and_guidance_in_both_languages():
    assert OFFERS.keys() == LEVEL_GUIDANCE.keys() == {1, 2, 3}
    for level, offered in OFFERS.items():
        texts = [LEVEL_GUIDANCE[level], *(one.what for one in offered)]
        assert all(text[language].strip() for text in texts for language in ("en", "zh"))
        assert all(one.kind in KINDS for one in offered)
        assert {one.condition for one in offered} <= {None, *CONDITIONS}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"kind": "yacht"}, "kind-unknown"),
        ({"level": 4}, "level-missing"),
        ({"condition": "some day"}, "condition-unknown"),
        ({"amount": 0}, "amount-form"),
        ({"currency": "yuan"}, "amount-form"),
        ({"amount": None}, "amount-form"),
    ],
)
def test_an_offer_has_a_known_form(changed, code):
    assert refused("compensation.offered", PAID, **(VOUCHER | changed)) == code


def test_it_is_offered_once_and_handed_out_or_taken_back_once():
    issue = {"compensation_id": "c1", "code_digest": "ab" * 32}
    assert refused("compensation.offered", PAID, OFFERED, **VOUCHER) == "compensation-known"
    assert give("compensation.issued", PAID, OFFERED, **issue) == [
        ("compensation.issued",
         {"kind": "cash_voucher", "level": 2, "amount": 500, "currency": "CNY", **issue})
    ]  # fmt: skip
    done = said("compensation.issued", "03-07", compensation_id="c1")
    for type_, more in (("compensation.issued", {}), ("compensation.cancelled", {"reason": "x"})):
        own = {"compensation_id": "c1"} | more
        assert refused(type_, PAID, OFFERED, done, **own) == "compensation-ended"
        assert refused(type_, PAID, **own) == "compensation-unknown"
    assert refused("compensation.issued", PAID, OFFERED, compensation_id="c1",
                   code_digest="SECRET") == "code-digest-form"  # fmt: skip


@pytest.mark.parametrize(
    "state", ["offered", "accepted", "declined", "issued", "used", "expired", "cancelled"]
)
def test_it_goes_through_its_states_and_what_is_open_keeps_the_order_open(state):
    said_last = said(f"compensation.{state}", "03-09", compensation_id="c1")
    tracking = fold(placed(), PAID, SENT, THERE, OFFERED, said_last)

    [found] = tracking.compensation
    assert (found.state, found.level, found.amount, found.currency) == (state, 2, 500, "CNY")
    assert found.open == (state in ("offered", "accepted"))
    assert ("compensation c1" in tracking.obligations) == found.open
    assert tracking.finished != found.open


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_sequence_of_arrival_plays_no_part(order):
    facts = [OFFERED, said("compensation.issued", "03-08", compensation_id="c1"),
             said("compensation.used", "03-09", compensation_id="c1")]  # fmt: skip

    [found] = fold(placed(), PAID, *[facts[number] for number in order]).compensation

    assert (found.state, found.issued_at) == ("used", instant("2025-03-08T09:00:00Z"))


def due(*facts):
    tracking = fold(*facts)
    found = [one for one in running(tracking, DESK_POLICY) if one.kind == "compensation"]
    return tracking, found


# R110
def test_what_was_promised_for_the_delivery_is_issued_with_it():
    assert due(placed(), PAID, SENT, OFFERED)[1] == []

    tracking, [clock] = due(placed(), PAID, SENT, OFFERED, THERE)

    assert (clock.subject, clock.deadline) == ("c1", instant("2025-03-08T09:00:00Z"))
    assert consequences(clock, tracking, clock.deadline + 1, DESK_POLICY) == [
        ("compensation.issued", VOUCHER)
    ]
    issued = said("compensation.issued", "03-08", compensation_id="c1")
    assert due(placed(), PAID, SENT, OFFERED, THERE, issued)[1] == []


def test_not_before_the_last_parcel_is_there():
    second = said("shipment.dispatched", "03-05", shipment_id="s2", tracking_no="T2")

    assert due(placed(), PAID, SENT, second, OFFERED, THERE)[1] == []


# R111
def test_what_goes_into_the_parcel_is_handed_out_when_it_was_put_in():
    card = said("compensation.offered", "03-03", compensation_id="c2", kind="apology_card",
                level=3, condition="at_packing")  # fmt: skip
    bare = said("parcel.packed", "03-04", shipment_id="s1")
    packed = said("parcel.packed", "03-04", shipment_id="s1", inserts=["apology_card", 7, "gift"])

    assert due(placed(), PAID, card, bare)[1] == []
    assert [one.subject for one in due(placed(), PAID, card, packed)[1]] == ["c2"]


def overdue(at, *facts):
    promised = placed(promised_deliver_by="2025-03-07T09:00:00Z")
    tracking = fold(promised, PAID, SENT, *facts)
    clocks = {one.kind: one for one in running(tracking, DESK_POLICY)}
    return {
        kind: [
            (type_, data.get("level"))
            for type_, data in consequences(clocks[kind], tracking, instant(at), DESK_POLICY)
            if type_ != "order.flag_changed"
        ]
        for kind in ("overdue", "long_overdue")
        if kind in clocks and instant(at) > clocks[kind].deadline
    }


# R110, 4.5
def test_a_delay_is_slight_for_three_days_and_touches_the_core_interest_beyond():
    raised = said("exception.raised", "03-08", exception_id="x", **{"class": "logistics"},
                  subtype="overdue", level=2)  # fmt: skip

    assert overdue("2025-03-07T09:00:00Z") == {}
    assert overdue("2025-03-07T09:00:00.000001Z") == {"overdue": [("exception.raised", 2)]}
    assert overdue("2025-03-10T09:00:00Z", raised) == {"overdue": []}
    assert overdue("2025-03-10T09:00:00.000001Z", raised)["long_overdue"] == [
        ("exception.reclassified", 1)
    ]
    assert overdue("2025-03-20T09:00:00Z")["overdue"] == [("exception.raised", 1)]
    assert overdue("2025-03-20T09:00:00Z", THERE) == {}
