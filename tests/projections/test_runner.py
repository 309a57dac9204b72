"""I4: a projection rebuilt from the events equals the live one."""

import random

import psycopg2
import pytest

from domain.event import Fact
from eventstore import log
from eventstore.connection import connect
from eventstore.recording import record
from eventstore.stream_keys import KeyRing
from projections import runner
from projections.order_lookup import ORDER_LOOKUP, find
from projections.order_summary import ORDER_SUMMARY, read
from projections.runner import Reader

KEY = KeyRing(bytes(32), limit=0)  # each test has a database of its own
PROJECTIONS = (ORDER_SUMMARY, ORDER_LOOKUP)


@pytest.fixture
def connection(migrated_database):
    with connect(migrated_database) as opened:
        yield opened


@pytest.fixture
def reader(migrated_database):
    with connect(migrated_database) as reading:
        yield Reader(
            size=lambda: log.size(reading),
            lines=lambda after, upto: log.lines(reading, after, upto),
            streams=lambda streams, upto: log.lines_of_streams(reading, streams, upto),
        )


def order_events(number, shop="de"):
    def fact(name, type, data, day):
        return Fact(
            stream=f"order/{shop}/{number}",
            type=type,
            source="/shop",
            id=f"{shop}/{number[:9]}/{name}",
            occurred_at=f"2025-03-{day:02d}T09:00:00Z",
            data=data,
        )

    money = {"amount": 12800, "currency": "EUR"}
    return [
        fact("1", "order.placed", {"total": 12800, "currency": "EUR"}, 1),
        fact(
            "2",
            "payment.captured",
            {"payment_id": f"p-{number}", "psp_payment_id": f"pi-{number}", **money},
            1,
        ),
        fact(
            "3",
            "shipment.dispatched",
            {"shipment_id": "s", "carrier": "dhl", "tracking_no": f"T{number}"},
            2,
        ),
        fact("4", "refund.requested", {"refund_id": f"r-{number}", **money}, 3),
        fact("5", "refund.approved", {"refund_id": f"r-{number}", **money}, 3),
        fact(
            "6",
            "refund.succeeded",
            {"refund_id": f"r-{number}", "psp_refund_id": f"re-{number}"},
            4,
        ),
        fact(
            "7",
            "refund.reference_recorded",
            {
                "refund_id": f"r-{number}",
                "reference_type": "arn",
                "reference": f"ARN{number}",
                "reference_status": "available",
            },
            5,
        ),
        fact(
            "8",
            "refund.settled",
            {"refund_id": f"r-{number}", "settled_on": "2025-03-06", **money},
            6,
        ),
        fact("9", "order.closed", {"outcome": "refunded"}, 9),
    ]


def catch_up(connection, reader):
    for projection in PROJECTIONS:
        runner.catch_up(connection, reader, projection)


def state(connection):
    return [runner.rows(connection, projection) for projection in PROJECTIONS]


@pytest.mark.parametrize("seed", range(5))
def test_a_rebuild_gives_the_rows_that_live_events_gave(connection, reader, seed, monkeypatch):
    monkeypatch.setattr(runner, "BATCH", 7)
    facts = [fact for number in range(12) for fact in order_events(str(number))]
    random.Random(seed).shuffle(facts)
    for start in range(0, len(facts), 13):
        record(connection, KEY, facts[start : start + 13])
        catch_up(connection, reader)
    live = state(connection)

    for projection in PROJECTIONS:
        assert runner.rebuild(connection, reader, projection) == len(facts)

    assert all(live)
    assert state(connection) == live


def test_an_order_is_found_by_everything_that_names_it(connection, reader):
    record(connection, KEY, order_events("77") + order_events("78"))
    catch_up(connection, reader)

    for key in ["77", "de/77", "T77", "pi-77", "p-77", "re-77", "r-77", "ARN77"]:
        assert find(connection, key) == ["order/de/77"], key
    assert find(connection, "79") == []


def test_a_number_that_two_shops_have_finds_both(connection, reader):
    record(connection, KEY, order_events("77") + order_events("77", shop="fr"))
    catch_up(connection, reader)

    assert find(connection, "77") == ["order/de/77", "order/fr/77"]
    assert find(connection, "fr/77") == ["order/fr/77"]


def test_the_summary_has_the_state_and_the_totals(connection, reader):
    record(connection, KEY, order_events("77"))
    catch_up(connection, reader)

    summary = read(connection, "order/de/77")

    assert (summary.currency, summary.total, summary.captured, summary.refunded) == (
        "EUR", 12800, 12800, 12800,
    )  # fmt: skip
    assert (summary.status, summary.open_refunds, summary.events) == ("closed", 0, 9)
    assert summary.closed_at == "2025-03-09T09:00:00Z"


def test_a_long_hostile_order_number_is_found_like_any_other(connection, reader):
    number = "../../x/" + "\u202e9" * 1_300 + "'; DROP TABLE events; --"
    record(connection, KEY, order_events(number))
    catch_up(connection, reader)

    assert find(connection, number) == [f"order/de/{number}"]


def test_a_crash_between_rows_and_position_leaves_neither(connection, reader):
    record(connection, KEY, order_events("77"))

    def crash(cursor, reader, lines, upto):
        ORDER_LOOKUP.apply(cursor, reader, lines, upto)
        raise ConnectionError("killed here")

    with pytest.raises(ConnectionError):
        runner.catch_up(
            connection,
            reader,
            runner.Projection(
                name=ORDER_LOOKUP.name, table=ORDER_LOOKUP.table, key=ORDER_LOOKUP.key, apply=crash
            ),
        )

    assert runner.rows(connection, ORDER_LOOKUP) == []
    assert runner.read_position(connection, ORDER_LOOKUP) == 0


def test_a_crash_in_a_rebuild_leaves_the_old_rows(connection, reader):
    record(connection, KEY, order_events("77"))
    catch_up(connection, reader)
    before = state(connection)

    def crash(done, total):
        raise ConnectionError("killed here")

    with pytest.raises(ConnectionError):
        runner.rebuild(connection, reader, ORDER_LOOKUP, crash)

    assert state(connection) == before


def test_readers_see_the_old_rows_while_a_rebuild_runs(connection, reader, migrated_database):
    record(connection, KEY, order_events("77"))
    catch_up(connection, reader)
    seen = []

    def look(done, total):
        with connect(migrated_database) as other:
            seen.append(find(other, "77"))

    runner.rebuild(connection, reader, ORDER_LOOKUP, look)

    assert seen == [["order/de/77"]]


def test_the_migrations_are_at_the_head_that_commands_expect(migrated_database):
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from orderproof import migrations

    config = Config()
    config.set_main_option("script_location", "orderproof/migrations")

    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD
    assert migrations.current(migrated_database) == migrations.HEAD


def test_migrating_twice_changes_nothing(migrated_database):
    from orderproof import migrations

    migrations.migrate(migrated_database)

    assert migrations.current(migrated_database) == migrations.HEAD


def test_an_empty_database_has_no_version(database):
    from orderproof import migrations

    assert migrations.current(database) is None
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('events')")
        assert cursor.fetchone() == (None,)
    connection.close()
