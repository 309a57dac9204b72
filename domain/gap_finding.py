"""Finding out what is missing in a source: numbers that were left out, and silence.

Pure. What is found says that something may be missing, not what: a shop may burn a number, and a
source may have nothing to tell.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import ceil

import msgspec

HOUR = 3_600_000_000
"""Microseconds of an hour, which is as finely as silence is looked at."""

_LEAST_INTERVALS = 20
_QUANTILE = 0.99
_FACTOR = 2
_LEAST_SILENCE = 6 * HOUR
_LEAST_NUMBERS = 10
_DENSITY = 0.9


class Silence(msgspec.Struct, frozen=True):
    """A time in which a source said nothing, much longer than it ever is silent else.

    Args:
        start: when it last spoke, microseconds since 1970 UTC.
        end: when it spoke again, or now.
        usual: how long it is silent at most in 99 of 100 cases else, microseconds.
        is_open: whether it has not spoken again.
    """

    start: int
    end: int
    usual: int
    is_open: bool


class Hole(msgspec.Struct, frozen=True):
    """Numbers of a series that nobody has heard of, first and last included."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


def silences(spoke: Iterable[int], now: int) -> list[Silence]:
    """Find the silences of a source that are much longer than its others.

    Each is measured by the others: it is one if it is longer than twice what 99 of 100 of them
    stay below, and than 6 hours. So nights, weekends and daily batches are none. Nothing is said
    of a source that has not been heard of at least 21 times.

    Args:
        spoke: when it spoke, microseconds since 1970 UTC, in any order; later than now counts not.
        now: until when it is listened to.
    """
    times = sorted({at for at in spoke if at <= now})
    intervals = [end - start for start, end in pairwise(times)]
    if len(intervals) < _LEAST_INTERVALS:
        return []
    ranked = sorted(intervals)
    found = []
    for start, end in zip(times, [*times[1:], now], strict=True):
        length = end - start
        is_open = start == times[-1]
        usual = _quantile(ranked, without=None if is_open else length)
        if length > max(_FACTOR * usual, _LEAST_SILENCE):
            found.append(Silence(start, end, usual, is_open))
    return found


def _quantile(ranked: Sequence[int], without: int | None) -> int:
    """Return what 99 of 100 of sorted values stay at or below, one of them left out."""
    count = len(ranked) - (without is not None)
    place = ceil(_QUANTILE * count) - 1
    if without is not None and ranked[place] >= without:
        place += 1  # what is left out stands at or before this place
    return ranked[min(place, len(ranked) - 1)]


def is_series(count: int, lowest: int, highest: int) -> bool:
    """Tell whether numbers count something: enough of them, and nine of ten are there."""
    return count >= _LEAST_NUMBERS and count >= _DENSITY * (highest - lowest + 1)


def holes(numbers: Iterable[int]) -> Iterator[Hole]:
    """Find what is left out of numbers that come in order, each of which may come again.

    Memory does not grow with them: a hole is given as soon as the number behind it was read.
    """
    before: int | None = None
    for number in numbers:
        if before is not None and number > before + 1:
            yield Hole(before + 1, number - 1)
        before = number
