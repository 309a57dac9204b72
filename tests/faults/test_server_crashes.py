"""C-09: PostgreSQL ends at once and comes back, while callers record and a file is imported."""

import random
import signal
import sys
import threading
import time

import psycopg2
import pytest

from eventstore import bulk
from eventstore.connection import connect, is_away
from eventstore.errors import StoreUnavailableError
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer
from orderproof.import_chunks import Chunk, ChunkStore
from tests.faults.facts import acknowledged, fact
from tests.faults.invariants import KEY, check

CALLERS = 5
PAUSE = 0.02


class Load:
    """Callers of one writer and an import, who all go on until they are told to stop."""

    def __init__(self, dsn, name):
        self._dsn = dsn
        self._name = name
        self._stop = threading.Event()
        self.told, self.imported, self.refusals, self.errors = [], 0, 0, []
        works = [lambda n=n: self._call(n) for n in range(CALLERS)] + [self._import]
        self._writer = Writer(dsn, KeyRing(KEY))
        self._threads = [threading.Thread(target=self._guarded, args=(work,)) for work in works]
        for thread in self._threads:
            thread.start()

    def end(self):
        """Let each finish what it has begun."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive()
        self._writer.close()
        assert not self.errors

    def _guarded(self, work):
        try:
            work()
        except Exception as error:  # noqa: BLE001  # told by the test
            self.errors.append(error)

    def _call(self, caller):
        n = 0
        while not self._stop.is_set():
            name = f"{self._name}/{caller}/{n}"
            facts = [fact(name, f"{self._name}-{n}", personal=n % 3 == 0), fact(f"{name}+", n % 5)]
            outcomes = self._again(lambda facts=facts: self._writer.record(facts))
            self.told += acknowledged(facts, outcomes)
            n += 1

    def _import(self):
        while not self._stop.is_set():
            start = self.imported
            facts = [
                fact(f"{self._name}/import/{n}", f"{self._name}-i{n % 50}", personal=n % 4 == 0)
                for n in range(start, start + 100)
            ]
            self._again(lambda facts=facts: self._store(facts))
            self.imported += 100

    def _store(self, facts):
        with connect(self._dsn, bulk.ROLE) as connection:
            store = ChunkStore(connection, KeyRing(KEY))
            return store.store(Chunk(facts=facts), lambda _facts, _rejected: None)

    def _again(self, work):
        for _ in range(3_000):
            try:
                return work()
            except (StoreUnavailableError, psycopg2.Error) as error:
                if not (isinstance(error, StoreUnavailableError) or is_away(error)):
                    raise
                self.refusals += 1
                time.sleep(PAUSE)
        raise TimeoutError("the store never came back")


def crashes(server, rounds, deadline=None):
    """Let the server crash under load; return how often it did."""
    seed = random.randrange(2**32)
    print("seed", seed)
    draw = random.Random(seed)
    told, stored, done = [], 0, 0
    while done < rounds and (deadline is None or time.monotonic() < deadline):
        load = Load(server.dsn, f"round-{done}")
        try:
            time.sleep(0.1 + draw.random() / 2)
            server.kill(draw.choice([signal.SIGQUIT, signal.SIGKILL]))
            time.sleep(draw.random() / 10)
            server.start()
            before = len(load.told)
            recovered = time.monotonic() + 60
            while len(load.told) < before + 2 * CALLERS and time.monotonic() < recovered:
                time.sleep(0.01)
        finally:
            load.end()
        assert load.refusals
        assert len(load.told) > before
        told += load.told
        stored += len(load.told) + load.imported
        assert check(server.dsn, told) == stored
        done += 1
    return done


def test_callers_and_an_import_go_on_after_the_server_ended_at_once(own_server):
    # C-09, short
    assert crashes(own_server, 2) == 2


@pytest.mark.faults
def test_a_server_that_crashes_again_and_again_loses_nothing(own_server, fault_seconds):
    # C-09
    done = crashes(own_server, 50, time.monotonic() + fault_seconds)

    sys.stderr.write(f"\n{done} of 50 crashes of the server under load\n")
    assert done >= 1
