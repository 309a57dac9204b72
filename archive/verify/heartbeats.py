"""The log's heartbeats, one a day: where they are missing, the log stood still."""

from collections.abc import Iterable
from datetime import date, timedelta

from archive import layout, line
from archive.errors import FormatError
from archive.findings import Finding, finding
from archive.verify.events import SOURCE, event_name

LONGEST_PAUSE = timedelta(days=3)
"""Between two heartbeats: a machine may stand still over a weekend."""


class Heartbeats:
    """Collects heartbeats in the order of the log."""

    def __init__(self) -> None:
        self.count = 0
        self._last: date | None = None
        self._stalled: list[Finding] = []

    def take(self, stream: str, lines: Iterable[tuple[int, bytes]]) -> None:
        """Look for heartbeats among the lines of a stream."""
        if stream != layout.ARCHIVE_STREAM:
            return
        for _, text in lines:
            try:
                event = line.read(text)
                day = date.fromisoformat(event.recorded_at[:10])
            except (FormatError, ValueError):
                continue  # named elsewhere
            if (event.type, event.source) == (line.HEARTBEAT, SOURCE):
                self._next(day, event_name(stream, event.version))

    def _next(self, day: date, name: str) -> None:
        self.count += 1
        if self._last is not None and day - self._last > LONGEST_PAUSE:
            detail = f"no heartbeat was recorded between {self._last} and {day}"
            self._stalled.append(
                finding("LOG_STALLED", name, detail, expected="one a day", found="none")
            )
        self._last = day

    def stalled(self) -> list[Finding]:
        """Name the pauses that were too long."""
        return self._stalled
