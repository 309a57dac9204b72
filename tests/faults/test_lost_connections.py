"""C-03, O-07, O-08 on the writer: its connection ends, or somebody holds the lock for long."""

import random
import threading

import psycopg2
import pytest
from eventsourcing import persistence

from eventstore import appending, connection, encoding, writer
from eventstore.connection import connect
from eventstore.errors import StoreUnavailableError
from eventstore.stream_keys import KeyRing
from eventstore.upstream_errors import upstream_errors
from eventstore.writer import Writer
from orderproof.failures import explain
from tests.faults.blocking import Held, terminate, until, waiting_for_a_lock
from tests.faults.facts import acknowledged, fact
from tests.faults.invariants import KEY, check


class Callers:
    """Threads that each record one call's facts, and what they were told."""

    def __init__(self, writer, calls):
        self.told = []
        self.errors = []
        self._writer = writer
        self._threads = [threading.Thread(target=self._record, args=(facts,)) for facts in calls]
        for thread in self._threads:
            thread.start()

    def _record(self, facts):
        try:
            self.told.extend(acknowledged(facts, self._writer.record(facts)))
        except StoreUnavailableError as error:
            self.errors.append(error)

    def join(self):
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()


def test_every_caller_of_a_writer_whose_backend_is_killed_is_told_and_may_try_again(
    migrated_database,
):
    # C-03
    calls = [[fact(f"e{n}", n % 3), fact(f"all-{n % 2}", n % 2)] for n in range(24)]
    with Writer(migrated_database, KeyRing(KEY)) as one:
        one.record([fact("before")])
        with Held(migrated_database):
            callers = Callers(one, calls)
            until(lambda: waiting_for_a_lock(migrated_database) and one._offers.qsize() > 10)
            assert terminate(migrated_database, "wait_event_type = 'Lock'") == 1
            callers.join()
        assert len(callers.errors) == 24
        assert {str(error)[:33] for error in callers.errors} == {
            "the database is away or went away"
        }

        again = Callers(one, calls)
        again.join()

    assert not again.errors
    assert len(again.told) == 48
    assert check(migrated_database, again.told) == 1 + 24 + 2


def test_backends_killed_at_random_lose_nothing(migrated_database):
    # C-03
    seed = random.randrange(2**32)
    print("seed", seed)
    draw = random.Random(seed)
    told, stop, refusals = [], threading.Event(), []

    def work(one, thread):
        for n in range(60):
            facts = [fact(f"{thread}/{n}", n % 5, personal=n % 4 == 0), fact(f"all/{n}", n % 5)]
            while True:
                try:
                    told.extend(acknowledged(facts, one.record(facts)))
                except StoreUnavailableError as error:
                    refusals.append(error)
                    continue
                break

    with Writer(migrated_database, KeyRing(KEY)) as one:
        threads = [threading.Thread(target=work, args=(one, thread)) for thread in range(6)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            terminate(migrated_database, "true")
            stop.wait(draw.random() / 20)

    assert refusals
    assert len(told) == 6 * 60 * 2
    assert check(migrated_database, told) == 6 * 60 + 60


def test_a_lock_that_somebody_holds_for_long_is_told_to_the_callers_and_nothing_is_skipped(
    migrated_database, monkeypatch
):
    # O-07
    monkeypatch.setattr(writer, "FOR_CALLERS", "-c lock_timeout=200ms -c statement_timeout=5s")
    with Writer(migrated_database, KeyRing(KEY)) as one:
        with Held(migrated_database), pytest.raises(StoreUnavailableError, match="busy"):
            one.record([fact("a")])

        [outcome] = one.record([fact("b")])

    assert (outcome.result, outcome.position) == ("recorded", 1)
    assert check(migrated_database) == 1


def test_a_lock_that_somebody_forgot_is_taken_from_him(migrated_database, monkeypatch):
    # O-07: in life after a minute; see eventstore/connection.py.
    monkeypatch.setattr(
        connection, "_SETTINGS", "-c idle_in_transaction_session_timeout=300ms -c lock_timeout=75s"
    )
    with connect(migrated_database) as forgetful:
        forgetful.cursor().execute("SELECT FROM log_head FOR UPDATE")
        with Writer(migrated_database, KeyRing(KEY)) as one:
            [outcome] = one.record([fact("a")])
        with pytest.raises(psycopg2.Error) as lost:
            forgetful.cursor().execute("SELECT 1")

    assert (outcome.result, outcome.position) == ("recorded", 1)
    message, code = explain(lost.value)
    assert code == 5
    assert "run the same command again" in message


@pytest.mark.parametrize("settings", ["", connection.FOR_CALLERS])
def test_no_connection_of_ours_waits_for_a_lock_without_a_bound(migrated_database, settings):
    opened = connection.open_connection(migrated_database, None, settings)
    with opened.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM current_setting('lock_timeout')::interval),"
            " extract(epoch FROM current_setting('idle_in_transaction_session_timeout')::interval)"
        )
        [(lock, idle)] = cursor.fetchall()
    opened.close()

    # An import outlives a forgotten transaction; a caller is told before that.
    assert lock == (10 if settings else 75)
    assert idle == 60


