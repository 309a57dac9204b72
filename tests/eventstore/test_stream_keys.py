"""The keys that a writer keeps in memory: few, none that the database failed to store, none that
an erasure has overtaken."""

from uuid import uuid4

import psycopg2
import pytest

from eventstore import erasing
from eventstore.connection import connect, transaction
from eventstore.errors import KeyMissingError
from eventstore.opening import find
from eventstore.recording import record
from eventstore.stream_keys import KeyRing
from tests.faults.facts import acknowledged, fact
from tests.faults.failing import Calls
from tests.faults.invariants import KEY, check

MAKING, COMMIT = 1, 2


@pytest.fixture
def connection(migrated_database):
    with connect(migrated_database) as opened:
        yield opened


def names(count):
    return [(uuid4(), "contact") for _ in range(count)]


def obtain(ring, connection, wanted):
    return ring.obtain(lambda: transaction(connection), set(wanted))


def test_the_memory_has_a_bound_and_the_longest_unused_key_goes_first(connection):
    ring = KeyRing(KEY, limit=3)
    first, second, third, fourth = names(4)
    for name in (first, second, third):
        obtain(ring, connection, [name])
    obtain(ring, connection, [first])  # used again

    obtain(ring, connection, [fourth])

    assert set(ring.kept([first, second, third, fourth])[1]) == {first, third, fourth}


def test_more_keys_than_the_bound_are_all_given_and_not_all_kept(connection):
    ring = KeyRing(KEY, limit=3)
    wanted = names(20)

    _, given = obtain(ring, connection, wanted)

    assert set(given) == set(wanted)
    assert len(ring.kept(wanted)[1]) == 3
    assert obtain(ring, connection, wanted)[1] == given


def test_a_ring_without_memory_keeps_nothing(connection):
    ring = KeyRing(KEY, limit=0)
    wanted = names(2)

    obtain(ring, connection, wanted)

    assert ring.kept(wanted)[1] == {}


def test_after_an_erasure_no_key_from_before_is_kept(connection, migrated_database):
    ring = KeyRing(KEY)
    before, after = names(2)
    obtain(ring, connection, [before])
    with connect(migrated_database, erasing.ROLE) as eraser, transaction(eraser) as cursor:
        cursor.execute("SELECT destroy_keys(ARRAY[%s]::uuid[], '{contact}')", (str(before[0]),))

    obtain(ring, connection, [after])  # sees the new epoch

    assert set(ring.kept([before, after])[1]) == {after}


def test_the_key_encryption_key_is_asked_for_only_where_there_is_something_to_open(connection):
    def away():
        raise KeyMissingError("away")

    ring = KeyRing(away)

    with transaction(connection) as cursor:
        assert find(cursor, ring, [uuid4()]).keys == {}
    with pytest.raises(KeyMissingError, match="away"):
        obtain(ring, connection, names(1))


def test_a_wrong_key_encryption_key_makes_no_key(connection):
    known, new = names(2)
    obtain(KeyRing(KEY), connection, [known])

    with pytest.raises(KeyMissingError):
        obtain(KeyRing(bytes([1]) * 32), connection, [new])

    with transaction(connection) as cursor:
        cursor.execute("SELECT count(*) FROM stream_keys WHERE stream_id = %s", (str(new[0]),))
        assert cursor.fetchone() == (0,)


def test_no_key_is_in_what_a_ring_says_of_itself(connection):
    ring = KeyRing(b"k" * 32)
    obtain(ring, connection, names(1))

    assert repr(ring) == "KeyRing(…)"


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", [MAKING, COMMIT])
def test_a_key_whose_transaction_failed_is_not_kept(migrated_database, monkeypatch, call, moment):
    calls = Calls(monkeypatch)
    ring = KeyRing(KEY)
    facts = [fact("a", personal=True)]
    with connect(migrated_database) as connection:
        calls.arm(call, moment)
        with pytest.raises((psycopg2.OperationalError, psycopg2.InterfaceError)):
            record(connection, ring, facts)
    assert calls.failed

    with connect(migrated_database) as connection:
        told = acknowledged(facts, record(connection, ring, facts))

    assert check(migrated_database, told) == 1
