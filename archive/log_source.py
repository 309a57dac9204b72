"""What the archiver needs from the event store."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from archive.errors import ArchiveError
from domain.event import Fact
from domain.line import Head, Leaf, Line, OpenOrders, Written


class LogSource(Protocol):
    """The event log, numbered densely from 1 by position.

    Ranges exclude `after` and include `upto`. Everything at or below a position that was once
    answered by `size` never changes. Iterators may be read lazily and several at a time.
    """

    def size(self) -> int:
        """Return the newest position; 0 for an empty log."""
        ...

    def now(self) -> str:
        """Return the time of the store's clock in the form of a line's `recorded_at`."""
        ...

    def lines(self, after: int, upto: int) -> Iterator[Line]:
        """Yield the lines of a range of positions, in order."""
        ...

    def written(self, after: int, upto: int) -> Iterator[Written]:
        """Yield the bytes of what `lines` yields, each with the store's own hash of it."""
        ...

    def leaves(self, after: int, upto: int) -> Iterator[Leaf]:
        """Yield the stored hashes of a range of positions, in order."""
        ...

    def stream_lines(self, stream: str, first: int, last: int) -> Iterator[Line]:
        """Yield a stream's lines from version `first` to `last`, both included, in order."""
        ...

    def ranges(self, wanted: Sequence[tuple[str, int, int]]) -> list[list[Line]]:
        """Return what `stream_lines` yields for each of several streams with versions.

        All of it is in memory at once.
        """
        ...

    def seals(self, after: int, upto: int) -> Iterator[Line]:
        """Yield the `history.sealed` lines of a range of positions, in order."""
        ...

    def seals_at(self, positions: Sequence[int]) -> list[Line]:
        """Return the `history.sealed` lines at these rising positions, in order.

        All of it is in memory at once.
        """
        ...

    def heads(self, streams: Sequence[str]) -> list[Head]:
        """Return where each of these streams stands, in the same order; without unknown ones."""
        ...

    def open_lines(self, sealed_upto: int, upto: int) -> Iterator[Line]:
        """Yield every line at or below `upto` that no history holds, in order of position.

        These are the lines whose version is above that of the last seal at or below position
        `sealed_upto` in their stream, and all lines of streams without such a seal.
        """
        ...

    def open_orders(self, upto: int, most: int) -> OpenOrders:
        """Return which orders have lines at or below `upto` that no seal there covers.

        Args:
            upto: position.
            most: one more stream and shop than that is named at most.
        """
        ...

    def stored_runs(self, after: int) -> list[Line]:
        """Return the `archive.stored` lines above a position, in order."""
        ...

    def attachment(self, digest: str) -> bytes | None:
        """Return the sealed file that has this SHA-256, hex; None where there is none."""
        ...

    def append(self, facts: Sequence[Fact], versions: Sequence[int | None]) -> list[int | None]:
        """Record our own facts, which hold no personal data.

        A fact that is recorded already (same source, id and body) is not recorded again.

        Args:
            facts: what to record, in this order.
            versions: for each fact, the version that it must get in its stream; None for any.

        Returns:
            The position of each fact; None for one that was not recorded since its stream has
            grown to its version or beyond.
        """
        ...


class LogAlteredError(ArchiveError):
    """The event log is not what was recorded: a row was changed, dropped or put elsewhere.

    Args:
        position: where in the log.
        stream: name of the stream concerned.
        reason: what does not fit, one clause.
    """

    def __init__(self, position: int, stream: str, reason: str) -> None:
        super().__init__(
            f"position {position} of the log, stream {stream!r}: {reason}; "
            "nothing is signed over an altered log"
        )
        self.position = position
        self.stream = stream
