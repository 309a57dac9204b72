"""The store against a model: append, conflict, duplicate, import, crash, rebuild, erase.

After each step I1 to I4 hold and every stream reads back as what was offered.
"""

import sys
import threading
import time
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.stream import stream_id
from eventstore import blind_index, bulk, log
from eventstore.bulk import BulkAppender
from eventstore.connection import connect, is_away, open_connection, transaction
from eventstore.errors import StoreUnavailableError
from eventstore.projection_log import ProjectionLog
from eventstore.recording import record, record_by
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer
from orderproof.bootstrap import PROJECTOR, all_projections
from projections import rebuild as rebuilding
from projections import runner
from tests.faults.blocking import terminate
from tests.faults.facts import fact
from tests.faults.failing import Calls
from tests.faults.invariants import KEY, check
from tests.faults.model import Model

PROJECTIONS = all_projections(blind_index.derive_key(KEY))
TRIES = 6  # a writer and what it keeps beside have a connection each, and each may be dead

ORDERS = st.integers(1, 3)
WAYS = st.sampled_from(["writer", "alone", "bulk"])
NEW = st.tuples(ORDERS, st.booleans())
BATCHES = st.lists(NEW, min_size=1, max_size=6)
WHICH = st.integers(0, 1_000)


class Ways:
    """The ways in which events come in, each with keys of its own in memory; kept over steps."""

    def __init__(self, dsn):
        self._dsn = dsn
        self._rings = {name: KeyRing(KEY) for name in ("alone", "bulk")}
        self._connections = {}
        self.writer = Writer(dsn, KeyRing(KEY))

    def record(self, way, facts, expected=None):
        """Record facts, again where the database was lost; tell whether it was."""
        for attempt in range(TRIES):
            try:
                return self._record(way, facts, expected), attempt > 0
            except Exception as error:
                if not (isinstance(error, StoreUnavailableError) or is_away(error)):
                    raise
                if way in self._connections:
                    self._connections.pop(way).close()
        raise TimeoutError(f"the store never came back for {way}")

    def close(self):
        self.writer.close()
        for connection in self._connections.values():
            connection.close()

    def _record(self, way, facts, expected):
        if way == "writer":
            return self.writer.record(facts, expected)
        if way not in self._connections:
            role = bulk.ROLE if way == "bulk" else None
            self._connections[way] = open_connection(self._dsn, role)
        connection, ring = self._connections[way], self._rings[way]
        if way == "alone":
            return record(connection, ring, facts, expected)
        appender = BulkAppender(connection)
        return record_by(appender, lambda: transaction(connection), ring, facts, expected)