def test_a_command_that_waits_for_a_lock_in_vain_says_what_to_do(migrated_database):
    with (
        Held(migrated_database),
        connect(migrated_database) as waiting,
        waiting.cursor() as cursor,
    ):
        cursor.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg2.errors.LockNotAvailable) as caught:
            cursor.execute("SELECT FROM log_head FOR UPDATE")

    message, code = explain(caught.value)
    assert code == 5
    assert "Run the same command again" in message


def test_numbers_of_transactions_that_came_to_nothing_are_used_by_others(migrated_database):
    # O-08
    told = []
    with (
        Writer(migrated_database, KeyRing(KEY)) as one,
        connect(migrated_database) as other,
    ):
        for n in range(20):
            with other.cursor() as cursor:
                rolled_back = fact(f"never-{n}", n % 3)
                encoded = encoding.encode(encoding.part(rolled_back), 0, {})
                assert appending.append(cursor, [encoded])[0][1] == n + 1
            other.rollback()
            facts = [fact(f"e{n}", n % 3)]
            told += acknowledged(facts, one.record(facts))

    assert check(migrated_database, told) == 20


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER DATABASE {} SET default_transaction_read_only = on",
        "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM orderproof_writer",
    ],
    ids=["a standby", "rights that are missing"],
)
def test_what_is_no_event_s_fault_is_not_said_to_be_one(migrated_database, statement):
    name = psycopg2.extensions.parse_dsn(migrated_database)["dbname"]
    with connect(migrated_database) as owner, owner, owner.cursor() as cursor:
        cursor.execute(statement.format(name))

    with Writer(migrated_database, KeyRing(KEY)) as one:
        for facts in ([fact("a")], [fact("b", personal=True)]):
            with pytest.raises(StoreUnavailableError):
                one.record(facts)


def test_a_server_that_dies_in_mid_answer_is_away():
    # The driver raises no OperationalError then; see tests/faults/test_full_disk.py.
    died = psycopg2.DatabaseError("server closed the connection unexpectedly")

    assert explain(died) == explain(psycopg2.OperationalError())
    with pytest.raises(persistence.OperationalError), upstream_errors():
        raise died


def test_a_key_that_a_crash_took_away_before_the_writer_connected_is_not_sealed_with(
    migrated_database, monkeypatch
):
    # Keys are made without waiting for the disk. A server that comes back within that moment is
    # new to the writer's first connection, and only the one beside can tell.
    opened = writer.open_connection

    def crash_first(dsn, role, settings):
        if "synchronous_commit=off" not in settings:
            monkeypatch.setattr(writer, "open_connection", opened)
            terminate(dsn, "usename IS NOT NULL")
            with connect(dsn) as owner, owner, owner.cursor() as cursor:
                cursor.execute("SET session_replication_role = replica")
                cursor.execute("DELETE FROM stream_keys")
        return opened(dsn, role, settings)

    monkeypatch.setattr(writer, "open_connection", crash_first)
    facts = [fact("a", personal=True)]
    with Writer(migrated_database, KeyRing(KEY)) as one:
        with pytest.raises(StoreUnavailableError):
            one.record(facts)
        told = acknowledged(facts, one.record(facts))

    assert check(migrated_database, told) == 1
