"""A subscription yields every event once and in order, whatever happens beside it."""

import threading
import time
from uuid import uuid4

import pytest
from eventsourcing import persistence
from eventsourcing.persistence import StoredEvent

from eventstore.connection import connect
from eventstore.pool import Pool
from eventstore.recorder import Recorder
from eventstore.wakeup import CHANNEL


@pytest.fixture
def pool(migrated_database):
    pool = Pool(migrated_database, "orderproof_writer")
    yield pool
    pool.close()


@pytest.fixture
def recorder(pool):
    return Recorder(pool, plain_events=True)


def plain(originator=None, version=1, topic="thing.happened"):
    return StoredEvent(originator or uuid4(), version, topic, b"{}")


def test_no_event_is_missed_while_writers_commit_and_roll_back(recorder):
    positions = []

    def write():
        for number in range(40):
            recorder.insert_events([plain() for _ in range(1 + number % 3)])
            with pytest.raises(persistence.IntegrityError):
                recorder.insert_events([plain(), plain(version=7)])

    writers = [threading.Thread(target=write) for _ in range(4)]
    with recorder.subscribe() as subscription:
        for writer in writers:
            writer.start()
        for notification in subscription:
            positions.append(notification.id)
            if len(positions) == 4 * 79:
                break
    for writer in writers:
        writer.join()

    assert positions == list(range(1, 4 * 79 + 1))
    assert recorder.max_notification_id() == 4 * 79


def test_a_waiting_reader_is_woken_by_the_commit_and_not_by_a_clock(recorder):
    with recorder.subscribe() as subscription:
        threading.Timer(0.1, recorder.insert_events, ([plain()],)).start()
        started = time.monotonic()
        next(subscription)

    assert time.monotonic() - started < 2


def test_stopping_ends_a_waiting_reader_and_leaves_no_thread_and_no_connection(
    migrated_database, recorder
):
    before = threading.active_count()
    subscription = recorder.subscribe()
    ended = threading.Event()

    def read():
        with subscription:
            list(subscription)
        ended.set()

    threading.Thread(target=read).start()
    subscription.stop()
    subscription.stop()

    assert ended.wait(5)
    for _ in range(500):
        if threading.active_count() == before and not listeners(migrated_database):
            break
        time.sleep(0.01)
    assert threading.active_count() == before
    assert listeners(migrated_database) == []


def test_a_subscription_that_loses_the_database_says_so_and_another_goes_on_from_there(
    migrated_database, recorder
):
    recorder.insert_events([plain(), plain()])
    seen = []

    def follow():
        with recorder.subscribe() as subscription:
            for notification in subscription:
                seen.append(notification.id)
                if len(seen) == 2:
                    cut(migrated_database, _until_listening(migrated_database))

    with pytest.raises(persistence.OperationalError):
        follow()
    recorder.insert_events([plain()])
    with recorder.subscribe(gt=seen[-1]) as subscription:
        seen.append(next(subscription).id)

    assert seen == [1, 2, 3]


def test_types_that_are_not_wanted_are_read_past_once(recorder):
    recorder.insert_events([plain() for _ in range(5)])

    with recorder.subscribe(topics=["wanted"]) as subscription:
        recorder.insert_events([plain(), plain(topic="wanted"), plain()])
        found = next(subscription)
        for _ in range(500):
            if subscription._last_notification_id == 8:
                break
            time.sleep(0.01)
        assert subscription._last_notification_id == 8

    assert found.id == 7


def listeners(dsn):
    with connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND query = %s AND pid <> pg_backend_pid()",
            (f"LISTEN {CHANNEL}",),
        )
        return [pid for (pid,) in cursor.fetchall()]


def _until_listening(dsn):
    for _ in range(500):
        if pids := listeners(dsn):
            return pids
        time.sleep(0.01)
    pytest.fail("nobody listens")


def cut(dsn, pids):
    with connect(dsn) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", (pids,))
