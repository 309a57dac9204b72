"""The policy's data: windows, tolerances, marketplaces, methods."""

from datetime import date

import pytest

from domain.policy import POLICY, Policy, Window


def test_the_window_is_ten_weekdays_unless_the_psp_has_its_own():
    assert POLICY.window(None) == POLICY.window("stripe") == POLICY.window("adyen") == 10
    assert POLICY.window("WeChat Pay") == POLICY.window("wechat_pay") == 3


def window(weekdays, method=None, country=None):
    return Window(
        psp="testpay", method=method, country=country, weekdays=weekdays,
        source="https://example.org/refunds", checked_on=date(2026, 11, 26),
    )  # fmt: skip


ROWS = (window(1), window(2, country="NO"), window(3, method="card"), window(4, "card", "NO"))


@pytest.mark.parametrize("rows", [ROWS, ROWS[::-1]])
@pytest.mark.parametrize(
    ("methods", "country", "weekdays"),
    [
        ((), None, 1),
        (("wallet", None), "SE", 1),
        ((None, "wallet"), "no", 2),
        (("Card", "visa"), None, 3),
        (("visa", "card"), "SE", 3),
        (("card",), "NO", 4),
    ],
)
def test_the_row_that_names_most_counts(rows, methods, country, weekdays):
    policy = Policy(version="test-1", windows=rows)

    assert policy.window("Test Pay", methods, country) == weekdays
    assert policy.window("otherpay", methods, country) == 10


def test_a_window_of_a_method_is_that_of_where_the_money_goes():
    assert POLICY.window("paypal") == 10
    assert POLICY.window("paypal", ["card", "visa"]) == 22
    assert POLICY.window("paypal", ["bank_account"]) == 7
    assert POLICY.window("wechat_pay", ["wallet"]) == 1
    assert POLICY.window("wechat_pay", ["card"]) == 3


@pytest.mark.parametrize(
    ("psp", "captured", "currency", "tolerance"),
    [
        ("stripe", 10000, "USD", 0),
        (None, 10000, "USD", 0),
        ("amazon_pay", 10000, "USD", 1500),
        ("amazon_pay", 10001, "USD", 1500),
        ("amazon_pay", 50000, "USD", 7500),
        ("amazon_pay", 50001, "USD", 7500),
        ("AmazonPay", 10000, "JPY", 75),
    ],
)
def test_only_a_psp_that_says_so_allows_more_than_the_capture(psp, captured, currency, tolerance):
    assert POLICY.tolerance(psp, captured, currency) == tolerance


def test_rows_name_their_source_and_the_day_it_was_read():
    for row in (*POLICY.windows, *POLICY.tolerances):
        assert row.source
        assert row.checked_on.year >= 2026


def test_a_policy_of_its_own_has_its_own_version():
    own = Policy(version="test-1", window_weekdays=5)

    assert (own.window("stripe"), own.tolerance("amazon_pay", 100, "USD")) == (5, 0)
    assert not own.is_marketplace("amazon")
