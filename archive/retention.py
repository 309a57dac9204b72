"""How long a sealed history is kept."""

from datetime import date

DEFAULT_CLASS = "default"
DEFAULT_YEARS = 3

_FLOOR_YEARS = 3


def retain_until(sealed_on: date, years: int = DEFAULT_YEARS) -> date:
    """Return the first day on which a history may go: the later of two dates.

    One is 31 December of the year of sealing plus the class's years plus three months, the
    other three years after sealing.

    Args:
        sealed_on: day of sealing, UTC.
        years: of the retention class.
    """
    by_class = date(sealed_on.year + years + 1, 3, 31)
    return max(by_class, _years_later(sealed_on, _FLOOR_YEARS))


def _years_later(day: date, years: int) -> date:
    """Return the same day years later; for a 29 February that is missing, 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
