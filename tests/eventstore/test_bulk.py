"""The bulk path stores what `append` would have stored, byte for byte, under the same lock."""

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.stream import stream_id
from eventstore import bulk, log
from eventstore.bulk import BulkAppender
from eventstore.connection import connect, transaction
from eventstore.recording import record, record_by
from eventstore.stream_keys import KeyRing
from tests.faults.facts import acknowledged, fact
from tests.faults.invariants import KEY, check

CLOCK = (
    "CREATE OR REPLACE FUNCTION log_clock() RETURNS timestamptz LANGUAGE sql"
    " AS $$ SELECT timestamptz '2026-01-02T03:04:05.678901Z' $$"
)
TABLES = {
    "events": "SELECT * FROM events ORDER BY position",
    "event_ids": "SELECT * FROM event_ids ORDER BY position",
    "streams": "SELECT * FROM streams ORDER BY stream",
    "log_head": "SELECT position FROM log_head",
}


@pytest.fixture
def connection(migrated_database):
    with connect(migrated_database, bulk.ROLE) as opened:
        yield opened


@pytest.fixture
def appender(connection):
    return BulkAppender(connection)


@pytest.fixture
def transactions(appender, monkeypatch):
    """How many events each transaction offered, and whether it looked them up first."""
    seen = []
    try_to_store = appender._try_to_store

    def counted(events):
        seen.append((len(events), appender.course.look_up))
        return try_to_store(events)

    monkeypatch.setattr(appender, "_try_to_store", counted)
    return seen


def in_bulk(appender, facts, expected_versions=None, ring=None):
    return record_by(
        appender,
        lambda: transaction(appender._connection),
        ring or KeyRing(KEY),
        facts,
        expected_versions,
    )


def stored(dsn):
    with connect(dsn) as connection, transaction(connection) as cursor:
        found = {}
        for table, query in TABLES.items():
            cursor.execute(query)
            found[table] = [
                tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
                for row in cursor.fetchall()
            ]
        return found


