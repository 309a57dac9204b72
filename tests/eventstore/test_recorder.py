"""What the recorder promises beyond its contract: errors, lost connections, who may write what."""

import threading
from uuid import UUID, uuid4

import psycopg2
import pytest
from eventsourcing import persistence
from eventsourcing.persistence import StoredEvent, Tracking

from eventstore import log
from eventstore.connection import connect
from eventstore.pool import Pool
from eventstore.recorder import Recorder
from eventstore.tracking import Tracker, advance
from eventstore.upstream_errors import upstream_errors


@pytest.fixture
def pool(migrated_database):
    pool = Pool(migrated_database, "orderproof_writer", size=3)
    yield pool
    pool.close()


@pytest.fixture
def recorder(pool):
    return Recorder(pool, plain_events=True)


def plain(originator=None, version=1, topic="thing.happened", state=b"{}"):
    return StoredEvent(originator or uuid4(), version, topic, state)


def cut_all_connections(dsn):
    """Close every other connection to the database, as a restart does, and see them closed."""
    with connect(dsn) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_plain_event_is_stored_under_a_stream_of_its_originator(migrated_database, recorder):
    originator = UUID("00000000-0000-0000-0000-00000000002a")

    recorder.insert_events([plain(originator, 0, state=b'{"a":1}')])

    with connect(migrated_database) as connection:
        [line] = log.lines(connection, 0, 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT source, id FROM event_ids")
            identity = cursor.fetchone()
    assert (line.stream, line.version) == (f"aggregate/{originator}", 0)
    assert identity == ("/orderproof", f"aggregate/{originator}/0")


def test_a_plain_event_is_refused_where_it_was_not_asked_for(pool):
    recorder = Recorder(pool)

    with pytest.raises(persistence.ProgrammingError, match="another mapper"):
        recorder.insert_events([plain()])

    assert recorder.max_notification_id() is None


def test_a_stream_is_known_by_a_uuid_alone(recorder):
    with pytest.raises(persistence.ProgrammingError):
        recorder.insert_events([StoredEvent("order-1", 1, "t", b"{}")])
    with pytest.raises(persistence.ProgrammingError):
        recorder.select_events("order-1")


def test_events_with_a_position_to_track_are_refused_and_not_recorded_without_it(recorder):
    with pytest.raises(persistence.NotSupportedError):
        recorder.insert_events([plain()], tracking=Tracking("other", 1))

    assert recorder.max_notification_id() is None


def test_a_gap_in_a_stream_is_refused(recorder):
    with pytest.raises(persistence.IntegrityError, match="conflict"):
        recorder.insert_events([plain(version=3)])


def test_an_error_of_the_database_says_what_kind_it_is_and_quotes_nothing(pool):
    with (
        pytest.raises(persistence.DataError) as caught,
        upstream_errors(),
        pool.statement() as cursor,
    ):
        cursor.execute("SELECT %s::int[]", ("Test Buyer",))

    assert "SQLSTATE 22P02" in str(caught.value)
    assert "Test Buyer" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_connections_that_the_server_closed_are_not_lent(migrated_database, recorder):
    recorder.insert_events([plain()])

    cut_all_connections(migrated_database)

    assert recorder.insert_events([plain()]) == [2]


def test_an_insert_that_loses_its_connection_fails_whole_and_the_next_one_goes_well(
    migrated_database, recorder
):
    errors = []

    def insert():
        try:
            recorder.insert_events([plain(), plain()])
        except persistence.OperationalError as error:
            errors.append(error)

    with connect(migrated_database) as holder, holder.cursor() as cursor:
        cursor.execute("SELECT FROM log_head FOR UPDATE")
        thread = threading.Thread(target=insert)
        thread.start()
        _until_blocked(cursor)
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        thread.join(timeout=10)
        holder.rollback()

    assert len(errors) == 1
    assert recorder.max_notification_id() is None
    assert recorder.insert_events([plain()]) == [1]


def _until_blocked(cursor):
    for _ in range(1000):
        cursor.execute(
            "SELECT pg_sleep(0.005), pg_stat_clear_snapshot(), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        if cursor.fetchone()[2]:
            return
    pytest.fail("the insert never waited")


def test_a_database_that_is_away_is_an_operational_error():
    recorder = Recorder(Pool("host=127.0.0.1 port=1 dbname=nowhere"))

    with pytest.raises(persistence.OperationalError):
        recorder.max_notification_id()


def test_no_more_connections_are_open_than_the_pool_has_places(migrated_database):
    pool = Pool(migrated_database, size=1, patience=0.05)
    recorder = Recorder(pool)

    with (
        pool.statement(),
        pytest.raises(persistence.OperationalError, match="all 1 connections"),
    ):
        recorder.max_notification_id()

    assert recorder.max_notification_id() is None
    pool.close()


def test_a_closed_pool_lends_nothing_and_closes_what_comes_back(migrated_database):
    pool = Pool(migrated_database)

    with pool.connection() as connection:
        pool.close()

    assert connection.closed
    with pytest.raises(persistence.InterfaceError):
        Recorder(pool).max_notification_id()


def test_a_connection_left_in_a_transaction_is_not_lent_again(migrated_database):
    pool = Pool(migrated_database)

    with pool.statement() as cursor:
        cursor.execute("BEGIN")
    with pool.statement() as cursor:
        status = cursor.connection.info.transaction_status

    assert status == psycopg2.extensions.TRANSACTION_STATUS_IDLE
    pool.close()


def test_a_position_moves_once_however_many_try_at_the_same_time(migrated_database):
    pool = Pool(migrated_database, "orderproof_projector", size=8)
    tracker = Tracker(pool)
    barrier = threading.Barrier(8)
    won = []

    def track(number):
        for id_ in range(1, 26):
            barrier.wait()
            try:
                tracker.insert_tracking(Tracking("orders", id_))
            except persistence.IntegrityError:
                continue
            won.append((id_, number))

    threads = [threading.Thread(target=track, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(id_ for id_, _ in won) == list(range(1, 26))
    assert tracker.max_tracking_id("orders") == 25
    pool.close()


def test_a_position_moves_with_the_rows_of_its_transaction_or_not_at_all(migrated_database):
    pool = Pool(migrated_database)
    tracker = Tracker(pool)

    def process():
        with pool.transaction() as cursor:
            advance(cursor, Tracking("orders", 1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        process()

    assert tracker.max_tracking_id("orders") is None
    pool.close()
