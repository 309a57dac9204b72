"""Peak memory of our import and our rebuild, the workers' included and the server's not."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.store import machine, report, workload
from benchmarks.store.commands import Installation
from benchmarks.store.measuring import Bench
from benchmarks.store.workload import EVENTS

BOUND_MB = 300

_POLL = 0.02


class Peak(msgspec.Struct, frozen=True):
    """What a command took.

    Args:
        command: the verb.
        events: that it worked on.
        mb: highest resident memory, in 10^6 bytes, added up over its processes.
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
            started = time.perf_counter()
            kilobytes = _run(installation.command(*words), environment)
            seconds = round(time.perf_counter() - started, 1)
            mb = round(kilobytes * 1024 / 1e6)
            peaks.append(Peak(words[0], orders * EVENTS, mb, seconds))
            bench.say(f"{words[0]} of {orders * EVENTS:,} events: {mb} MB, {seconds} s")
    return peaks


def lines(run: Run) -> Iterator[str]:
    """Yield what is to be read."""
    yield from machine.lines(run.facts)
    yield ""
    yield f"Peak memory; at most {BOUND_MB} MB, flat"
    for peak in run.peaks:
        reached = report.word(peak.mb <= BOUND_MB)
        yield f"  {peak.command:8}{peak.events:>12,} events{peak.mb:>6} MB   {reached}"


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run a command to its end and return its processes' peaks, added up, in kilobytes."""
    peaks: dict[int, int] = {}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        while process.poll() is None:
            for pid in _tree(process.pid):
                peaks[pid] = max(peaks.get(pid, 0), _high_water(pid))
            time.sleep(_POLL)
        if process.returncode:
            said.seek(0)
            raise AssertionError(said.read().decode())
    return sum(peaks.values())


def _tree(pid: int) -> Iterator[int]:
    """Yield a process and all that it started, as far as they live."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _tree(int(child))


def _high_water(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found[0]) if found else 0
