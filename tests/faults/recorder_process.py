"""A process that records for others: what an intake does, without HTTP.

Run as `python -m tests.faults.recorder_process`. The first line of standard input is the DSN; each
further one is a call, which a thread of its own takes, and which is answered with a line:

    {"call": 7, "facts": […], "keep": false}  →  {"call": 7, "answers": [[source, id, …]]}
                                              or {"call": 7, "unavailable": true}

With `keep` the call is recorded and never answered.
"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec

from domain.event import Fact
from eventstore.errors import StoreUnavailableError
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer
from tests.faults.facts import acknowledged
from tests.faults.invariants import KEY

THREADS = 16


class Call(msgspec.Struct):
    call: int
    facts: list[Fact]
    keep: bool = False


class Answer(msgspec.Struct):
    call: int
    answers: list[tuple[str, str, int, int]] = []
    unavailable: bool = False


def serve() -> None:
    dsn = sys.stdin.readline().strip()
    out = threading.Lock()
    with Writer(dsn, KeyRing(KEY)) as writer, ThreadPoolExecutor(THREADS) as threads:

        def work(call: Call) -> None:
            try:
                told = acknowledged(call.facts, writer.record(call.facts))
                answer = Answer(call.call, [tuple(one) for one in told])
            except StoreUnavailableError:
                answer = Answer(call.call, unavailable=True)
            if not call.keep:
                with out:
                    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
                    sys.stdout.buffer.flush()

        for line in sys.stdin:
            threads.submit(work, msgspec.json.decode(line, type=Call))


if __name__ == "__main__":
    serve()
