"""Shapes with callers that append one event each and wait for it."""

import functools
import time

from benchmarks.store import participants
from benchmarks.store.measuring import Bench, Figure, Turn, take_turns, turn_of
from benchmarks.store.participants import UMADB_ONCE, Participant
from benchmarks.store.workload import Item, MakeWalks

_LOADED = 50  # events of a stream before it is loaded for the first time


def threads(bench: Bench, shape: str, callers: int, make_walks: MakeWalks) -> list[Figure]:
    """Measure so many threads of one process."""
    sizes = bench.sizes

    def turn(participant: Participant, number: int) -> Turn:
        walks = make_walks(f"{shape}-{number}", callers)
        return turn_of(participants.run_threads(participant, walks, sizes.warm_up, sizes.seconds))

    return take_turns(
        bench, shape, {p.name: functools.partial(turn, p) for p in bench.participants}
    )


def processes(bench: Bench, shape: str, count: int, callers: int) -> list[Figure]:
    """Measure several processes with so many threads each."""
    sizes = bench.sizes

    def turn(participant: Participant, number: int) -> Turn:
        prefix = f"{shape}-{number}"
        return turn_of(
            participants.run_processes(
                participant, prefix, count, callers, sizes.warm_up, sizes.seconds
            )
        )

    return take_turns(
        bench, shape, {p.name: functools.partial(turn, p) for p in bench.participants}
    )


def load_and_append(bench: Bench, shape: str) -> list[Figure]:
    """Measure one caller who loads streams of 50 events and appends one event to each."""
    # Its condition already says that the stream must not have moved on.
    taking_part = [p for p in bench.participants if p.name != UMADB_ONCE]
    streams = [f"order/bench/{shape}-{number}" for number in range(bench.sizes.streams)]
    for participant in taking_part:
        with participant.opened() as store:
            for stream in streams:
                store.fill([Item(stream, version) for version in range(1, _LOADED + 1)])

    def turn(participant: Participant, number: int) -> Turn:
        latencies = []
        with participant.opened() as store:
            store.append(Item(f"order/bench/{shape}-first-{number}", 1))
            started = time.perf_counter()
            for stream in streams:
                before = time.perf_counter()
                store.load_and_append(stream)
                latencies.append(time.perf_counter() - before)
            seconds = time.perf_counter() - started
        return Turn(len(streams), seconds, latencies)

    return take_turns(bench, shape, {p.name: functools.partial(turn, p) for p in taking_part})
