"""What came in: captures, and a shop's word that stands in for them."""

from itertools import permutations

import pytest

from tests.domain.order_story import captured, code, fold, placed, said


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
