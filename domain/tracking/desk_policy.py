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
        unpaid: microseconds after which an unpaid order is an exception (R051).
        expiry_hours: hours after which an unpaid order is cancelled, 2 to 24, by the channel's
            name as `name_key` returns it (R052).
        other_expiry_hours: the same of a channel that is not named.
        stale: microseconds without news of a parcel after which it is stale (R010, R099).
        unnoticed: microseconds within which somebody has to be told of an exception (R058).
        repeats: purchases after the first one that make a customer one of high value (R026, 4.9).
        slight_delay: days up to which a late delivery is a slight trouble, level 2 (R110, 4.5).
    """

    version: str
    silence: int
    first: int
    high_value: Mapping[str, int]
    near: int
    unpaid: int
    expiry_hours: Mapping[str, int]
    other_expiry_hours: int
    stale: int
    unnoticed: int
    repeats: int
    slight_delay: int

    def expiry_of(self, channel: str) -> int:
        """Return after how many hours a channel cancels an unpaid order."""
        return self.expiry_hours.get(channel, self.other_expiry_hours)


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
    unpaid=HOUR // 2,
    expiry_hours={},
    other_expiry_hours=24,
    stale=96 * HOUR,
    unnoticed=HOUR // 12,
    repeats=3,
    slight_delay=3,
)
"""The values in force.

The sources name 5 orders, once a day, 30 minutes, 2 to 24 hours, 5 minutes, 1 to 3 days and 3
repeat purchases; limits of value, of nearness and of silence on the way are ours.
"""
