"""Feeding read models: I4, every order found, one transaction a batch."""

import itertools
import random

import msgspec
import psycopg2
import pytest

from projections import bookkeeping, runner
from projections.order_lookup import find
from projections.order_summary import read
from projections.rebuild import rebuild
from tests.projections.projection_scene import (
    LOOKUP,
    POSITIONS,
    PROJECTIONS,
    SUMMARY,
    every_position,
    fact,
    listing,
    order_facts,
)


@pytest.mark.parametrize("seed", range(5))
def test_a_rebuild_gives_the_rows_that_live_events_gave(scene, seed, monkeypatch):
    monkeypatch.setattr(runner, "BATCH", 7)
    facts = [each for number in range(12) for each in order_facts(str(number))]
    # So that every read model has rows.
    facts += [fact(str(n), "late", "refund.approved", {"refund_id": "late"}) for n in range(12)]
    facts += [fact(str(n), "claim", "claim.received", {"claim_id": "c"}) for n in range(12)]
    facts += [fact(str(n), "wrong", "exception.raised", {"class": "stock"}) for n in range(12)]
    facts += [fact(str(n), "made good", "compensation.offered", {"level": 1}) for n in range(12)]
    facts += [
        fact(f"open {n}", "placed", "order.placed", {"customer_id": "c", "lines": [{"sku": "A"}]})
        for n in range(12)
    ]
    random.Random(seed).shuffle(facts)
    for start in range(0, len(facts), 13):
        scene.record(facts[start : start + 13])
        scene.catch_up()
    live = scene.state()

    rebuilt = rebuild(scene.views, scene.log, PROJECTIONS)

    assert rebuilt.events == len(facts)
    assert all(live)
    assert scene.state() == live


def test_an_order_is_found_by_everything_that_names_it(scene):
    scene.record(order_facts("77") + order_facts("78"))
    scene.catch_up()

    for key in ["77", "de/77", "T77", "pi-77", "p-77", "re-77", "r-77", "ARN77"]:
        assert find(scene.views, key) == ["order/de/77"], key
    assert find(scene.views, "79") == []


def test_a_number_that_two_shops_have_finds_both(scene):
    scene.record(order_facts("77") + order_facts("77", shop="fr"))
    scene.catch_up()

    assert find(scene.views, "77") == ["order/de/77", "order/fr/77"]
    assert find(scene.views, "fr/77") == ["order/fr/77"]


def test_the_summary_has_the_state_and_the_totals(scene):
    scene.record(order_facts("77"))
    scene.catch_up()

    summary = read(scene.views, "order/de/77")

    assert (summary.currency, summary.total, summary.captured, summary.refunded) == (
        "EUR", 12800, 12800, 12800,
    )  # fmt: skip
    assert (summary.status, summary.open_refunds, summary.events) == ("closed", 0, 9)
    assert summary.closed_at == "2025-03-09T09:00:00Z"


def test_a_long_hostile_order_number_is_found_like_any_other(scene):
    number = "../../x/" + "\u202e9\t\\N\n" * 800 + "'; DROP TABLE events; --"
    scene.record(order_facts(number))
    scene.catch_up()

    assert find(scene.views, number) == [f"order/de/{number}"]


def test_all_sequences_of_arrival_give_the_same_rows(scene):
    # O-03. One order a sequence; what tells the sequences apart is not compared.
    facts = order_facts("77")[:6]
    for n, sequence in enumerate(itertools.permutations(range(6))):
        of_one = order_facts(f"{n:03}")
        scene.record([of_one[step] for step in sequence])
    scene.catch_up()

    summaries = scene.query(
        "SELECT DISTINCT shop, events, status, placed_at, closed_at, currency, total, captured,"
        " refunded, open_refunds FROM views.order_summary"
    )
    keys = scene.query(
        "SELECT DISTINCT array_agg(kind || replace(key, s.number, '') ORDER BY kind, key)"
        " FROM views.order_lookup JOIN views.order_summary s USING (stream_id) GROUP BY stream_id"
    )
    persons = scene.query(
        "SELECT DISTINCT array_agg(kind ORDER BY kind) FROM views.person_index GROUP BY stream_id"
    )

    assert len(summaries) == len(keys) == len(persons) == 1
    assert summaries[0][1] == len(facts)


