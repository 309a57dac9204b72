"""The policy's data: windows, tolerances, marketplaces, methods."""

import pytest

from domain.policy import POLICY, Policy


def test_the_window_is_ten_weekdays_unless_the_psp_has_its_own():
    assert POLICY.window(None) == POLICY.window("stripe") == POLICY.window("adyen") == 10
    assert POLICY.window("WeChat Pay") == POLICY.window("wechat_pay") == 3


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
