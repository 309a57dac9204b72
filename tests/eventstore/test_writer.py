"""Group commit: many callers, one connection, and each gets the answers to its own events."""

import multiprocessing
import os
import signal
import threading

import pytest

from domain.stream import stream_id
from eventstore import appending, log
from eventstore.connection import connect
from eventstore.encoding import MAX_BODY
from eventstore.errors import EventRefusedError, StoreUnavailableError
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer
from tests.faults.blocking import Held, until, waiting_for_a_lock
from tests.faults.facts import acknowledged, fact
from tests.faults.invariants import KEY, check


@pytest.fixture
def writer(migrated_database):
    with Writer(migrated_database, KeyRing(KEY)) as writer:
        yield writer


@pytest.fixture
def calls(monkeypatch):
    """The ids of the events of each call of `append`, as they go to the database."""
    seen = []
    append = appending.append

    def counted(cursor, events):
        if events:  # nothing goes to the database for none
            seen.append([event.id for event in events])
        return append(cursor, events)

    monkeypatch.setattr(appending, "append", counted)
    return seen


def together(writer, dsn, *offers):
    """Offer at once, each from a thread of its own, in one batch behind a held lock.

    Each offer is a list of facts, or a pair of them and their expected versions. Returns what each
    caller got: outcomes or an exception.
    """
    got = [None] * len(offers)

    def call(number, offer):
        facts, versions = offer if isinstance(offer, tuple) else (offer, None)
        try:
            got[number] = writer.record(facts, versions)
        except Exception as error:  # noqa: BLE001  # told by the test
            got[number] = error

    with Held(dsn):
        first = threading.Thread(target=writer.record, args=([fact(f"first-{id(got)}", 999)],))
        first.start()
        until(lambda: waiting_for_a_lock(dsn) == 1)
        threads = []
        for number, offer in enumerate(offers):
            before = writer._offers.qsize()
            threads.append(threading.Thread(target=call, args=(number, offer)))
            threads[-1].start()
            # In this order: the next one comes when this one is in the queue, or was refused.
            until(lambda: writer._offers.qsize() > before or not threads[-1].is_alive())
    for thread in [first, *threads]:
        thread.join(60)
        assert not thread.is_alive()
    return got


def results(outcomes):
    return [(outcome.result, outcome.position, outcome.version) for outcome in outcomes]


def test_callers_who_come_during_a_commit_share_the_next_one(writer, migrated_database, calls):
    got = together(writer, migrated_database, *[[fact(f"e{n}", n)] for n in range(8)])

    assert len(calls) == 2
    assert calls[1] == [f"e{n}" for n in range(8)]
    assert [results(outcomes) for outcomes in got] == [[("recorded", n + 2, 1)] for n in range(8)]
    assert check(migrated_database) == 9


def test_a_batch_is_answered_in_its_own_order(writer, migrated_database):
    batch = [fact("c", 2), fact("a", 1), fact("b", 2)]

    got = together(writer, migrated_database, [fact("x", 1)], batch, [fact("y", 2)])

    assert results(got[0]) == [("recorded", 2, 1)]
    assert results(got[1]) == [("recorded", 3, 1), ("recorded", 4, 2), ("recorded", 5, 2)]
    assert results(got[2]) == [("recorded", 6, 3)]
    check(migrated_database)


def test_a_duplicate_a_mismatch_and_a_conflict_each_meet_their_caller_alone(
    writer, migrated_database, calls
):
    writer.record([fact("known"), fact("other")])

    got = together(
        writer,
        migrated_database,
        [fact("a", 2)],
        [fact("known")],
        [fact("other", note="changed")],
        ([fact("late")], [1]),
        [fact("b", 2)],
    )

    assert len(calls[-1]) == 5
    assert results(got[0]) == [("recorded", 4, 1)]
    assert results(got[1]) == [("duplicate", 1, 1)]
    assert results(got[2]) == [("mismatch", 2, 2)]
    assert results(got[3]) == [("conflict", None, 2)]
    assert results(got[4]) == [("recorded", 5, 2)]
    assert check(migrated_database) == 5


def test_of_two_callers_with_one_expected_version_one_gets_it(writer, migrated_database):
    got = together(
        writer, migrated_database, ([fact("a")], [0]), ([fact("b")], [0]), ([fact("c")], [1])
    )

    assert [results(outcomes) for outcomes in got] == [
        [("recorded", 2, 1)], [("conflict", None, 1)], [("recorded", 3, 2)],
    ]  # fmt: skip
    check(migrated_database)


def test_an_event_that_is_too_large_fails_for_its_caller_before_anybody_waits(
    writer, migrated_database
):
    large = fact("large", note="x" * MAX_BODY)

    got = together(writer, migrated_database, [fact("a", 2)], [large], [fact("b", 2)])

    assert isinstance(got[1], EventRefusedError)
    assert results(got[0]) + results(got[2]) == [("recorded", 2, 1), ("recorded", 3, 2)]
    assert check(migrated_database) == 3


