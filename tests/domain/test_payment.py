"""What came in: captures, and a shop's word that stands in for them."""

from itertools import permutations

import pytest

from tests.domain.order_story import (
    asked,
    cancelled_order,
    captured,
    code,
    fold,
    placed,
    returned,
    said,
    verdict,
)


def confirmed_by_shop(when="03-03T09:30", **changes):
    data = {"payment_id": "shop-1", "amount": 12800, "currency": "EUR"}
    return said("payment.confirmed_by_shop", when, **(data | changes))


def test_the_shops_word_counts_where_no_capture_is_known():
    order = fold(placed(), confirmed_by_shop(), confirmed_by_shop("03-04"))

    (payment,) = order.payments
    assert (payment.payment_id, payment.amount, payment.currency) == ("shop-1", 12800, "EUR")
    assert len(payment.event_ids) == 2
    assert order.status == "awaiting_dispatch"
    assert code(placed(), confirmed_by_shop()) == "NEVER_REQUESTED"


@pytest.mark.parametrize("arrival", list(permutations(range(3))))
def test_the_shops_word_and_the_capture_are_the_same_money(arrival):
    facts = [placed(), confirmed_by_shop("03-05"), captured()]

    order = fold(*(facts[index] for index in arrival))

    assert [payment.payment_id for payment in order.payments] == ["p1"]


def test_the_shops_word_without_an_amount_leaves_the_amount_open():
    (payment,) = fold(placed(), confirmed_by_shop(amount=None, payment_id=None)).payments

    assert payment.amount is None
    assert payment.payment_id


def capture_failed(when="03-05", **changes):
    data = {"payment_id": "p1", "cause": "capture_failed"}
    return said("payment.failed", when, **(data | changes))


@pytest.mark.parametrize("arrival", list(permutations(range(3))))
def test_a_capture_that_failed_after_all_took_no_money(arrival):
    facts = [placed(), captured(), capture_failed()]

    order = fold(*(facts[index] for index in arrival))

    assert order.payments == ()
    assert code(*(facts[index] for index in arrival)) == "NEVER_CAPTURED"


@pytest.mark.parametrize(
    "other",
    [
        capture_failed("03-02"),
        capture_failed(payment_id="p2"),
        capture_failed(cause="capture_refused"),
        capture_failed(payment_id=None),
    ],
)
def test_a_failure_before_it_or_of_another_one_undoes_no_capture(other):
    assert len(fold(placed(), captured(), other).payments) == 1


def test_of_a_capture_that_failed_only_what_the_shop_says_afterwards_counts():
    told = [placed(), captured(), capture_failed()]

    assert code(*told, confirmed_by_shop("03-04")) == "NEVER_CAPTURED"
    assert code(*told, confirmed_by_shop("03-06")) == "NEVER_REQUESTED"
    assert len(fold(*told, captured("03-06")).payments) == 1


def went_back(when="03-05", amount=12800, **changes):
    data = {"payment_id": "p1", "psp": "stripe", "amount": amount, "currency": "EUR"}
    return said("payment.refund_total_reported", when, **(data | changes))


def test_a_refund_that_only_the_sum_tells_of_is_a_gap_and_no_missing_request():
    found = verdict(placed(), captured(), went_back())

    assert (found.code, found.row) == ("SOURCE_GAP", 12)
    [one] = found.obligations
    assert (one.row, one.amount, one.currency, one.psp) == (11, 12800, "EUR", "stripe")
    assert one.event_ids == ("e3",)
    assert found.next_actor == "seller"


def test_the_last_sum_counts_for_each_payment_and_none_is_no_refund():
    told = [placed(), captured(), went_back(amount=5000)]

    assert verdict(*told, went_back("03-06", 6000)).obligations[0].amount == 6000
    assert verdict(*told, went_back(amount=700, payment_id="p2")).obligations[0].amount == 5700
    assert code(*told, went_back("03-06", 0)) == "NEVER_REQUESTED"


def test_where_a_refund_is_known_it_is_judged_by_what_is_known_of_it():
    assert code(placed(), captured(), went_back(), *returned()) == "SETTLED_REFERENCE_GIVEN"
    assert code(placed(), captured(), went_back(), *asked()) == "SUBMISSION_UNKNOWN"


def test_of_a_cancelled_order_what_went_back_by_the_sum_is_not_owed_again():
    told = [placed(), captured(), cancelled_order()]

    assert code(*told, went_back()) == "SOURCE_GAP"
    owed = verdict(*told, went_back(amount=5000))
    assert (owed.code, owed.deciding.amount) == ("CANCELLED_BUT_NO_REFUND", 7800)
    part = verdict(*told, went_back(), *returned(amount=5000))
    assert part.code == "SETTLED_REFERENCE_GIVEN"
    assert code(*told, went_back(currency="USD")) == "SOURCE_GAP"


def authorised(when="03-03T09:30", **changes):
    visa = {"kind": "card", "brand": "visa", "last4": "4242", "country": "DE"}
    data = {"payment_id": "pi_1", "psp_payment_id": "pi_1", "instrument": visa}
    return said("payment.authorised", when, **(data | changes))


@pytest.mark.parametrize("arrival", list(permutations(range(3))))
def test_what_a_capture_leaves_out_its_authorisation_tells(arrival):
    bare = captured(instrument={"kind": "card", "brand": "Visa"})
    facts = [placed(), authorised(), bare]

    [payment] = fold(*(facts[index] for index in arrival)).payments

    found = payment.instrument
    assert (found.kind, found.brand, found.last4, found.country) == ("card", "Visa", "4242", "DE")
    assert len(payment.event_ids) == 2


@pytest.mark.parametrize(
    "other",
    [
        authorised(instrument={"kind": "card", "brand": "jcb", "last4": "1111"}),
        authorised(payment_id="pi_2", psp_payment_id="pi_2"),
        authorised(instrument=None),
    ],
)
def test_of_another_instrument_or_payment_nothing_is_taken_over(other):
    [payment] = fold(
        placed(), other, captured(instrument={"kind": "card", "brand": "visa"})
    ).payments

    assert (payment.instrument.brand, payment.instrument.last4) == ("visa", None)
    assert len(payment.event_ids) == 1