def results(outcomes):
    return [(outcome.result, outcome.position, outcome.version) for outcome in outcomes]


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), min_size=1)
OFFERS = st.lists(
    st.tuples(
        st.integers(0, 12),  # which event: a repeat where it comes twice
        st.integers(0, 2),  # of which order
        NAMES,
        st.sampled_from([None, None, None, 0, 1, 2]),  # expected version
    ),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(offers=st.lists(OFFERS, min_size=1, max_size=3), name=NAMES)
def test_bulk_and_append_store_the_same_bytes_and_give_the_same_answers(
    migrated_database, other_database, offers, name
):
    for dsn in (migrated_database, other_database):
        with connect(dsn) as owner, owner, owner.cursor() as cursor:
            cursor.execute(CLOCK)
    with connect(migrated_database) as one, connect(other_database, bulk.ROLE) as other:
        prefix = f"{name[:20]}{log.size(one)}"  # each example has identities and orders of its own
        appender = BulkAppender(other)
        for batch in offers:
            facts = [
                fact(f"{prefix}{event}", f"{prefix}{order}", note=note)
                for event, order, note, _ in batch
            ]
            versions = [expected for *_, expected in batch]
            assert record(one, None, facts, versions) == in_bulk(appender, facts, versions)

    assert stored(migrated_database) == stored(other_database)


def test_a_guard_that_is_hit_repeats_the_chunk_with_look_ups(
    appender, transactions, migrated_database
):
    facts = [fact(f"e{n}", n % 2) for n in range(6)]
    assert [r for r, *_ in results(in_bulk(appender, facts[:3]))] == ["recorded"] * 3

    again = in_bulk(appender, facts)

    assert transactions == [(3, False), (6, False), (6, True)]
    assert results(again)[:3] == [("duplicate", 1, 1), ("duplicate", 2, 1), ("duplicate", 3, 2)]
    assert results(again)[3:] == [("recorded", 4, 2), ("recorded", 5, 3), ("recorded", 6, 3)]
    # What comes next may be there, too; once nothing was, look-ups end.
    in_bulk(appender, [fact("e9")])
    in_bulk(appender, [fact("e10")])
    assert transactions[3:] == [(1, True), (1, False)]
    assert check(migrated_database) == 8


def test_another_event_under_a_known_identity_is_told_with_both_digests(appender):
    [first] = in_bulk(appender, [fact("a")])

    told = in_bulk(appender, [fact("b"), fact("a", note="changed"), fact("c")])

    assert results(told) == [("recorded", 2, 2), ("mismatch", 1, 1), ("recorded", 3, 3)]
    assert told[1].stored_digest == first.digest
    assert told[1].digest != first.digest


def test_a_repeat_gets_the_first_answer_also_where_it_names_the_version_of_then(appender):
    in_bulk(appender, [fact("a")], [0])

    assert results(in_bulk(appender, [fact("a")], [0])) == [("duplicate", 1, 1)]


def test_an_expected_version_that_is_not_there_fails_alone(appender, migrated_database):
    told = in_bulk(appender, [fact("a"), fact("b"), fact("c")], [0, 0, 1])

    assert results(told) == [("recorded", 1, 1), ("conflict", None, 1), ("recorded", 2, 2)]
    check(migrated_database)


def test_what_an_erasure_overtook_is_sealed_anew(appender, transactions, migrated_database):
    ring = KeyRing(KEY)
    in_bulk(appender, [fact("a", 1, personal=True)], ring=ring)
    with connect(migrated_database) as own, own, own.cursor() as cursor:
        cursor.execute(
            "SELECT FROM destroy_keys(%s::uuid[], '{tax,contact,fraud}')",
            ([str(stream_id("order/de/1"))],),
        )

    told = in_bulk(appender, [fact("b", 1, personal=True), fact("c", 2)], ring=ring)

    assert results(told) == [("recorded", 2, 2), ("recorded", 3, 1)]
    assert len(transactions) == 3
    assert check(migrated_database) == 3


def test_transactions_are_small_while_others_write_and_large_again_when_they_stop(
    appender, transactions, migrated_database
):
    large = "x" * (bulk.SMALL // 4)
    batch = [[fact(f"{n}-{m}", m, note=large) for m in range(16)] for n in range(20)]
    in_bulk(appender, batch[0])
    assert transactions == [(16, False)]

    with connect(migrated_database) as other:
        record(other, None, [fact("of somebody else")])
        in_bulk(appender, batch[1])  # notices it
        in_bulk(appender, batch[2])

    assert transactions[1:] == [(16, False), (4, False), (4, False), (4, False), (4, False)]
    del transactions[:]
    for quiet in batch[3:]:
        in_bulk(appender, quiet)
    assert transactions[0] == (4, False)
    assert transactions[-1] == (16, False)
    assert check(migrated_database) == 20 * 16 + 1


def test_a_chunk_that_is_lost_with_its_connection_is_stored_by_the_next_one(migrated_database):
    facts = [fact(f"e{n}", n % 3, personal=n % 2 == 0) for n in range(50)]
    with connect(migrated_database, bulk.ROLE) as first:
        appender = BulkAppender(first)
        answers = acknowledged(facts[:20], in_bulk(appender, facts[:20]))
        course = appender.course

    with connect(migrated_database, bulk.ROLE) as second:
        appender = BulkAppender(second)
        appender.course = course  # goes on as the other one would have
        answers += acknowledged(facts[10:], in_bulk(appender, facts[10:]))

    assert check(migrated_database, answers) == 50


def test_bulk_and_append_at_once_leave_no_gap_and_no_double(migrated_database):
    answers, errors = [], []

    def work(number):
        try:
            with connect(migrated_database, bulk.ROLE if number % 2 else None) as own:
                appender = BulkAppender(own)
                for n in range(15):
                    facts = [
                        fact(f"{number}/{n}", n % 4),
                        fact(f"all/{n}", n % 4, personal=True),
                    ]
                    told = (
                        in_bulk(appender, facts) if number % 2 else record(own, KeyRing(KEY), facts)
                    )
                    answers.extend(acknowledged(facts, told))
        except Exception as error:  # noqa: BLE001  # told by the test
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not errors
    assert len(answers) == 4 * 15 * 2
    assert check(migrated_database, answers) == 4 * 15 + 15
