"""O-06, O-07, O-08, O-09: nothing is missed and nothing counted twice, whatever writers do."""

import random
import sys
import threading
import time

import psycopg2
import pytest

from eventstore import lock_holder, recording
from eventstore.connection import connect
from eventstore.lock_holder import LockHolder
from eventstore.stream_keys import KeyRing
from projections import bookkeeping, runner, status
from tests.projections.projection_scene import (
    KEY,
    POSITIONS,
    PROJECTIONS,
    SUMMARY,
    fact,
    order_facts,
)

NOBODY = LockHolder(pid=0, seconds=None, idle=False, waiting=0)


def write(scene, number, events, seed, errors, deadline):
    """Append events over a connection of its own, some slowly, some rolled back, some twice."""
    draw = random.Random(seed)
    try:
        connection = scene.connect()
        ring = KeyRing(KEY)
        done = 0
        while done < events and time.monotonic() < deadline:
            count = min(draw.choice([1, 1, 2, 5, 20]), events - done)
            facts = [
                fact(f"{number}-{draw.randrange(200)}", f"{number}-{done + n}", "order.closed", {})
                for n in range(count)
            ]
            kind = draw.random()
            if kind < 0.1:
                roll_back(connection, ring, facts)
            recording.record(connection, ring, facts)
            if kind > 0.95:
                recording.record(connection, ring, facts)  # a repeat: nothing new
            if kind > 0.9:
                time.sleep(draw.random() / 200)
            done += count
    except Exception as error:  # noqa: BLE001  # told by the test
        errors.append(error)


def roll_back(connection, ring, facts):
    """Append inside a transaction that takes its time and comes to nothing."""
    from eventstore import appending, encoding

    encoded = [encoding.encode(encoding.part(each), None, {}) for each in facts]
    with connection.cursor() as cursor:
        appending.append(cursor, encoded)
        time.sleep(0.002)
    connection.rollback()


