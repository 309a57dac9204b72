"""How often something happened lately: a sliding window made of two fixed ones.

What happened in the window before counts by the part of it that the sliding one still covers.
"""

import threading
import time

import msgspec


class Limit(msgspec.Struct, frozen=True):
    """So often in so many seconds.

    Args:
        most: times.
        seconds: length of the window.
    """

    most: int
    seconds: int


class _Count:
    __slots__ = ("before", "now", "window")

    def __init__(self) -> None:
        self.window = 0
        self.before = 0
        self.now = 0


class Counter:
    """Counts for each key, in any number of threads. Keys that are quiet are forgotten.

    Args:
        limit: how often is allowed.
    """

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._counts: dict[str, _Count] = {}
        self._window = 0
        self._lock = threading.Lock()

    def hit(self, key: str) -> bool:
        """Count one for a key where it is allowed, and tell whether it is."""
        with self._lock:
            count, sliding = self._look(key)
            if sliding + 1 > self.limit.most:
                return False
            self._counts[key] = count
            count.now += 1
            return True

    def allows(self, key: str) -> bool:
        """Tell whether another one of a key would be allowed."""
        if key not in self._counts:
            return self.limit.most > 0
        with self._lock:
            return self._look(key)[1] + 1 <= self.limit.most

    def left(self, key: str) -> tuple[int, float]:
        """Return how many of a key are left, and in how many seconds there will be more."""
        with self._lock:
            count, sliding = self._look(key)
            left = max(0, int(self.limit.most - sliding))
            rest = self.limit.seconds - _time() % self.limit.seconds
            if left or not count.now:
                return left, rest
            # The next window begins with what is counted in this one, which then fades.
            fades = max(0.0, 1 - (self.limit.most - 1) / count.now) * self.limit.seconds
            return left, rest + fades

    def _look(self, key: str) -> tuple[_Count, float]:
        """Return the count of a key, brought to the present window, and the sliding sum."""
        window, into = divmod(_time(), self.limit.seconds)
        if window != self._window:
            self._forget(int(window))
        count = self._counts.get(key) or _Count()
        if count.window != window:
            count.before = count.now if count.window == window - 1 else 0
            count.now = 0
            count.window = int(window)
        return count, count.before * (1 - into / self.limit.seconds) + count.now

    def _forget(self, window: int) -> None:
        self._window = window
        self._counts = {
            key: count for key, count in self._counts.items() if count.window >= window - 1
        }


_time = time.monotonic
