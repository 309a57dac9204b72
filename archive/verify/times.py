"""Events against outside time: nothing was recorded later than it is proved to exist."""

from bisect import bisect_left
from datetime import datetime, timedelta

from archive.findings import Finding, finding
from archive.line import EventLine

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the seller's clock may be ahead of the world's before a time counts as contradicted."""


class Times:
    """Until when, at the latest, events up to a position were recorded.

    Args:
        latest: by size of the log, a time before which its checkpoint existed.
    """

    def __init__(self, latest: dict[int, datetime]) -> None:
        self._sizes = sorted(latest)
        self._limits: list[tuple[str, int]] = []
        best: tuple[datetime, int] | None = None
        for size in reversed(self._sizes):
            best = min(best or (latest[size], size), (latest[size], size))
            limit = (best[0] + CLOCKS_DIFFER).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            self._limits.append((limit, best[1]))
        self._limits.reverse()

    def __bool__(self) -> bool:
        return bool(self._sizes)

    def contradict(self, event: EventLine, position: int, name: str) -> list[Finding]:
        """Accuse an event that says it was recorded after it was proved to exist."""
        place = bisect_left(self._sizes, position)
        if place == len(self._sizes) or event.recorded_at <= self._limits[place][0]:
            return []
        limit, size = self._limits[place]
        return [
            finding(
                "BACKDATED",
                name,
                f"position {position} says a later time than the token for size {size} proves",
                expected=f"recorded_at up to {limit}",
                found=event.recorded_at,
            )
        ]