class Store(RuleBasedStateMachine):
    """One store and its model."""

    def __init__(self, new_database, calls):
        super().__init__()
        self._stack = ExitStack()
        self.dsn = self._stack.enter_context(new_database())
        self.ways = Ways(self.dsn)
        self._stack.callback(self.ways.close)
        self.calls = calls
        self.model = Model()
        self.made = 0

    def teardown(self):
        self.calls.disarm()
        self._stack.close()

    def new(self, wanted):
        facts = []
        for order, personal in wanted:
            self.made += 1
            facts.append(fact(f"e{self.made}", order, personal=personal))
        return facts

    def known(self, which):
        return list(self.model.events.values())[which % len(self.model.events)]

    def offer(self, way, facts):
        outcomes, again = self.ways.record(way, facts)
        self.model.take(list(zip(facts, outcomes, strict=True)), again=again)

    # What callers do.

    @rule(way=WAYS, wanted=NEW)
    def append(self, way, wanted):
        self.offer(way, self.new([wanted]))

    @rule(way=WAYS, wanted=BATCHES)
    def append_a_batch(self, way, wanted):
        self.offer(way, self.new(wanted))

    @rule(way=WAYS, wanted=NEW, off=st.sampled_from([0, 0, -1, 1]))
    def append_at_a_version(self, way, wanted, off):
        [new] = facts = self.new([wanted])
        version = self.model.versions.get(new.stream, 0)
        if off == 0 or version + off < 0:
            outcomes, again = self.ways.record(way, facts, [version])
            self.model.take([(new, outcomes[0])], again=again)
            return
        [outcome], _ = self.ways.record(way, facts, [version + off])
        assert (outcome.result, outcome.position, outcome.version) == ("conflict", None, version)

    @precondition(lambda self: self.model.events)
    @rule(way=WAYS, which=WHICH, wanted=st.lists(NEW, max_size=3))
    def repeat(self, way, which, wanted):
        self.offer(way, [*self.new(wanted), self.known(which).fact])

    @precondition(lambda self: self.model.events)
    @rule(way=WAYS, which=WHICH, wanted=st.lists(NEW, max_size=3))
    def offer_another_under_a_known_name(self, way, which, wanted):
        known = self.known(which)
        other = fact(known.fact.id, 5, note="changed")
        self.offer(way, [*self.new(wanted), other])

    @rule(one=BATCHES, other=BATCHES)
    def append_at_once(self, one, other):
        offers = {"writer": self.new(one), "bulk": self.new(other), "alone": self.new(one[:1])}
        told, retried = [], []

        def work(way, facts):
            outcomes, again = self.ways.record(way, facts)
            told.extend(zip(facts, outcomes, strict=True))
            retried.append(again)

        threads = [threading.Thread(target=work, args=offer) for offer in offers.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(told) == sum(map(len, offers.values()))
        self.model.take(told, again=any(retried))

    # What goes wrong.

    @rule()
    def every_connection_is_cut(self):
        terminate(self.dsn, "true")

    @rule(
        way=WAYS,
        wanted=BATCHES,
        n=st.integers(1, 8),
        moment=st.sampled_from(["before", "after"]),
    )
    def a_call_of_the_database_fails(self, way, wanted, n, moment):
        facts = self.new(wanted)
        self.calls.arm(n, moment)
        try:
            outcomes, again = self.ways.record(way, facts)
        finally:
            self.calls.disarm()
        self.model.take(list(zip(facts, outcomes, strict=True)), again=again)

    # What operators do.

    @rule(work=st.sampled_from([runner.catch_up, rebuilding.rebuild]))
    def project(self, work):
        with connect(self.dsn, PROJECTOR) as views, connect(self.dsn, PROJECTOR) as reading:
            work(views, ProjectionLog(reading, KeyRing(KEY, limit=0)), PROJECTIONS)

    @rule(n=st.integers(1, 100), moment=st.sampled_from(["before", "after"]))
    def a_rebuild_fails(self, n, moment):
        self.calls.arm(n, moment)
        try:
            self.project(rebuilding.rebuild)
        except Exception as error:
            if not is_away(error):
                raise
            assert self.calls.failed
        finally:
            self.calls.disarm()

    @rule(order=ORDERS)
    def erase(self, order):
        stream = f"order/de/{order}"
        with (
            connect(self.dsn, "orderproof_eraser") as connection,
            transaction(connection) as cursor,
        ):
            cursor.execute(
                "SELECT FROM destroy_keys(%s::uuid[], '{tax,contact,fraud}')",
                ([str(stream_id(stream))],),
            )
        self.model.erase(stream)

    @invariant()
    def the_store_is_what_the_model_says(self):
        assert check(self.dsn, self.model.acknowledged) == len(self.model.events)
        with connect(self.dsn) as connection:
            for stream in self.model.versions:
                events = log.read_order(connection, KeyRing(KEY, limit=0), stream)
                self.model.check_content(stream, events)


SETTINGS = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "database": None,
    # Shrinking takes minutes, for which whoever looks into a failure adds Phase.shrink here.
    "phases": [Phase.generate],
}


def drive(new_database, calls, examples, steps):
    """Drive stores through random steps, each a database of its own."""
    run_state_machine_as_test(
        lambda: Store(new_database, calls),
        settings=settings(max_examples=examples, stateful_step_count=steps, **SETTINGS),
    )


def test_the_store_does_what_the_model_does(new_database, monkeypatch):
    drive(new_database, Calls(monkeypatch), examples=6, steps=14)


@pytest.mark.faults
def test_the_store_does_what_the_model_does_for_long(new_database, monkeypatch, fault_seconds):
    calls = Calls(monkeypatch)
    deadline = time.monotonic() + fault_seconds
    rounds = 0
    while time.monotonic() < deadline or not rounds:
        drive(new_database, calls, examples=5, steps=20)  # the first example is always a dull one
        rounds += 1
    sys.stderr.write(f"\n{rounds} times 5 stores against the model\n")
