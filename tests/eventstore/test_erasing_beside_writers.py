"""An erasure and those who write meanwhile: nobody fails for it, and no order of events changes."""

import threading

import pytest

from domain.stream import stream_id
from eventstore import erasing, log
from eventstore.bulk import BulkAppender
from eventstore.connection import connect, transaction
from eventstore.erasing import Decision, erase
from eventstore.recording import record, record_by
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer
from tests.faults.blocking import until, waiting_for_a_lock
from tests.faults.facts import acknowledged, fact
from tests.faults.invariants import KEY, check

DECISION = Decision("ticket 77", "staff-1", "staff-2", ("contact",))


def forget(dsn, *streams):
    with connect(dsn, erasing.ROLE) as eraser:
        return erase(eraser, streams, DECISION)


# C-04
def test_who_makes_keys_and_who_destroys_them_wait_for_one_another_and_never_for_ever(
    migrated_database,
):
    numbers = sorted(range(3), key=lambda n: stream_id(f"order/de/{n}"))
    streams = [f"order/de/{n}" for n in numbers]
    with connect(migrated_database) as connection:
        # Stored the other way round, so that who reads the table meets them in another order.
        for n in reversed(numbers):
            record(connection, KeyRing(KEY), [fact(f"a{n}", n, personal=True)])
        with transaction(connection) as cursor:
            cursor.execute("ANALYZE stream_keys")  # a small table is read without its index
    failures = []

    def run(work):
        try:
            work()
        except Exception as error:  # noqa: BLE001  # told by the test
            failures.append(error)

    def make():
        with connect(migrated_database) as own, transaction(own) as cursor:
            KeyRing(KEY).ensure(cursor, {(stream_id(stream), "contact") for stream in streams})

    works = [make, lambda: forget(migrated_database, *streams)]
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    with connect(migrated_database) as connection, transaction(connection) as cursor:
        cursor.execute(
            "SELECT FROM stream_keys WHERE stream_id = %s FOR UPDATE", (str(stream_id(streams[1])),)
        )
        for count, thread in enumerate(threads, 1):
            thread.start()
            until(lambda count=count: waiting_for_a_lock(migrated_database) == count)
    for thread in threads:
        thread.join(60)

    assert failures == []


@pytest.mark.parametrize("way", ["record", "writer", "bulk"])
def test_what_an_erasure_overtook_keeps_its_place_before_what_came_after_it(migrated_database, way):
    ring = KeyRing(KEY)
    facts = [fact("placed", 1, personal=True), fact("closed", 1), fact("other", 3)]
    with connect(migrated_database) as connection, Writer(migrated_database, ring) as writer:
        record(
            connection, ring, [fact("first", 1, personal=True), fact("erased", 2, personal=True)]
        )
        assert forget(migrated_database, "order/de/2") is not None
        bulk = BulkAppender(connection)
        outcomes = {
            "record": lambda: record(connection, ring, facts, [1, None, None]),
            "writer": lambda: writer.record(facts, [1, None, None]),
            "bulk": lambda: record_by(
                bulk, lambda: transaction(connection), ring, facts, [1, None, None]
            ),
        }[way]()
        order = log.read_order(connection, ring, "order/de/1")

    assert [(o.result, o.version) for o in outcomes] == [
        ("recorded", 2), ("recorded", 3), ("recorded", 1),
    ]  # fmt: skip
    assert [event.id for event in order] == ["first", "placed", "closed"]
    check(migrated_database, acknowledged(facts, outcomes))
