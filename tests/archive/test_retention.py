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
