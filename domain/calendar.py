"""Days on which banks work: Monday to Friday, without holidays."""

from datetime import date

_LAST = date.max.toordinal()


def add_days(day: date, count: int) -> date:
    """Return the day `count` calendar days later, the last day there is at most."""
    return date.fromordinal(min(day.toordinal() + count, _LAST))


def add_weekdays(day: date, count: int) -> date:
    """Return the day `count` weekdays later, the last day there is at most.

    The first day counted is the next weekday, so Friday, Saturday and Sunday plus one are all the
    same Monday. Nothing is added for `count` 0.
    """
    if count <= 0:
        return day
    # A weekend counts from its Friday; from there every five weekdays are one week.
    past_friday = max(day.weekday() - 4, 0)
    start = day.toordinal() - past_friday
    weeks, rest = divmod(count, 5)
    over_weekend = 2 if (day.weekday() - past_friday) + rest > 4 else 0
    return date.fromordinal(min(start + weeks * 7 + rest + over_weekend, _LAST))
