"""Reading the log back: whole, in batches, and what is not what was recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import NewerSchemaError
from domain.event import Fact
from eventstore import log
from eventstore.connection import connect
from eventstore.errors import StoreAlteredError
from eventstore.recording import record
from eventstore.stream_keys import KeyRing


@pytest.fixture
def connection(migrated_database):
    with connect(migrated_database) as opened:
        facts = [
            Fact(
                stream=f"order/de/{n % 3}", type="order.closed", source="/shop", id=str(n),
                occurred_at="2025-03-03T09:00:00Z", data={"outcome": f"paid 付 {n} \\ \" 𠮷"},
            )
            for n in range(1, 51)
        ]  # fmt: skip
        record(opened, KeyRing(bytes(32)), facts)
        yield opened


def tamper(connection, position, body):
    with connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE events SET body = {body} WHERE position = %s", (position,))


@pytest.mark.parametrize("batch", [1, 7, 50, 2_000])
@pytest.mark.parametrize(("after", "upto"), [(0, 50), (3, 44), (49, 50), (50, 50)])
def test_the_log_is_read_in_its_order_whatever_the_batch(
    connection, monkeypatch, batch, after, upto
):
    monkeypatch.setattr(log, "_BATCH", batch)

    read = list(log.events(connection, after, upto))

    assert [event.position for event in read] == list(range(after + 1, upto + 1))
    assert [event.data["outcome"] for event in read] == [
        f'paid 付 {n} \\ " 𠮷' for n in range(after + 1, upto + 1)
    ]


def test_an_event_read_from_its_row_is_the_one_read_from_its_line(connection):
    by_stream = [log.read_order(connection, None, f"order/de/{n}") for n in range(3)]
    by_line = sorted((e for events in by_stream for e in events), key=lambda e: e.position)

    assert list(log.events(connection, 0, 50)) == by_line


def test_the_position_that_was_reached_by_a_moment_is_found(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE events"
            " SET recorded_at = '2025-03-01Z'::timestamptz + position * interval '1 hour'"
        )
    first = datetime(2025, 3, 1, tzinfo=UTC)
    for hours, position in ((0, 0), (1, 0), (1.5, 1), (24, 23), (25, 24), (51, 50), (9_999, 50)):
        assert log.reached_by(connection, first + timedelta(hours=hours)) == position


@pytest.mark.parametrize("moment", ["00:00:00", "23:59:59.5", "12:00:00.000001", "12:00:00.12345"])
def test_the_time_of_recording_is_the_same_however_it_is_read(
    migrated_database, connection, moment
):
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        [(name,)] = cursor.fetchall()
        cursor.execute(f"ALTER DATABASE {name} SET datestyle = 'German'")  # and ours wins
    with connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE events SET recorded_at = %s", (f"2026-02-28 {moment}+00",))

    with connect(migrated_database) as fresh:
        [by_row] = log.events(fresh, 0, 1)
        [by_line] = log.lines(fresh, 0, 1)

    assert by_row.recorded_at == by_line.recorded_at
    assert len(by_row.recorded_at) == len("2026-02-28T00:00:00.000000Z")


@pytest.mark.parametrize("body", ["'garbage'", r"'\xff'", r"'\x00'", "'[]'", "''", "'{}'"])
def test_an_event_that_is_none_is_named_and_those_before_it_are_read(connection, body):
    tamper(connection, 30, body)
    reading = log.events(connection, 0, 50)

    assert [next(reading).position for _ in range(29)] == list(range(1, 30))
    with pytest.raises(StoreAlteredError, match="30"):
        next(reading)
    with pytest.raises(StoreAlteredError, match="30"):
        log.read_order(connection, None, "order/de/0")


@pytest.mark.parametrize(
    "body", ["'garbage'", r"'\xff'", "'[]'", "''", "'{}'", '\'{"schema":"1"}\'']
)
def test_an_event_that_is_none_is_no_repeat_of_what_is_sent_again(connection, body):
    tamper(connection, 7, body)
    again = Fact(
        stream="order/de/1", type="order.closed", source="/shop", id="7",
        occurred_at="2025-03-03T09:00:00Z", data={"outcome": "paid"},
    )  # fmt: skip

    with pytest.raises(StoreAlteredError, match="orderproof verify"):
        record(connection, KeyRing(bytes(32)), [again])


def test_an_event_of_a_newer_version_is_newer_and_not_altered(connection):
    # E-02
    tamper(
        connection, 30,
        "convert_to(replace(convert_from(body, 'UTF8'), '\"schema\":', '\"schema\":9'), 'UTF8')",
    )  # fmt: skip

    with pytest.raises(NewerSchemaError, match="30"):
        list(log.events(connection, 0, 50))
    with pytest.raises(NewerSchemaError, match="30"):
        log.read_order(connection, None, "order/de/0")
    shown = log.read_order(connection, None, "order/de/0", to_show=True)
    assert [event.schema for event in shown if event.position == 30] == [91]
    assert shown[9].data == {"outcome": 'paid 付 30 \\ " 𠮷'}


def test_a_reader_who_stops_early_leaves_the_connection_free(connection, monkeypatch):
    monkeypatch.setattr(log, "_BATCH", 2)
    reading = log.events(connection, 0, 50)
    assert next(reading).position == 1

    reading.close()

    assert log.size(connection) == 50