def test_a_settlement_before_its_request_heals(scene):
    # O-04
    of_one = order_facts("77")
    early = [of_one[0], of_one[1], of_one[7]]
    scene.record(early)
    scene.catch_up()
    before = read(scene.views, "order/de/77")

    scene.record([of_one[3], of_one[4], of_one[5]])
    scene.catch_up()

    assert (before.events, before.refunded) == (3, 12800)
    after = read(scene.views, "order/de/77")
    assert (after.events, after.refunded, after.open_refunds) == (6, 12800, 0)


def test_a_crash_between_rows_and_position_leaves_neither(scene, monkeypatch):
    # C-05, in the process; tests/orderproof/test_projections.py kills a real one.
    scene.catch_up()
    scene.record(order_facts("77"))

    def crash(cursor, projections, position):
        raise ConnectionError("killed here")

    monkeypatch.setattr(bookkeeping, "advance", crash)
    with pytest.raises(ConnectionError):
        scene.catch_up()

    assert not any(scene.state())
    assert runner.read_position(scene.views, LOOKUP) == 0


def test_two_who_catch_up_at_once_count_nothing_twice(scene, monkeypatch):
    monkeypatch.setattr(runner, "BATCH", 4)
    scene.catch_up(POSITIONS)
    scene.record(order_facts("77") + order_facts("78"))
    other, other_log = scene.connect("orderproof_projector"), scene.new_log()
    real, interfered = scene.log.touched, []

    def touched(after, upto):
        found = real(after, upto)
        if not interfered:  # the other one moves on between our reading and our writing
            interfered.append(runner.catch_up(other, other_log, [POSITIONS]))
        return found

    monkeypatch.setattr(scene.log, "touched", touched)
    reached = scene.catch_up(POSITIONS)

    assert interfered == [18]
    assert reached == 18
    assert scene.query("SELECT position FROM views.listing ORDER BY 1") == [
        (n,) for n in range(1, 19)
    ]


def test_projections_that_stand_apart_meet_and_go_on_together(scene):
    scene.record(order_facts("77"))
    scene.catch_up(LOOKUP)
    scene.record(order_facts("78"))

    scene.catch_up()

    assert {runner.read_position(scene.views, p) for p in PROJECTIONS} == {18}
    assert len(scene.state([SUMMARY])[0]) == 2


def test_a_stop_leaves_it_at_the_batch(scene, monkeypatch):
    monkeypatch.setattr(runner, "BATCH", 4)
    scene.catch_up(POSITIONS)
    scene.record(order_facts("77"))
    asked = []

    def stop():
        asked.append(None)
        return len(asked) > 1

    assert runner.catch_up(scene.views, scene.log, [POSITIONS], stop=stop) == 4
    assert runner.read_position(scene.views, POSITIONS) == 4


def test_rows_that_the_database_refuses_set_that_order_aside(scene):
    def rows(stream, events):
        return [(2**63,)] if stream.endswith("/78") else every_position(stream, events)

    too_large = listing(rows)
    scene.catch_up(too_large)
    scene.record(order_facts("77") + order_facts("78") + order_facts("79"))

    assert scene.catch_up(too_large) == 27

    assert len(scene.query("SELECT * FROM views.listing")) == 18
    assert [(stream, error) for _, stream, _, error, _ in scene.set_aside()] == [
        ("order/de/78", "NumericValueOutOfRange")
    ]


def test_another_version_of_the_code_has_the_model_rebuilt(scene):
    scene.record(order_facts("77"))
    scene.catch_up(POSITIONS)

    def types(stream, events):
        return [(event.position, event.type) for event in events]

    newer = listing(types, version=2, columns=("position bigint", "type text"))
    scene.catch_up(newer)

    assert scene.query("SELECT type FROM views.listing WHERE position = 9") == [("order.closed",)]
    scene.catch_up(POSITIONS)  # and back: the code was rolled back
    assert len(scene.query("SELECT * FROM views.listing")) == 9


def test_a_system_stream_is_in_no_read_model_and_moves_the_position(scene):
    ours = fact("77", "x", "archive.stored", {"files": 1})
    scene.record([msgspec.structs.replace(ours, stream="system/archive", source="orderproof")])

    assert scene.catch_up() == 1
    assert not any(scene.state())


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
