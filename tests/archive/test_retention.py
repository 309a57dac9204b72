"""How long a sealed history is kept."""

from datetime import date

import pytest

from archive.retention import retain_until


@pytest.mark.parametrize(
    ("sealed_on", "until"),
    [
        (date(2024, 1, 1), date(2028, 3, 31)),
        (date(2024, 2, 29), date(2028, 3, 31)),
        (date(2024, 12, 31), date(2028, 3, 31)),
        (date(2025, 1, 1), date(2029, 3, 31)),
    ],
)
def test_a_history_is_kept_three_years_and_three_months_beyond_the_year_of_sealing(
    sealed_on, until
):
    kept = retain_until(sealed_on)

    assert kept == until


@pytest.mark.parametrize(
    ("sealed_on", "until"),
    [
        (date(2024, 5, 20), date(2027, 5, 20)),
        (date(2024, 2, 29), date(2027, 3, 1)),
        (date(2024, 3, 31), date(2027, 3, 31)),
    ],
)
def test_a_short_class_still_keeps_three_years_after_sealing(sealed_on, until):
    kept = retain_until(sealed_on, years=0)

    assert kept == until


def test_a_class_of_ten_years_counts_from_the_end_of_the_year():
    kept = retain_until(date(2024, 2, 29), years=10)

    assert kept == date(2035, 3, 31)
