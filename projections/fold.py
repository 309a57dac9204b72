"""From stored orders to rows, with what went wrong: one order that fails stops no other."""

import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from domain.event import Event
from domain.stream import Standing
from projections.log_source import KeysUnavailableError, LogSource, Stored
from projections.projection import Projection, Rows

ATTEMPTS = 3
"""How often an order is tried before it is set aside."""

BACK_OFF = 0.1
"""Seconds before the second try; twice as long before the third."""

_OURS = Path(__file__).parents[1]

T = TypeVar("T")

Pair = tuple[str, str]
"""Name of a projection, id of a stream."""

Skips = Mapping[str, Mapping[int, str]]
"""By projection: positions that it goes on without, and the ids of their streams."""


class Failure(msgspec.Struct, frozen=True):
    """Why an order is set aside. Holds nothing of an event's content.

    Args:
        position: of the first event with which the order fails.
        error: the exception's type.
        place: `file:line` of our code in which it was raised.
        altered: whether the event is not what was recorded, which is no fault of the code.
    """

    position: int
    error: str
    place: str
    altered: bool = False


class Folded(msgspec.Struct, frozen=True):
    """What a number of orders come to.

    Args:
        rows: by projection and stream id. Of an order that fails, those of its events before the
            one with which it fails.
        failures: the orders that fail, by projection and stream id.
        positions: of the last event that was read of each stream.
        events: how many events were read.
    """

    rows: dict[str, dict[str, Rows]]
    failures: dict[Pair, Failure]
    positions: dict[str, int]
    events: int


def fold(
    log: LogSource,
    projections: Sequence[Projection],
    orders: Sequence[Standing],
    skips: Skips,
    without: Collection[Pair] = frozenset(),
) -> Folded:
    """Read orders, decode each event once, and make every projection's rows of them.

    Args:
        log: where the orders are.
        projections: to feed.
        orders: to read whole.
        skips: events that are left out.
        without: orders that stay as they are in a projection, since they are set aside.

    Raises:
        KeysUnavailableError: a projection reads personal data, and the keys do not open.
    """
    folded = Folded({p.name: {} for p in projections}, {}, {}, 0)
    events = 0
    keys = _keys(log, orders) if any(p.opened for p in projections) else None
    for order, stored in log.stored(orders):
        history = _History(log, stored, keys)
        events += len(stored)
        folded.positions[order.stream_id] = stored[-1][0]
        for projection in projections:
            pair = (projection.name, order.stream_id)
            if pair in without:
                continue
            rows, failure = _rows(projection, order.stream, history, skips)
            folded.rows[projection.name][order.stream_id] = rows
            if failure is not None:
                folded.failures[pair] = failure
    return msgspec.structs.replace(folded, events=events)


def fold_patiently(
    log: LogSource,
    projections: Sequence[Projection],
    orders: Sequence[Standing],
    skips: Skips,
    without: Collection[Pair] = frozenset(),
) -> Folded:
    """Fold, and try again what fails, `ATTEMPTS` times in all with a back-off."""
    folded = fold(log, projections, orders, skips, without)
    retry(log, projections, folded, skips)
    return folded


def retry(log: LogSource, projections: Sequence[Projection], folded: Folded, skips: Skips) -> None:
    """Try the orders that failed until they are tried `ATTEMPTS` times; changes `folded`."""
    for attempt in range(1, ATTEMPTS):
        if not folded.failures:
            return
        time.sleep(BACK_OFF * attempt)
        for projection in projections:
            failed = [id_ for name, id_ in folded.failures if name == projection.name]
            if failed:
                again = fold(log, [projection], log.standing(failed), skips)
                folded.rows[projection.name].update(again.rows[projection.name])
                for id_ in failed:
                    del folded.failures[projection.name, id_]
                folded.failures.update(again.failures)


def altered(failures: Mapping[Pair, Failure], projection: Projection) -> list[str]:
    """Return the ids of the streams with an event that is not what was recorded."""
    return [id_ for (name, id_), f in failures.items() if name == projection.name and f.altered]


def describe(error: Exception) -> tuple[str, str]:
    """Return an exception's type and the place in our code, never its message."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [
        f"{Path(frame.filename).relative_to(_OURS)}:{frame.lineno}"
        for frame in frames
        if Path(frame.filename).is_relative_to(_OURS)
    ]
    return type(error).__name__, places[-1] if places else ""


def _keys(log: LogSource, orders: Sequence[Standing]) -> Any:
    try:
        return log.keys(orders)
    except log.key_error as error:
        raise KeysUnavailableError(str(error)) from error


def _rows(
    projection: Projection, stream: str, history: "_History", skips: Skips
) -> tuple[Rows, Failure | None]:
    events, failure = history.read(projection, skips.get(projection.name, {}))
    try:
        return projection.rows(stream, events), failure
    except Exception as error:  # noqa: BLE001  # whatever a fold raises concerns this order alone
        if not events:
            return [], failure  # nothing of the order is left that could be read
        return _last_good(projection, stream, events, error)


def _last_good(
    projection: Projection, stream: str, events: Sequence[Event], error: Exception
) -> tuple[Rows, Failure]:
    """Find the event with which an order begins to fail, and the rows that it had before.

    Live and rebuilt then hold the same rows, however the events came in batches.
    """
    good, bad, rows = 0, len(events), Rows()
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            rows = projection.rows(stream, events[:middle])
            good = middle
        except Exception as earlier:  # noqa: BLE001  # as above
            bad, error = middle, earlier
    return rows, Failure(events[bad - 1].position, *describe(error))


class _History:
    """One order's events, decoded once for all projections."""

    def __init__(self, log: LogSource, stored: Sequence[Stored], keys: Any) -> None:
        self._log = log
        self._stored = stored
        self._keys = keys
        self._sealed = _each(log.decode, stored)
        self._opened: list[Event | Exception] | None = None

    def read(
        self,
        projection: Projection,
        skipped: Collection[int],
    ) -> tuple[list[Event], Failure | None]:
        """Return the events up to the first that cannot be read, and why it cannot."""
        source = self._open() if projection.opened else self._sealed
        events: list[Event] = []
        for stored, event in zip(self._stored, source, strict=True):
            position = stored[0]
            if skipped and position in skipped:
                continue
            if isinstance(event, Exception):
                altered = self._log.is_altered(event)
                return events, Failure(position, *describe(event), altered)
            events.append(event)
        return events, None

    def _open(self) -> list[Event | Exception]:
        if self._opened is None:
            self._opened = _each(self._open_one, self._sealed)
        return self._opened

    def _open_one(self, event: Event | Exception) -> Event:
        if isinstance(event, Exception):
            raise event
        return self._log.open(event, self._keys) if event.sealed else event


def _each(read: Callable[[T], Event], items: Sequence[T]) -> list[Event | Exception]:
    results: list[Event | Exception] = []
    for item in items:
        try:
            results.append(read(item))
        except Exception as error:  # noqa: BLE001  # kept, and told where it matters
            results.append(error)
    return results
