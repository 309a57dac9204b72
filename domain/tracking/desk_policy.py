"""What the order desk's rules take as given: data with a version. Rows name the requirement."""

from collections.abc import Mapping

import msgspec

HOUR = 3_600_000_000
"""Microseconds of an hour."""


class DeskPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the desk's limits.

    Args:
        version: names this set of values; events that a rule makes carry it.
        silence: microseconds after which one of the first orders without news is an alarm (R015).
        first: how many orders are the first ones (R015).
        high_value: amount in units of a currency above which an order is of high value (R016).
        near: microseconds before a promised day from which on an order is at risk (R016).
    """

    version: str
    silence: int
    first: int
    high_value: Mapping[str, int]
    near: int


DESK_POLICY = DeskPolicy(
    version="desk-2026-11-26",
    silence=24 * HOUR,
    first=5,
    high_value={
        "CNY": 5_000,
        "EUR": 600,
        "GBP": 500,
        "JPY": 100_000,
        "USD": 700,
    },
    near=48 * HOUR,
)
"""The values in force. The sources name 5 orders and once a day; the other values are ours."""
