"""Amounts as Stripe counts them, in the minor units of ISO 4217.

Source: https://docs.stripe.com/currencies ("Zero-decimal currencies", "Special cases").
"""

from typing import Any

from domain.money import exponent
from sources.payload_values import integer

_NONE = frozenset((
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
    "XOF", "XPF",
))  # fmt: skip
_THREE = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
# ISK and UGX have no decimals by ISO 4217, but Stripe keeps counting them in hundredths. UGX stands
# in its list of currencies without decimals as well; the text of its own says 500 for 5 shillings.


def amount(value: Any, code: str | None) -> int | None:
    """Return an amount of Stripe's in minor units of ISO 4217.

    None where the currency is not known, and for a fraction that the currency does not have: to
    round would be a guess.
    """
    number = integer(value)
    if number is None or code is None:
        return None
    theirs = 0 if code in _NONE else 3 if code in _THREE else 2
    shift = exponent(code) - theirs
    if shift >= 0:
        return integer(number * int(10**shift))
    whole, rest = divmod(abs(number), int(10**-shift))
    if rest:
        return None
    return -whole if number < 0 else whole
