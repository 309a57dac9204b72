import pytest

from domain import validation
from domain.errors import InvalidInputError


def refusal(type_, data):
    with pytest.raises(InvalidInputError) as caught:
        validation.check(type_, data)
    return caught.value.code, caught.value.place


# E-08
@pytest.mark.parametrize("amount", ["12.80", "12800", 12.8, True, [12800], {"value": 1}])
def test_money_that_is_no_integer_is_refused(amount):
    data = {"refund_id": "r1", "amount": amount, "currency": "EUR"}

    assert refusal("refund.settled", data) == ("money-not-integer", "/data/amount")


# E-08
@pytest.mark.parametrize("amount", [2**53 + 1, -(2**53) - 1])
def test_money_beyond_what_json_keeps_is_refused(amount):
    data = {"amount": amount, "currency": "EUR"}

    assert refusal("refund.settled", data) == ("money-too-large", "/data/amount")


@pytest.mark.parametrize("amount", [0, -5, 2**53, -(2**53)])
def test_any_other_integer_is_money(amount):
    validation.check("refund.settled", {"amount": amount, "currency": "EUR"})


@pytest.mark.parametrize("currency", ["eur", "EURO", "€", "", 978, ["EUR"], "EUR\n"])
def test_money_beside_something_that_is_no_currency_code_is_refused(currency):
    data = {"amount": 1, "currency": currency}

    assert refusal("refund.settled", data) == ("currency-form", "/data/currency")


@pytest.mark.parametrize("data", [{"amount": 1}, {"amount": 1, "currency": None}])
def test_money_without_its_currency_is_refused(data):
    assert refusal("refund.settled", data) == ("currency-missing", "/data/currency")


# E-10
def test_an_unknown_currency_of_the_right_form_is_recorded():
    validation.check("refund.settled", {"amount": 1, "currency": "XQX"})


@pytest.mark.parametrize("data", [{}, {"amount": None}, {"amount": None, "currency": "?"}])
def test_null_money_counts_as_absent(data):
    validation.check("refund.settled", data)


def test_money_in_lines_is_checked_with_its_place():
    data = {"currency": "EUR", "lines": [{"unit_price": 1}, {"unit_price": "1.00"}]}

    assert refusal("order.placed", data) == ("money-not-integer", "/data/lines/1/unit_price")


def test_money_in_lines_needs_the_currency_of_the_order():
    data = {"lines": [{"unit_price": 1}]}

    assert refusal("order.placed", data) == ("currency-missing", "/data/currency")


def test_a_line_may_bring_its_own_currency():
    data = {"currency": "EUR", "lines": [{"unit_price": 1, "currency": "dollars"}]}

    assert refusal("order.placed", data) == ("currency-form", "/data/lines/0/currency")


def test_presentment_money_goes_with_the_presentment_currency():
    data = {"amount": 1, "currency": "EUR", "presentment_amount": 2}

    assert refusal("payment.captured", data) == ("currency-missing", "/data/presentment_currency")


def test_a_type_that_declares_no_currency_needs_none():
    validation.check("refund.bounced", {"refund_id": "r1", "amount": 5})


def test_money_is_an_integer_also_where_no_currency_is_declared():
    assert refusal("refund.bounced", {"amount": "5"}) == ("money-not-integer", "/data/amount")


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("somebody.elses_type", {"amount": "a lot"}),
        ("order.placed", {"lines": "none", "buyer": 7, "total_of_it": 1.5}),
        ("order.placed", {"lines": [1, None, "x"]}),
        ("refund.approved", {"deductions": {"amount": "x"}}),
    ],
)
def test_everything_else_is_recorded_whatever_it_says(type_, data):
    validation.check(type_, data)


def test_a_refusal_never_repeats_what_came_in():
    with pytest.raises(InvalidInputError) as caught:
        validation.check("refund.settled", {"amount": "secret-value", "currency": "EUR"})

    assert "secret-value" not in str(caught.value)
