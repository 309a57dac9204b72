"""What others set as their defaults must not change what we store."""

import pytest
from psycopg2.extensions import parse_dsn

from domain.event import Fact
from eventstore.bulk import BulkAppender
from eventstore.connection import connect, transaction
from eventstore.recording import record, record_by
from orderproof import migrations
from tests.faults.facts import acknowledged
from tests.faults.invariants import check


def facts(prefix):
    return [
        Fact(
            stream=f"order/de/{prefix} 1\\x41 é 李",
            type="shop.größe_changed",
            source="/tests",
            id=f"{prefix} {name}",
            occurred_at="2025-03-03T09:00:00Z",
            data={},
        )
        for name in ("back\\slash", "é 李 𠮷", "quote\"'")
    ]


def set_for_everybody(dsn, setting):
    with connect(dsn) as connection, transaction(connection) as cursor:
        cursor.execute(f'ALTER DATABASE "{parse_dsn(dsn)["dbname"]}" SET {setting}')


@pytest.mark.parametrize(
    "setting",
    [
        "client_encoding = 'LATIN1'",
        "standard_conforming_strings = off",
        "datestyle = 'SQL, DMY'",
        "search_path = views",
    ],
)
def test_defaults_of_the_database_change_nothing_that_is_stored(migrated_database, setting):
    set_for_everybody(migrated_database, setting)

    check_both_ways(migrated_database)


def test_tables_are_made_where_they_are_looked_for(database):
    with connect(database) as connection, transaction(connection) as cursor:
        cursor.execute("CREATE SCHEMA other")
    set_for_everybody(database, "search_path = other")

    migrations.migrate(database)

    check_both_ways(database)


def test_the_encoding_of_the_environment_changes_nothing_that_is_stored(
    migrated_database, monkeypatch
):
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")

    check_both_ways(migrated_database)


def check_both_ways(dsn):
    """Record through `append` and in bulk, each first once, and check the invariants."""
    with connect(dsn) as connection:
        bulk = BulkAppender(connection)
        told = []
        for _ in range(2):
            told += acknowledged(facts("a"), record(connection, None, facts("a")))
            rows = record_by(bulk, lambda: transaction(connection), None, facts("b"))
            told += acknowledged(facts("b"), rows)

    assert check(dsn, told) == len(facts("a")) + len(facts("b"))
    assert len(told) == 2 * (len(facts("a")) + len(facts("b")))


# N-02
def test_the_server_asks_whether_a_client_is_still_there(migrated_database):
    with connect(migrated_database) as connection, transaction(connection) as cursor:
        # Not what is in force: there is none over the socket of a test server.
        cursor.execute(
            "SELECT name, reset_val::int FROM pg_settings"
            " WHERE name LIKE 'tcp_keepalives%' AND source = 'client'"
        )
        asked = dict(cursor.fetchall())

    seconds = asked["tcp_keepalives_idle"]
    seconds += asked["tcp_keepalives_interval"] * asked["tcp_keepalives_count"]
    assert 0 < seconds <= 30
