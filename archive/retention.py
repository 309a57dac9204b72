"""How long a sealed history is kept."""

from datetime import date

DEFAULT_CLASS = "default"

_YEARS = 3


def retain_until(sealed_on: date) -> date:
    """Return the first day on which a history of the default class may go.

    It is 31 December of the year of sealing plus three years plus three months. That is never
    less than the three years after sealing which every history is kept.

    Args:
        sealed_on: day of sealing, UTC.
    """
    return date(sealed_on.year + _YEARS + 1, 3, 31)
