"""Commands as processes of their own, with the time and the memory that they took."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

_POLL = 0.02

# Asking for memory takes the kernel a millisecond a process, which a long command should not feel.
_LOOKS = 0.25


class Done(msgspec.Struct, frozen=True):
    """What a command took and said.

    Args:
        seconds: from its start to its end.
        mb: the most memory that its processes had together at one time, in 10^6 bytes. What some
            share is counted once, as the kernel's proportional set size does. It is looked at
            four times a second, and more often at first.
        code: its exit code.
        said: its standard output.
    """

    seconds: float
    mb: int
    code: int
    said: str

    def report(self) -> dict[str, Any]:
        """Return the JSON object that it printed."""
        found: dict[str, Any] = json.loads(self.said)
        return found


def end_on_sigterm() -> None:
    """Let SIGTERM end a benchmark like an exception, so that its servers stop and folders go."""
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(128 + signal.SIGTERM))


def run(command: list[str], environment: dict[str, str], *codes: int) -> Done:
    """Run a command to its end.

    Args:
        command: the program and its arguments.
        environment: all that it is given.
        codes: exit codes that are right; 0 alone where none is named.

    Raises:
        AssertionError: it ended with another code.
    """
    peak = 0
    next_look = 0.0
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=err)
        while process.poll() is None:
            passed = time.perf_counter() - started
            if passed >= next_look:
                peak = max(peak, sum(map(_kilobytes, _tree(process.pid))))
                next_look = passed + min(passed / 10, _LOOKS)
            time.sleep(_POLL)
        seconds = time.perf_counter() - started
        out.seek(0)
        said = out.read().decode()
        if process.returncode not in (codes or (0,)):
            err.seek(0)
            raise AssertionError(f"{command} ended with {process.returncode}: {said}{err.read()!r}")
    if not peak:
        raise AssertionError(f"the memory of {command} cannot be seen on this system")
    mb = round(peak * 1024 / 1e6)
    return Done(round(seconds, 3), mb, process.returncode, said)


def middle(command: list[str], environment: dict[str, str], times: int, *codes: int) -> Done:
    """Run a short command several times and return the run in the middle."""
    runs = [run(command, environment, *codes) for _ in range(times)]
    return sorted(runs, key=lambda done: done.seconds)[times // 2]


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _tree(int(child))


def _kilobytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("Pss:")]
    return int(found[0]) if found else 0
