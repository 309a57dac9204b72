"""Recording right behind a version: all of it, or nothing."""

import threading

import pytest

from domain.event import Fact
from domain.stream import stream_id
from eventstore import log
from eventstore.connection import connect
from eventstore.recording import record, record_after
from eventstore.stream_keys import KeyRing

STREAM = "order/de/1"


def fact(id, stream=STREAM, **data):
    return Fact(
        stream=stream, type="message.sent", source="/shop", id=id,
        occurred_at="2025-03-03T09:00:00Z", data={"message_id": id, "body": "Hello", **data},
    )  # fmt: skip


@pytest.fixture
def connection(migrated_database):
    with connect(migrated_database) as opened:
        yield opened


@pytest.fixture
def ring():
    return KeyRing(bytes(32))


def ids(connection):
    return [event.id for event in log.read_order(connection, None, STREAM)]


def test_facts_are_recorded_one_behind_the_other(connection, ring):
    assert record_after(connection, ring, [fact("a"), fact("b")], 0)
    assert record_after(connection, ring, [fact("c")], 2)

    assert ids(connection) == ["a", "b", "c"]


@pytest.mark.parametrize("version", [0, 1, 3, 7])
def test_nothing_is_recorded_behind_another_version(connection, ring, version):
    record(connection, ring, [fact("a"), fact("b")])

    assert not record_after(connection, ring, [fact("c"), fact("d")], version)

    assert ids(connection) == ["a", "b"]


# The stream went on by one: the second fact would find just the version that it expects.
def test_where_one_fact_came_between_not_even_the_second_is_recorded(connection, ring):
    record(connection, ring, [fact("a")])
    record(connection, ring, [fact("between")])

    assert not record_after(connection, ring, [fact("c"), fact("d")], 1)

    assert ids(connection) == ["a", "between"]


@pytest.mark.parametrize("known", ["c", "d"])
def test_nothing_is_recorded_where_one_of_them_is_there_already(connection, ring, known):
    record(connection, ring, [fact("a"), fact(known, stream="order/de/2")])

    assert not record_after(connection, ring, [fact("c"), fact("d")], 1)

    assert ids(connection) == ["a"]


def test_what_was_sealed_before_an_erasure_is_sealed_again(connection, ring, migrated_database):
    record(connection, ring, [fact("a")])  # the ring keeps the key
    with connect(migrated_database) as other, other, other.cursor() as cursor:
        cursor.execute(
            "SELECT destroy_keys(ARRAY[%s]::uuid[], ARRAY['contact'])", (str(stream_id(STREAM)),)
        )

    assert record_after(connection, ring, [fact("b"), fact("c")], 1)

    opened = log.read_order(connection, KeyRing(bytes(32)), STREAM)
    assert [event.data.get("body") for event in opened] == [None, "Hello", "Hello"]


def test_of_many_who_record_behind_the_same_version_one_is_recorded(ring, migrated_database):
    start, results = threading.Barrier(6), []

    def work(number):
        with connect(migrated_database) as own:
            start.wait(30)
            facts = [fact(f"{number}-{step}") for step in range(3)]
            results.append((number, record_after(own, KeyRing(bytes(32)), facts, 0)))

    threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    [winner] = [number for number, recorded in results if recorded]
    assert len(results) == 6
    with connect(migrated_database) as connection:
        assert ids(connection) == [f"{winner}-{step}" for step in range(3)]
