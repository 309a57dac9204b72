"""Adyen's minor units, which for four currencies are not those of ISO 4217.

Source: https://docs.adyen.com/development-resources/currency-codes, where the table marks them as
differing from the standard.
"""

from typing import Any

from domain.canonical import MAX_INTEGER
from domain.money import exponent
from sources.payload_values import integer

DECIMALS = {"CLP": 2, "CVE": 0, "IDR": 0, "ISK": 2}
"""Decimals of the currencies that Adyen counts in another unit than ISO 4217."""


def amount(value: Any, currency: str | None) -> int | None:
    """Return an amount in minor units of ISO 4217.

    None where the currency is not known, the amount is negative, or ISO 4217 has no unit for it.
    """
    number = integer(value)
    if currency is None or number is None or number < 0:
        return None
    steps = exponent(currency) - DECIMALS.get(currency, exponent(currency))
    if steps >= 0:
        found = number * 10**steps
        return found if found <= MAX_INTEGER else None
    whole, rest = divmod(number, 10**-steps)
    return whole if rest == 0 else None
