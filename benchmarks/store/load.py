"""Callers at work: threads that append one event after the other, and how long each waited."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec


class Load(msgspec.Struct, frozen=True):
    """What a number of callers got done.

    Args:
        seconds: from the start to the end of counting.
        latencies: of each operation that began and ended in between, in seconds.
    """

    seconds: float
    latencies: list[float]


def run(
    operation: Callable[[Any], object],
    walks: Sequence[Iterable[Any]],
    warm_up: float,
    seconds: float,
) -> Load:
    """Have one thread for each walk do its operations until the time is over.

    Args:
        operation: called with what a walk yields.
        walks: one for each caller.
        warm_up: seconds in which nothing is counted.
        seconds: that are counted after that.

    Raises:
        Exception: the first that an operation raised.
    """
    taken: list[list[float]] = [[] for _ in walks]
    failures: list[BaseException] = []
    counted_from = time.perf_counter() + warm_up
    counted_to = counted_from + seconds

    def call(walk: Iterable[Any], latencies: list[float]) -> None:
        try:
            for item in walk:
                started = time.perf_counter()
                operation(item)
                ended = time.perf_counter()
                if started >= counted_from and ended <= counted_to:
                    latencies.append(ended - started)
                if ended >= counted_to or failures:
                    return
        except BaseException as error:  # noqa: BLE001  # raised below, in the caller's thread
            failures.append(error)

    threads = [threading.Thread(target=call, args=pair) for pair in zip(walks, taken, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return Load(seconds, [latency for of_one in taken for latency in of_one])


def quantile(latencies: Sequence[float], share: float) -> float:
    """Return the latency that this share of the operations did not exceed."""
    ordered = sorted(latencies)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
