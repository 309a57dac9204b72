"""Keys in memory are those that the database has: nothing is sealed with any other."""

import psycopg2
import pytest

from eventstore.connection import connect
from eventstore.recording import record
from eventstore.stream_keys import KeyRing
from tests.faults.facts import acknowledged, fact
from tests.faults.failing import Calls
from tests.faults.invariants import KEY, check

MAKING, COMMIT = 1, 2


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