def test_what_the_database_alone_refuses_fails_for_its_caller_alone(
    writer, migrated_database, calls
):
    # The stream's key belongs to another name: a thing that only the database can know.
    writer.record([fact("a", 7)])
    with connect(migrated_database) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "INSERT INTO streams VALUES (%s, 'order/de/not-8', 1, '\\x00', 1, 99)",
            (str(stream_id("order/de/8")),),
        )

    got = together(writer, migrated_database, [fact("b", 7)], [fact("c", 8)], [fact("d", 7)])

    assert isinstance(got[1], EventRefusedError)
    assert "order/de" not in str(got[1])
    assert results(got[0]) + results(got[2]) == [("recorded", 3, 2), ("recorded", 4, 3)]
    assert calls[-4:] == [["b", "c", "d"], ["b"], ["c"], ["d"]]


def test_the_same_event_from_two_callers_in_one_batch_is_recorded_for_one(
    writer, migrated_database, calls
):
    got = together(writer, migrated_database, [fact("a")], [fact("b"), fact("a")], [fact("c")])

    assert calls[1:] == [["a"], ["b", "a", "c"]]
    assert results(got[0]) == [("recorded", 2, 1)]
    assert results(got[1]) == [("recorded", 3, 2), ("duplicate", 2, 1)]
    assert results(got[2]) == [("recorded", 4, 3)]
    check(migrated_database)


def test_an_erasure_that_overtakes_a_batch_has_it_sealed_anew_and_nobody_notices(
    writer, migrated_database
):
    writer.record([fact("old", 1, personal=True)])
    done = threading.Event()

    def erase():
        with connect(migrated_database) as own, own, own.cursor() as cursor:
            cursor.execute(
                "SELECT FROM destroy_keys(%s::uuid[], '{tax,contact,fraud}')",
                ([str(stream_id("order/de/1"))],),
            )
        done.set()

    got = []
    with Held(migrated_database):
        threads = [threading.Thread(target=erase)]
        threads[0].start()
        until(lambda: waiting_for_a_lock(migrated_database) == 1)
        # Sealed with the old key, and in line behind the erasure.
        threads += [
            threading.Thread(
                target=lambda n=n: got.append(writer.record([fact(f"new-{n}", 1, personal=n > 0)]))
            )
            for n in range(3)
        ]
        for thread in threads[1:]:
            thread.start()
        until(lambda: waiting_for_a_lock(migrated_database) == 2)
    for thread in threads:
        thread.join(60)

    assert done.is_set()
    assert [outcome.result for [outcome] in got] == ["recorded"] * 3
    assert check(migrated_database) == 4
    with connect(migrated_database) as connection:
        events = log.read_order(connection, KeyRing(KEY), "order/de/1")
    assert [event.sealed for event in events if event.id == "old"] == [True]
    assert not any(event.sealed for event in events if event.id != "old")


def test_closing_finishes_what_was_offered_and_then_takes_no_more(migrated_database):
    writer = Writer(migrated_database, KeyRing(KEY))
    got = []
    with Held(migrated_database):
        threads = [
            threading.Thread(target=lambda n=n: got.append(writer.record([fact(f"e{n}")])))
            for n in range(4)
        ]
        threads[0].start()
        until(lambda: waiting_for_a_lock(migrated_database) == 1)
        for thread in threads[1:]:
            thread.start()
        until(lambda: writer._offers.qsize() == 3)
        closing = threading.Thread(target=writer.close)
        closing.start()
        until(lambda: writer._closed)
        with pytest.raises(StoreUnavailableError, match="closed"):
            writer.record([fact("late")])
    closing.join(60)
    for thread in threads:
        thread.join(60)

    assert sorted(outcome.position for [outcome] in got) == [1, 2, 3, 4]
    writer.close()


def test_a_process_that_was_forked_is_told_that_the_writer_is_not_its_own(writer):
    writer.record([fact("a")])
    child = multiprocessing.get_context("fork").Process(target=in_a_child, args=(writer,))
    child.start()
    child.join(30)
    try:
        assert child.exitcode == 23
    finally:
        if child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
    assert results(writer.record([fact("b")])) == [("recorded", 2, 2)]


def in_a_child(writer):
    try:
        writer.record([fact("of-the-child")])
    except RuntimeError:
        os._exit(23)


def test_writers_of_several_processes_leave_no_gap_and_no_double(migrated_database):
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    processes = [
        context.Process(target=record_many, args=(migrated_database, n, told)) for n in range(2)
    ]
    for process in processes:
        process.start()
    answers = [told.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(30)

    everything = [one for answer in answers for one in answer]
    assert len(everything) == 2 * 4 * 25
    assert check(migrated_database, everything) == 2 * 4 * 20 + 5


def record_many(dsn, number, told):
    """Record from four threads of a process of its own; every fifth event is everybody's."""
    answers = []
    with Writer(dsn, KeyRing(KEY)) as writer:

        def work(thread):
            for n in range(25):
                name = f"all/{n}" if n % 5 == 0 else f"{number}/{thread}/{n}"
                facts = [fact(name, n % 3, personal=n % 5 == 1)]
                answers.extend(acknowledged(facts, writer.record(facts)))

        threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    told.put(answers)
