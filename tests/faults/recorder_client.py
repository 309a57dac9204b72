"""The client of a recorder process: keeps what it was told, and offers the rest again."""

import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import msgspec

from domain.event import Fact
from tests.faults.invariants import Acknowledged
from tests.faults.recorder_process import Answer, Call

ROOT = Path(__file__).parents[2]


class Client:
    """Sends calls to one recorder process after the other, as each is killed.

    `told` is everything that was acknowledged; `open` what was sent and not answered yet.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._next = 0
        self.open: dict[int, list[Fact]] = {}
        self.told: list[Acknowledged] = []
        self.refused: list[list[Fact]] = []
        self.heard = threading.Condition()

    def start(self) -> None:
        """Start a process, and offer again what no process answered."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.recorder_process"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._send(self._dsn.encode())
        self._reader = threading.Thread(target=self._read, args=[self._process.stdout])
        self._reader.start()
        again, self.open = self.open, {}
        for facts in [*again.values(), *self.refused]:
            self.send(facts)
        self.refused = []

    def send(self, facts: list[Fact], *, keep: bool = False) -> None:
        """Make a call; with `keep` it will be recorded and not answered."""
        self._next += 1
        with self.heard:
            self.open[self._next] = facts
        self._send(msgspec.json.encode(Call(self._next, facts, keep)))

    def wait(self, done) -> bool:
        """Wait until `done()` holds, which is asked after each answer, or nobody answers more."""
        with self.heard:
            return self.heard.wait_for(lambda: done() or self._reader is None, timeout=60)

    def end(self, number: signal.Signals | None = None) -> int:
        """Kill the process, or let it finish; what it still said counts."""
        if number is not None:
            self._process.send_signal(number)
        with suppress(BrokenPipeError):  # what was sent to a dead process is offered again
            self._process.stdin.close()
        reader = self._reader
        code = self._process.wait(60)
        reader.join(60)
        self._process.stdout.close()
        return code

    def _send(self, line: bytes) -> None:
        with suppress(BrokenPipeError):
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()

    def _read(self, answers) -> None:
        for line in answers:
            if not line.endswith(b"\n"):
                break  # half an answer is none
            answer = msgspec.json.decode(line, type=Answer)
            with self.heard:
                facts = self.open.pop(answer.call)
                if answer.unavailable:
                    self.refused.append(facts)
                self.told += [Acknowledged(*one) for one in answer.answers]
                self.heard.notify_all()
