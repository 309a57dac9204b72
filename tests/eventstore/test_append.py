"""The SQL function that records, against the pure function that writes a line."""

import hashlib
import threading

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.event import Fact
from domain.line import first_prev, line_hash
from eventstore import log
from eventstore.connection import connect
from eventstore.recording import record
from eventstore.stream_keys import KeyRing

KEY = KeyRing(bytes(32), limit=0)  # each test has a database of its own
# What intake lets through: no NUL, no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


def fact(id, stream="order/de/1", type="order.closed", data=None, source="/shop"):
    return Fact(
        stream=stream,
        type=type,
        source=source,
        id=id,
        occurred_at="2025-03-03T09:00:00Z",
        data={"outcome": "done"} if data is None else data,
    )


@pytest.fixture
def connection(migrated_database):
    with connect(migrated_database) as opened:
        yield opened


def all_lines(connection):
    return list(log.lines(connection, 0, log.size(connection)))


def test_positions_are_dense_and_versions_count_each_stream(connection):
    outcomes = record(
        connection, KEY, [fact("a"), fact("b", stream="order/de/2"), fact("c"), fact("d")]
    )

    assert [(o.result, o.position, o.version) for o in outcomes] == [
        ("recorded", 1, 1), ("recorded", 2, 1), ("recorded", 3, 2), ("recorded", 4, 3),
    ]  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(stream=TEXT, type_=TEXT)
def test_the_database_hashes_the_same_line_that_the_domain_writes(connection, stream, type_):
    before = log.size(connection)

    record(connection, KEY, [fact(f"{before}/{n}", f"order/de/{stream}", type_) for n in range(3)])

    with connection.cursor() as cursor:
        cursor.execute("SELECT position, hash FROM events WHERE position > %s", (before,))
        stored = {position: bytes(hash_) for position, hash_ in cursor.fetchall()}
    lines = list(log.lines(connection, before, log.size(connection)))
    assert {line.position: line_hash(line.encode()) for line in lines} == stored


def test_each_line_names_the_hash_of_the_one_before_it_in_its_stream(connection):
    record(connection, KEY, [fact("a"), fact("b", stream="order/de/2"), fact("c")])

    first, other, second = all_lines(connection)

    assert first.prev == first_prev("order/de/1")
    assert other.prev == first_prev("order/de/2")
    assert second.prev == line_hash(first.encode()).hex()


def test_a_repeat_is_a_duplicate_and_stored_once(connection):
    record(connection, KEY, [fact("a")])

    [outcome] = record(connection, KEY, [fact("a")])

    assert (outcome.result, outcome.position, outcome.version) == ("duplicate", 1, 1)
    assert log.size(connection) == 1


@pytest.mark.parametrize(
    "other",
    [
        fact("a", data={"outcome": "other"}),
        fact("a", stream="order/de/2"),
        fact("a", type="order.cancelled"),
    ],
    ids=["body", "stream", "type"],
)
def test_the_same_source_and_id_with_other_content_is_a_mismatch(connection, other):
    [recorded] = record(connection, KEY, [fact("a")])

    [outcome] = record(connection, KEY, [other])

    assert outcome.result == "mismatch"
    assert outcome.stored_digest == recorded.digest
    assert log.size(connection) == 1


def test_a_repeat_inside_one_batch_is_found(connection):
    outcomes = record(connection, KEY, [fact("a"), fact("a"), fact("a", data={"outcome": "x"})])

    assert [o.result for o in outcomes] == ["recorded", "duplicate", "mismatch"]


def test_the_same_id_of_another_source_is_another_event(connection):
    outcomes = record(connection, KEY, [fact("a"), fact("a", source="/erp")])

    assert [o.position for o in outcomes] == [1, 2]


def test_an_expected_version_that_is_not_there_is_a_conflict_for_that_event_alone(connection):
    outcomes = record(
        connection, KEY, [fact("a"), fact("b"), fact("c")], expected_versions=[0, 0, 1]
    )

    assert [(o.result, o.position, o.version) for o in outcomes] == [
        ("recorded", 1, 1), ("conflict", None, 1), ("recorded", 2, 2),
    ]  # fmt: skip


def test_personal_data_repeats_to_the_same_sealed_bytes(connection):
    placed = fact("a", type="order.placed", data={"buyer": {"name": "Test Buyer"}, "total": 1})
    record(connection, KEY, [placed])

    [outcome] = record(connection, KEY, [placed])

    assert outcome.result == "duplicate"


def test_personal_data_is_sealed_in_the_body_and_opens_with_the_key(connection):
    data = {"buyer": {"name": "Canary Name", "country": "DE"}, "currency": "EUR", "total": 1}
    record(connection, KEY, [fact("a", type="order.placed", data=data)])

    [line] = all_lines(connection)

    assert b"Canary" not in line.body
    assert b'"country":"DE"' in line.body
    [event] = log.read_order(connection, KEY, "order/de/1")
    assert event.data == data
    [sealed] = log.read_order(connection, None, "order/de/1")
    assert sealed.data == {"buyer": {"country": "DE"}, "currency": "EUR", "total": 1}
    assert sealed.sealed


def test_writers_at_once_leave_no_gap_and_no_double(migrated_database):
    def write(writer):
        with connect(migrated_database) as own:
            for n in range(20):
                record(
                    own, KEY, [fact(f"{writer}/{n}", stream=f"order/de/{n % 3}"), fact(f"x/{n}")]
                )

    threads = [threading.Thread(target=write, args=(w,)) for w in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with connect(migrated_database) as connection:
        lines = all_lines(connection)
    assert [line.position for line in lines] == list(range(1, 4 * 20 + 20 + 1))
    heads = {}
    for line in lines:
        version, prev = heads.get(line.stream, (0, first_prev(line.stream)))
        assert (line.version, line.prev) == (version + 1, prev)
        heads[line.stream] = (line.version, hashlib.sha256(line.encode()).hexdigest())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET type = 'x'",
        "DELETE FROM events",
        "TRUNCATE events",
        "UPDATE event_ids SET position = 2",
        "DELETE FROM event_ids",
        "TRUNCATE event_ids",
        "DELETE FROM streams",
        "TRUNCATE streams",
        "DELETE FROM log_head",
        "TRUNCATE log_head",
    ],
)
def test_what_was_recorded_cannot_be_changed(connection, statement):
    record(connection, KEY, [fact("a")])

    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="final"):  # noqa: SIM117
        with connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_rolled_back_append_uses_no_number(connection):
    # O-08
    record(connection, KEY, [fact("a")])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM append('{order/de/9}', '{00000000-0000-0000-0000-000000000009}',"
            " '{t}', '{s}', '{i}', '{\"\\\\x7b7d\"}', '{NULL}', '{NULL}')"
        )
    connection.rollback()

    [outcome] = record(connection, KEY, [fact("b")])

    assert outcome.position == 2
