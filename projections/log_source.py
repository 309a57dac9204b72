"""The log as projections read it. The event store implements it; nothing here imports it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from domain.event import Event
from domain.stream import Standing

Stored: TypeAlias = tuple[Any, ...]
"""One event as it is stored; only its first member, the position, is read here."""


class KeysUnavailableError(Exception):
    """Personal data cannot be opened at all: the key-encryption key is not the right one."""


class LogSource(Protocol):
    """Reads orders, whole and by version. Streams that are no orders' are left out.

    Attributes:
        key_error: what `keys` raises where the key-encryption key is not the right one.
    """

    key_error: type[Exception]

    def size(self) -> int:
        """Return the newest position."""

    def touched(self, after: int, upto: int) -> list[Standing]:
        """Return the orders that have events at `after` < position ≤ `upto`."""

    def following(self, after: int, upto: int, limit: int) -> list[Standing]:
        """Return the next orders by first position, `after` < first position ≤ `upto`."""

    def standing(self, stream_ids: Sequence[str]) -> list[Standing]:
        """Return where these streams stand; unknown ones are left out."""

    def stored(self, orders: Sequence[Standing]) -> Iterator[tuple[Standing, list[Stored]]]:
        """Yield each order with all its events by version, in the sequence given."""

    def decode(self, stored: Stored) -> Event:
        """Return the event, personal data sealed.

        Raises:
            Exception: it cannot be read. See `is_altered`.
        """

    def is_altered(self, error: Exception) -> bool:
        """Tell whether an error of `decode` says that the event is not what was recorded."""

    def keys(self, orders: Sequence[Standing]) -> Any:
        """Return what opens personal data of these orders, as far as it still exists.

        Raises:
            Exception: `key_error`: a key that exists does not open.
        """

    def open(self, event: Event, keys: Any) -> Event:
        """Return the event with its personal data, as far as its keys were not destroyed.

        Raises:
            Exception: it should open and does not.
        """

    def key_epoch(self) -> int:
        """Return how many erasures there were."""

    def erased(self) -> list[str]:
        """Return the ids of the streams of which keys were destroyed."""

    def skips(self, after: int = 0) -> Mapping[str, Mapping[int, str]]:
        """Return what is to be skipped, from skip events above a position.

        Returns:
            By projection, the positions to skip and the ids of their streams.
        """
