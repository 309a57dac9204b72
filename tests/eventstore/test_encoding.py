"""What no event may hold is refused for its caller alone, whoever calls and on whichever way."""

import pytest

from domain.event import Fact
from eventstore import appending, searching
from eventstore.bulk import BulkAppender
from eventstore.connection import connect, transaction
from eventstore.errors import EventRefusedError, StoreAlteredError
from eventstore.recording import record, record_by
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer
from tests.faults.facts import acknowledged, fact
from tests.faults.invariants import KEY, check

SECRET = "Nobody Fictional"


def made(**changed):
    given = {
        "stream": "order/de/1",
        "type": "order.closed",
        "source": "/tests",
        "id": "a",
        "occurred_at": "2025-03-03T09:00:00Z",
        "data": {},
    }
    return Fact(**(given | changed))


def nested(depth):
    value = {}
    for _ in range(depth):
        value = {"in": value}
    return value


REFUSED = {
    "source with half a pair": made(source="\ud800"),
    "id with half a pair": made(id=f"{SECRET}\udfff"),
    "stream with half a pair": made(stream="order/de/\ud800"),
    "type with half a pair": made(type="order.\ud800"),
    "type with NUL": made(type="order.\0"),
    "data with half a pair": made(data={"outcome": f"{SECRET}\ud800"}),
    "sealed half a pair": made(data={"note": f"{SECRET}\ud800"}),
    "NUL in the clear": made(data={"outcome": f"{SECRET}\\\0"}),
    "NUL in a name": made(ce={f"{SECRET}\0": 1}),
    "float": made(data={"outcome": 1.5}),
    "large integer": made(data={"outcome": 2**60}),
    "nested too deep": made(data={"note": nested(5_000)}),
    "object": made(data={"note": {SECRET: object()}}),
}


# C-03: a batch fails for the one whose event is bad, and the others are not told to come again.
@pytest.mark.parametrize("bad", REFUSED.values(), ids=REFUSED)
def test_what_no_event_may_hold_is_refused_and_the_way_stays_open(migrated_database, bad):
    ring = KeyRing(KEY)
    good = [fact("good", 2, personal=True)]
    with connect(migrated_database) as connection, Writer(migrated_database, ring) as writer:
        bulk = BulkAppender(connection)
        for way in (
            writer.record,
            lambda facts: record(connection, ring, facts),
            lambda facts: record_by(bulk, lambda: transaction(connection), ring, facts),
        ):
            with pytest.raises(EventRefusedError) as told:
                way([fact("beside", 3), bad])
            assert SECRET not in str(told.value)
            assert told.value.__cause__ is None
            answers = acknowledged(good, way(good))

    assert check(migrated_database, answers) == 1


def test_a_backslash_before_what_looks_like_nul_is_no_nul(migrated_database):
    facts = [
        made(type="order.placed", data={"customer_id": text}, id=text)
        for text in ("\\u0000", "\\\\u0000")
    ]
    with connect(migrated_database) as connection:
        assert {outcome.result for outcome in record(connection, None, facts)} == {"recorded"}
        assert searching.streams_of_customer(connection, "\\u0000") == ["order/de/1"]


def test_nobody_is_looked_for_by_customer_id_while_an_event_cannot_be_read(migrated_database):
    with connect(migrated_database) as connection:
        record(connection, None, [made(type="order.placed", data={"customer_id": "c-1"}, id="a")])
        with transaction(connection) as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("UPDATE events SET body = body || '\\xff'")

        with pytest.raises(StoreAlteredError, match="customer id"):
            searching.streams_of_customer(connection, "c-1")


@pytest.mark.parametrize("version", [-1, -5, 2**63])
def test_an_expected_version_that_no_stream_can_have_is_refused(migrated_database, version):
    with connect(migrated_database) as connection, Writer(migrated_database, KeyRing(KEY)) as own:
        bulk = BulkAppender(connection)
        for way in (
            own.record,
            lambda facts, versions: record(connection, None, facts, versions),
            lambda facts, versions: record_by(
                bulk, lambda: transaction(connection), None, facts, versions
            ),
        ):
            with pytest.raises(ValueError, match="expected version"):
                way([made()], [version])

    assert check(migrated_database) == 0


def test_nothing_to_append_is_no_call(migrated_database):
    with connect(migrated_database) as connection, transaction(connection) as cursor:
        assert appending.append(cursor, []) == []
        assert appending.append_all(cursor, []) == []
