"""C-14: the n-th call of the database fails, for each n, in everything that writes."""

import random
import sys
import time
from contextlib import ExitStack

import psycopg2
import pytest
from eventsourcing import persistence

from domain.command import RejectRefund, Staff
from domain.event import Fact
from eventstore import blind_index, bulk
from eventstore.connection import connect
from eventstore.errors import StoreUnavailableError
from eventstore.projection_log import ProjectionLog
from eventstore.recording import record
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer
from orderproof.bootstrap import PROJECTOR, all_projections
from orderproof.desk import open_desk
from orderproof.import_chunks import Chunk, ChunkStore
from projections import rebuild as rebuilding
from projections import runner
from tests.faults.facts import SOURCE, acknowledged, fact
from tests.faults.failing import Calls
from tests.faults.invariants import KEY, Acknowledged, check

LOST = (
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    persistence.OperationalError,
    persistence.InterfaceError,
    StoreUnavailableError,
)
PROJECTIONS = all_projections(blind_index.derive_key(KEY))


@pytest.fixture
def calls(monkeypatch):
    return Calls(monkeypatch)


def facts_of(name):
    """Return three calls' facts: new ones, personal ones, a repeat and another with an old id."""
    return [
        [fact(f"{name}/a", f"{name}-1", personal=True), fact(f"{name}/b", f"{name}-1")],
        [
            fact(f"{name}/a", f"{name}-1", personal=True),
            fact(f"{name}/b", f"{name}-1", note="changed"),
            fact(f"{name}/c", f"{name}-2", personal=True),
        ],
        [fact(f"{name}/d", f"{name}-2")],
    ]


def by_writer(dsn, name):
    """The writer goes on by itself: what fails is offered again to the same one."""
    told = []
    with Writer(dsn, KeyRing(KEY)) as writer:
        for facts in facts_of(name):
            told += acknowledged(facts, again(lambda facts=facts: writer.record(facts)))
    return told


def record_alone(dsn, facts):
    with connect(dsn) as connection:
        return record(connection, KeyRing(KEY), facts)


def by_recording(dsn, name):
    told = []
    for facts in facts_of(name):
        told += acknowledged(facts, again(lambda facts=facts: record_alone(dsn, facts)))
    return told


def by_import(dsn, name):
    """An import is run again as a whole."""
    chunks = [Chunk(facts=facts) for facts in facts_of(name)]

    def work():
        recorded = duplicates = mismatches = 0
        with connect(dsn, bulk.ROLE) as connection:
            store = ChunkStore(connection, KeyRing(KEY))
            for chunk in chunks:
                stored = store.store(chunk, lambda _facts, _rejected: None)
                recorded += stored.recorded
                duplicates += stored.duplicates
                mismatches += len(stored.mismatches)
        assert recorded + duplicates == 5
        assert mismatches == 1

    again(work)
    return []


def by_desk(dsn, name):
    """Staff's commands, through the recorder of `eventsourcing`."""
    stream = f"order/de/{name}"
    money = {"refund_id": "r", "amount": 100, "currency": "EUR"}
    reported = [
        Fact(
            stream=stream, type=type_, source=SOURCE, id=f"{name}/{type_}", data=data,
            occurred_at="2025-03-03T09:00:00Z",
        )
        for type_, data in [
            ("payment.captured", {"payment_id": "p", "amount": 100, "currency": "EUR"}),
            ("refund.requested", money),
        ]
    ]  # fmt: skip
    again(lambda: record_alone(dsn, reported))
    command = RejectRefund(
        id=f"reject-{name}", staff=Staff(id="clerk-1", role="after-sales"),
        at="2025-03-04T09:00:00Z", refund_id="r", reason_code="worn",
    )  # fmt: skip
    with open_desk(dsn, KeyRing(KEY)) as desk:
        answer = again(lambda: desk.carry_out(stream, command))
        assert again(lambda: desk.carry_out(stream, command)).position == answer.position
    return [Acknowledged("/orderproof/desk", command.id, answer.position, answer.version)]


def by_projector(dsn, name):
    """Read models made from nothing, then caught up."""
    again(lambda: record_alone(dsn, facts_of(f"{name}-first")[0]))

    def work():
        with ExitStack() as stack:
            views, reading = (stack.enter_context(connect(dsn, PROJECTOR)) for _ in range(2))
            source = ProjectionLog(reading, KeyRing(KEY, limit=0))
            rebuilding.rebuild(views, source, PROJECTIONS)
            record_alone(dsn, facts_of(name)[0])
            runner.catch_up(views, source, PROJECTIONS)

    again(work)
    return []


def again(work):
    """Do it, and do it again if its database was lost: there is one failure at most."""
    try:
        return work()
    except LOST:
        return work()


WORK = {
    "writer": by_writer,
    "recording": by_recording,
    "import": by_import,
    "desk": by_desk,
    "projector": by_projector,
}


def fail_each(dsn, calls, name, most, deadline=None):
    """Let calls fail, one each time, in random sequence and at most so many times.

    Returns:
        How many calls there are, and how often one failed.
    """
    work = WORK[name]
    calls.disarm()
    work(dsn, f"{name}-0")
    total, failed = calls.made, 0
    cases = [(n, moment) for n in range(1, total + 1) for moment in ("before", "after")]
    seed = random.randrange(2**32)
    print("seed", seed)
    random.Random(seed).shuffle(cases)
    for n, moment in cases[:most]:
        if deadline is not None and time.monotonic() > deadline:
            break
        calls.arm(n, moment)
        told = work(dsn, f"{name}-{moment}-{n}")
        assert calls.failed
        calls.disarm()
        check(dsn, told)
        failed += 1
    return total, failed


@pytest.mark.parametrize("name", WORK)
def test_any_call_of_the_database_may_fail(migrated_database, calls, name):
    # C-14, short
    total, failed = fail_each(migrated_database, calls, name, most=12)

    assert total > 5
    assert failed > 4


@pytest.mark.faults
@pytest.mark.parametrize("name", WORK)
def test_every_call_of_the_database_may_fail(migrated_database, calls, name, fault_seconds):
    # C-14
    total, failed = fail_each(
        migrated_database, calls, name, 10_000, time.monotonic() + fault_seconds
    )

    sys.stderr.write(f"\n{name}: {failed} of 2 × {total} calls failed\n")
    assert failed >= 3
