"""Killed at any moment and run again, import and archive end as one undisturbed run does."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest

from domain.line import decode
from eventstore import log
from eventstore.connection import connect
from orderproof import installation
from orderproof.bootstrap import open_store

ORDERS = 700
IMPORTED = 3_000
"""Orders of the imports that are killed: several chunks, which worker processes store."""
COMMAND = [sys.executable, "-m", "orderproof"]


def events(orders):
    """Yield CloudEvents of orders; every seventh order has personal data."""
    for n in range(orders):
        for step, (type_, data) in enumerate(
            [
                ("order.placed", {"total": 100 + n, "currency": "EUR"}),
                ("payment.captured", {"payment_id": f"p{n}", "amount": 100 + n, "currency": "EUR"}),
                ("refund.requested", {"refund_id": f"r{n}", "amount": 100 + n, "currency": "EUR"}),
                ("refund.settled", {"refund_id": f"r{n}", "amount": 100 + n, "currency": "EUR"}),
            ]
        ):
            if n % 7 == 0 and step == 0:
                data = {**data, "buyer": {"name": f"Test Buyer {n}", "country": "DE"}}
            yield {
                "specversion": "1.0",
                "id": f"e{n}-{step}",
                "source": "/test",
                "type": type_,
                "subject": f"kill/{n}",
                "time": "2025-03-03T09:00:00Z",
                "data": data,
            }


class Place:
    """A data folder with a clock that stands still, so that two runs can be compared by bytes."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *arguments, check=True):
        return subprocess.run(
            [*COMMAND, *arguments, "--data", str(self.data), "--json"],
            check=check, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def copy(self, to: Path) -> "Place":
        # The server's files belong to its own user; cp keeps owners where it may.
        subprocess.run(["cp", "-a", str(self.data), str(to)], check=True)
        return Place(to)

    def archive_files(self) -> dict[str, bytes]:
        """Return the archive's files; of signed notes, what is the same each time it is signed."""
        folder = self.data / "archive"
        found = {
            str(file.relative_to(folder)): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
        for name in found:
            if name.startswith("log/checkpoint"):
                # Text, an empty line, the Ed25519 line; that of ML-DSA-44 behind them is random.
                found[name] = b"\n".join(found[name].split(b"\n")[:5])
        return found

    def lines(self):
        with open_store(installation.find(self.data)) as store:
            found = list(log.lines(store.connection, 0, log.size(store.connection)))
            clear = [
                event
                for stream in dict.fromkeys(line.stream for line in found)
                for event in log.read_order(store.connection, store.ring, stream)
            ]
        return found, clear


def comparable(place: Place):
    """Return what must be equal: bytes where keys are not random, else the opened content."""
    lines, clear = place.lines()
    sealed = {line.stream for line in lines if decode(line.encode()).sealed}
    assert sealed
    exact = [line.encode() for line in lines if line.stream not in sealed]
    return [(line.position, line.stream, line.version) for line in lines], exact, clear


def write(file: Path, orders: int) -> Path:
    file.write_text("".join(json.dumps(event) + "\n" for event in events(orders)))
    return file


@pytest.fixture(scope="module")
def events_file(tmp_path_factory):
    return write(tmp_path_factory.mktemp("input") / "events.jsonl", ORDERS)


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    return write(tmp_path_factory.mktemp("input") / "large.jsonl", IMPORTED)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("kills") / "empty")
    place.run("init")
    with (
        installation.database(installation.find(place.data)) as dsn,
        connect(dsn) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "CREATE OR REPLACE FUNCTION log_clock() RETURNS timestamptz LANGUAGE sql"
            " AS $$ SELECT timestamptz '2026-01-02T03:04:05.678901Z' $$"
        )
    return place


@pytest.fixture(scope="module")
def imported(empty, events_file):
    place = empty.copy(empty.data.with_name("imported"))
    place.run("import", str(events_file))
    return place


@pytest.fixture(scope="module")
def expected(empty, large_file):
    """What a store has that took in the large file without a kill."""
    place = empty.copy(empty.data.with_name("large"))
    place.run("import", str(large_file))
    return comparable(place)


@pytest.fixture(scope="module")
def archived(imported):
    place = imported.copy(imported.data.with_name("archived"))
    place.run("archive", "--all")
    return place


def kill_when(place: Place, arguments, reached) -> bool:
    """Start a command, kill it with SIGKILL when `reached` says so; tell whether it was alive."""
    with subprocess.Popen(
        [*COMMAND, *arguments, "--data", str(place.data), "--json"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            if reached():
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.001)
        return process.wait() == -signal.SIGKILL


class Position:
    """Watches the log of a place from outside, over one connection."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._keep = None
        self._connection = None

    def __enter__(self):
        self._keep = installation.database(installation.find(self._place.data))
        self._connection = psycopg2.connect(self._keep.__enter__())
        self._connection.autocommit = True
        return self

    def __exit__(self, *exception):
        self._connection.close()
        self._keep.__exit__(None, None, None)

    def __call__(self) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT position FROM log_head")
            return cursor.fetchone()[0]


def count_files(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


def import_kills(seed, rounds, empty, expected, large_file, work):
    """Kill imports; return how many left a partial state."""
    print("seed", seed)
    draw = random.Random(seed)
    total = 4 * IMPORTED
    partial = 0
    for n in range(rounds):
        place = empty.copy(work / f"import-{n}")
        target = draw.randrange(1, total)
        with Position(place) as position:  # the server runs as long as one of these uses it
            killed = kill_when(place, ["import", str(large_file)], lambda: position() >= target)
            partial += killed and position() < total

            report = json.loads(place.run("import", str(large_file)).stdout)

            assert report["read"] == total
            assert report["recorded"] + report["duplicates"] == total
            assert comparable(place) == expected
        shutil.rmtree(place.data)
    return partial


def archive_kills(seed, rounds, imported, archived, work):
    """Kill archive runs; return how many left a partial state."""
    print("seed", seed)
    draw = random.Random(seed)
    expected = archived.archive_files()
    with Position(imported) as position:
        first = position()
    with Position(archived) as position:
        last = position()
    writes = (last - first) + len(expected)
    partial = 0
    for n in range(rounds):
        place = imported.copy(work / f"archive-{n}")
        folder = place.data / "archive"
        target = draw.randrange(1, writes)
        with Position(place) as position:
            written = lambda: position() - first + count_files(folder)  # noqa: E731
            killed = kill_when(place, ["archive", "--all"], lambda: written() >= target)
            published = folder / "log" / "checkpoint"
            partial += killed and (position() < last or not published.exists())

            place.run("archive", "--all")

            assert place.archive_files() == expected
            assert json.loads(place.run("archive", "--all").stdout)["run"] is None
        assert json.loads(place.run("verify").stdout)["verdict"] == "intact"
        shutil.rmtree(place.data)
    return partial


def test_an_import_killed_anywhere_ends_as_if_it_had_not_been(
    empty, expected, large_file, tmp_path
):
    assert import_kills(1, 5, empty, expected, large_file, tmp_path) >= 3


def test_an_archive_run_killed_anywhere_ends_with_the_same_bytes(imported, archived, tmp_path):
    assert archive_kills(2, 5, imported, archived, tmp_path) >= 3


@pytest.mark.faults
def test_fifty_kills_as_far_as_the_time_budget_goes(
    empty, expected, imported, archived, large_file, tmp_path, fault_seconds
):
    seed = int.from_bytes(os.urandom(4), "big")
    deadline = time.monotonic() + fault_seconds
    kills = partial = 0
    while kills < 50 and time.monotonic() < deadline:
        partial += import_kills(seed + kills, 5, empty, expected, large_file, tmp_path)
        partial += archive_kills(seed + kills, 5, imported, archived, tmp_path)
        kills += 10
    sys.stderr.write(
        f"\n{kills} of 50 kills in {fault_seconds:.0f} s, {partial} left a partial state\n"
    )
    assert kills >= 10
    assert partial * 2 >= kills
