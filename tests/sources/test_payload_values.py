"""Values of other systems: none of them raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import payload_values


@pytest.mark.parametrize(
    ("value", "code", "minor"),
    [
        ("10.99", "EUR", 1099),
        ("10", "JPY", 10),
        ("1.001", "KWD", 1001),
        ("10.999", "EUR", None),
        ("1E999999", "EUR", None),
        ("-1E999999999", "EUR", None),
        ("sNaN", "EUR", None),
        ("Infinity", "EUR", None),
        (10.99, "EUR", None),
        (True, "EUR", None),
        ("10.99", None, None),
    ],
)
def test_a_decimal_amount_in_minor_units(value, code, minor):
    assert payload_values.minor_units(value, code) == minor


@given(
    st.text(max_size=40) | st.integers() | st.none() | st.floats(),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_no_amount_raises(value, code):
    minor = payload_values.minor_units(value, code)

    assert minor is None or isinstance(minor, int)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1714460400, "2024-04-30T07:00:00Z"),
        ("1714460400", "2024-04-30T07:00:00Z"),
        (-40_000_000_000, None),  # the year 702
        (2**53, None),
        (True, None),
        (1.5, None),
    ],
)
def test_seconds_since_1970(seconds, expected):
    assert payload_values.unix_time(seconds) == expected
