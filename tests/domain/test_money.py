"""Money as people read it."""

import pytest

from domain.money import exponent, format_money


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (134250, "EUR", "EUR 1,342.50"),
        (5, "eur", "EUR 0.05"),
        (12800, "JPY", "JPY 12,800"),
        (1500, "KWD", "KWD 1.500"),
        (-100, "USD", "USD −1.00"),
        (0, "CNY", "CNY 0.00"),
        (100, None, "1.00"),
        (100, "XQQ", "XQQ 1.00"),
    ],
)
def test_minor_units_are_written_with_the_currencys_decimals(amount, currency, text):
    assert format_money(amount, currency) == text


def test_a_currency_nobody_knows_has_two_decimals():
    assert exponent("XQQ") == exponent(None) == 2
