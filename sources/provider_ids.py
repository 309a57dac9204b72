"""Ids that nobody else gives the same: of payments and refunds at a provider, and of parcels.

Shops pass on what their payment providers and carriers name things by. Only what is unique beyond
the shop may link messages: two gateways may both call an authorisation "53433".

Sources: Stripe's prefixes of object ids; PayPal's transaction ids (17 capitals and digits); Adyen's
PSP references (16 digits that start with 8, or 16 capitals and digits).
"""

import re
from typing import Any

_STRIPE = re.compile(r"(?:pi|ch|py|re|pyr|cs|src)_[A-Za-z0-9]{8,}")
_CAPITALS = re.compile(r"(?=[A-Z0-9]*[0-9])(?=[A-Z0-9]*[A-Z])[A-Z0-9]{16,17}")
_ADYEN = re.compile(r"8[0-9]{15}")
_PARCEL = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9]{8,40}")


def provider_id(value: Any) -> str | None:
    """Return an id that a payment provider gave, None for anything that may be something else."""
    if isinstance(value, str) and any(
        pattern.fullmatch(value) for pattern in (_STRIPE, _CAPITALS, _ADYEN)
    ):
        return value
    return None


def parcel_id(value: Any) -> str | None:
    """Return a tracking number that is long enough to be nobody else's."""
    if not isinstance(value, str):
        return None
    number = value.replace(" ", "")
    return number if _PARCEL.fullmatch(number) else None