def hammer(scene, events, writers, readers, seconds=300.0):
    """Write from several sides and project from several sides at once; return the rows."""
    scene.catch_up(POSITIONS, SUMMARY)
    errors, stop = [], threading.Event()
    seed, deadline = random.randrange(2**32), time.monotonic() + seconds
    print("seed", seed)

    def project(connection, log):
        try:
            while not stop.is_set():
                runner.catch_up(connection, log, [POSITIONS, SUMMARY])
        except Exception as error:  # noqa: BLE001  # told by the test
            errors.append(error)

    sides = [(scene.connect("orderproof_projector"), scene.new_log()) for _ in range(readers)]
    projecting = [threading.Thread(target=project, args=side) for side in sides]
    writing = [
        threading.Thread(
            target=write, args=[scene, n, events // writers, seed + n, errors, deadline]
        )
        for n in range(writers)
    ]
    for thread in projecting + writing:
        thread.start()
    for thread in writing:
        thread.join()
    stop.set()
    for thread in projecting:
        thread.join()
    scene.catch_up(POSITIONS, SUMMARY)
    assert errors == []
    assert scene.query("SELECT sum(events)::int FROM views.order_summary") == [(scene.log.size(),)]
    return [n for (n,) in scene.query("SELECT position FROM views.listing ORDER BY 1")]


def test_no_position_is_missed_or_seen_twice_under_concurrent_commits(scene):
    # O-06: some writers are slow, some roll back, and they come in any sequence.
    rows = hammer(scene, 3_000, writers=4, readers=2)

    assert rows == list(range(1, 3_001))


@pytest.mark.faults
def test_none_of_a_hundred_thousand_is_missed_or_seen_twice_as_far_as_the_time_goes(
    scene, fault_seconds
):
    # O-06
    rows = hammer(scene, 100_000, writers=8, readers=2, seconds=fault_seconds)

    size = scene.log.size()
    sys.stderr.write(f"\n{size} of 100000 events, {size - len(set(rows))} missed\n")
    assert rows == list(range(1, size + 1))
    assert size >= 1_000


def test_a_rolled_back_append_leaves_no_hole_and_no_false_alarm(scene):
    # O-08
    scene.record(order_facts("77")[:3])
    roll_back(scene.writer, scene.ring, order_facts("77")[3:6])
    scene.record(order_facts("77")[6:])

    assert scene.catch_up(POSITIONS) == 6
    assert scene.query("SELECT position FROM views.listing ORDER BY 1") == [
        (n,) for n in range(1, 7)
    ]


def test_an_open_transaction_is_shown_skips_nothing_and_is_ended(scene):
    # O-07: somebody holds the writers' lock and forgets it.
    scene.record(order_facts("77"))
    forgetful = scene.connect()
    with forgetful.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '700ms'")  # else a minute
        forgetful.commit()
        cursor.execute("SELECT position FROM log_head FOR UPDATE")
    waiting = threading.Thread(target=scene.record, args=[order_facts("78")])
    waiting.start()
    time.sleep(0.2)

    assert scene.catch_up(POSITIONS) == 9
    watching = scene.connect()
    assert status.longest_transaction(watching) > 0.1
    waiting.join(20)
    assert scene.catch_up(POSITIONS) == 18
    with pytest.raises(psycopg2.Error):
        forgetful.cursor().execute("SELECT 1")


def append_and_wait(scene, facts):
    """Append in a transaction that stays open; return its connection."""
    from eventstore import appending, encoding

    slow = scene.connect()
    encoded = [encoding.encode(encoding.part(each), None, {}) for each in facts]
    with slow.cursor() as cursor:
        appending.append(cursor, encoded)
    return slow


def test_events_of_a_transaction_that_stays_open_are_not_skipped_but_come_later(scene):
    # O-07: positions 10 and 11 are given and not committed; nobody can get 12 before that.
    scene.record(order_facts("77"))
    scene.catch_up(POSITIONS)
    slow = append_and_wait(scene, [fact("78", str(n), "order.closed", {}) for n in range(2)])
    others = [
        threading.Thread(target=record_alone, args=[scene.dsn, order_facts(f"8{n}")])
        for n in range(2)
    ]
    for other in others:
        other.start()
    watching = scene.connect()
    assert until(lambda: (lock_holder.find(watching) or NOBODY).waiting == 2)
    holder = lock_holder.find(watching)

    reached = [scene.catch_up(POSITIONS) for _ in range(3)]
    slow.commit()
    for other in others:
        other.join(30)

    assert reached == [9, 9, 9]
    assert (holder.pid, holder.idle) == (slow.info.backend_pid, True)
    assert holder.seconds > 0
    assert lock_holder.find(watching) is None
    assert scene.catch_up(POSITIONS) == 29
    assert scene.query("SELECT position FROM views.listing ORDER BY 1") == [
        (n,) for n in range(1, 30)
    ]


def test_who_only_reads_the_head_is_no_holder_of_the_lock(scene):
    reader = scene.connect()
    reader.cursor().execute("SELECT position FROM log_head")  # and the transaction stays open

    assert lock_holder.find(scene.connect()) is None
    reader.rollback()


def record_alone(dsn, facts):
    with connect(dsn) as connection:
        return recording.record(connection, KeyRing(KEY), facts)


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_our_connections_have_a_bound_for_forgotten_transactions(scene):
    with scene.views, scene.views.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchall() == [("1min",)]


def test_a_slow_consumer_goes_in_bounded_batches_and_shows_its_lag(scene, monkeypatch):
    # O-09, short: tests/orderproof/test_far_behind.py has many more events.
    monkeypatch.setattr(runner, "BATCH", 50)
    scene.catch_up()
    for n in range(60):
        scene.record(order_facts(f"{n}"))
    lags, read = [], []
    real = scene.log.stored

    def stored(orders):
        read.append(sum(order.events for order in orders))
        return real(orders)

    def between(done, total):
        [model, *_] = status.read(scene.connect(), total, PROJECTIONS)
        lags.append(model.lag)

    monkeypatch.setattr(scene.log, "stored", stored)
    runner.catch_up(scene.views, scene.log, PROJECTIONS, between)

    assert lags == [490 - 50 * n for n in range(10)] + [0]
    assert max(read) <= 50 + 2 * 8  # a batch, and the rest of the orders at its two ends


def test_writers_do_not_wait_for_a_consumer_in_the_middle_of_a_batch(scene, monkeypatch):
    # O-09: its rows are written and not committed, and stay so until the writer is done.
    scene.catch_up()
    scene.record(order_facts("77"))
    real, outcomes = bookkeeping.advance, []

    def advance(cursor, projections, position):
        writer = threading.Thread(
            target=lambda: outcomes.append(record_alone(scene.dsn, order_facts("78")))
        )
        writer.start()
        writer.join(30)
        real(cursor, projections, position)

    monkeypatch.setattr(bookkeeping, "advance", advance)
    scene.catch_up()

    assert len(outcomes[0]) == 9
    monkeypatch.undo()
    assert scene.catch_up() == 18


def test_a_hot_order_is_read_once_and_not_once_a_batch(scene, monkeypatch):
    monkeypatch.setattr(runner, "BATCH", 10)
    scene.catch_up(POSITIONS)
    for n in range(20):
        scene.record([fact("hot", f"{n}-{m}", "order.closed", {}) for m in range(10)])
    read = []
    real = scene.log.stored

    def stored(orders):
        read.extend(order.stream for order in orders)
        return real(orders)

    monkeypatch.setattr(scene.log, "stored", stored)
    scene.catch_up(POSITIONS)

    assert read == ["order/de/hot"]
    assert len(scene.query("SELECT * FROM views.listing")) == 200
