"""Peak memory of our import and our rebuild, the workers' included and the server's not."""

from collections.abc import Iterator
from typing import Any

import msgspec

from benchmarks import processes
from benchmarks.store import machine, report, workload
from benchmarks.store.commands import Installation
from benchmarks.store.measuring import Bench
from benchmarks.store.workload import EVENTS

BOUND_MB = 300


class Peak(msgspec.Struct, frozen=True):
    """What a command took.

    Args:
        command: the verb.
        events: that it worked on.
        mb: its peak memory, see `processes.Done`.
        seconds: that it took.
    """

    command: str
    events: int
    mb: int
    seconds: float


class Run(msgspec.Struct, frozen=True):
    """All that is known of a run: where it was, by name, and the peaks."""

    facts: dict[str, Any]
    peaks: list[Peak]


def measure(bench: Bench) -> list[Peak]:
    """Import and rebuild a small and a large file, each into a database of its own."""
    installation = Installation(bench.folder / "memory")
    peaks = []
    for orders in bench.sizes.memory_orders:
        file = bench.folder / "memory.jsonl"
        workload.write_file(file, orders)
        environment = installation.environment(bench.server.database(migrated=True))
        for words in (("import", str(file), "--json"), ("rebuild", "--json")):
            done = processes.run(installation.command(*words), environment)
            peak = Peak(words[0], orders * EVENTS, done.mb, round(done.seconds, 1))
            peaks.append(peak)
            bench.say(f"{peak.command} of {peak.events:,} events: {peak.mb} MB, {peak.seconds} s")
    return peaks


def lines(run: Run) -> Iterator[str]:
    """Yield what is to be read."""
    yield from machine.lines(run.facts)
    yield ""
    yield f"Peak memory; at most {BOUND_MB} MB, flat"
    for peak in run.peaks:
        reached = report.word(peak.mb <= BOUND_MB)
        yield f"  {peak.command:8}{peak.events:>12,} events{peak.mb:>6} MB   {reached}"
