"""Who takes part in a measurement, and several processes of one of them."""

import importlib
import multiprocessing
from collections.abc import Callable
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection as Pipe
from typing import Any

import msgspec

from benchmarks.store import load, workload
from benchmarks.store.load import Load

OURS = "ours"
EVENTSOURCING = "eventsourcing"
UMADB = "UmaDB"
UMADB_ONCE = "UmaDB, ids once"

_MODULES = {
    OURS: "ours",
    EVENTSOURCING: "eventsourcing_peer",
    UMADB: "umadb_peer",
    UMADB_ONCE: "umadb_peer",
}


class Participant(msgspec.Struct, frozen=True):
    """A store under measurement, in a form that another process can be given.

    Args:
        name: one of the names above.
        address: what its `opened` takes: where it is, and the keys.
    """

    name: str
    address: dict[str, Any]

    def opened(self) -> AbstractContextManager[Any]:
        """Open it in this process. Peers are imported only here: not every environment has them."""
        module = importlib.import_module(f"benchmarks.store.{_MODULES[self.name]}")
        opened: Callable[..., AbstractContextManager[Any]] = module.opened
        return opened(**self.address)


def run_threads(
    participant: Participant, walks: list[workload.Walk], warm_up: float, seconds: float
) -> Load:
    """Measure callers that are threads of this process."""
    with participant.opened() as store:
        return load.run(store.append, walks, warm_up, seconds)


def run_processes(
    participant: Participant,
    prefix: str,
    processes: int,
    callers: int,
    warm_up: float,
    seconds: float,
) -> Load:
    """Measure callers that are threads of several processes, which begin together."""
    context = multiprocessing.get_context("spawn")
    started = []
    for number in range(processes):
        ours, theirs = context.Pipe()
        arguments = (theirs, participant, prefix, number * callers, callers, warm_up, seconds)
        process = context.Process(target=_serve, args=arguments)
        process.start()
        theirs.close()
        started.append((process, ours))
    try:
        for _, pipe in started:
            # One after the other: `eventsourcing` defines its functions again each time.
            pipe.send("open")
            pipe.recv()
        for _, pipe in started:
            pipe.send("go")
        loads = [msgspec.msgpack.decode(pipe.recv(), type=Load) for _, pipe in started]
    finally:
        for process, pipe in started:
            pipe.close()
            process.join()
    return Load(seconds, [latency for each in loads for latency in each.latencies])


def _serve(
    pipe: Pipe,
    participant: Participant,
    prefix: str,
    first: int,
    callers: int,
    warm_up: float,
    seconds: float,
) -> None:
    walks = workload.order_walks(prefix, callers, first)
    pipe.recv()
    with participant.opened() as store:
        pipe.send("ready")
        pipe.recv()
        done = load.run(store.append, walks, warm_up, seconds)
    pipe.send(msgspec.msgpack.encode(done))
