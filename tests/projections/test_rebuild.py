"""O-10, O-11: a read model is made anew beside the one that is read."""

import threading
import time

import msgspec
import psycopg2
import pytest

from projections import rebuild as rebuilding
from projections import runner, status, workshop
from projections.difference import diff
from projections.order_lookup import find
from projections.rebuild import SwapBlockedError, rebuild
from tests.projections.projection_scene import (
    LOOKUP,
    POSITIONS,
    PROJECTIONS,
    SUMMARY,
    order_facts,
)

COUNTS = "SELECT " + ", ".join(f"(SELECT count(*) FROM views.{p.name})" for p in PROJECTIONS[:3])


def test_a_reader_never_sees_fewer_rows_than_before_while_events_come_and_models_are_rebuilt(scene):
    # O-10
    scene.record(order_facts("77"))
    scene.catch_up()
    seen, named, stop, errors = [[], []], set(), threading.Event(), []

    def look(connection, counts):
        try:
            while not stop.is_set():
                with connection, connection.cursor() as cursor:
                    cursor.execute(COUNTS)
                    counts += cursor.fetchall()
                named.add(tuple(find(connection, "77")))
        except Exception as error:  # noqa: BLE001  # told by the test
            errors.append(error)

    readers = [threading.Thread(target=look, args=[scene.connect(), own]) for own in seen]
    for reader in readers:
        reader.start()
    for n in range(15):
        scene.record(order_facts(f"8{n}"))
        if n % 2:
            scene.catch_up()
        rebuild(scene.views, scene.log, PROJECTIONS)
    stop.set()
    for reader in readers:
        reader.join()

    assert errors == []
    assert named == {("order/de/77",)}
    for own in seen:
        for counts in zip(*own, strict=True):
            assert list(counts) == sorted(counts)
            assert 0 not in counts
    assert scene.query(COUNTS)[0][0] == 16


def test_a_rebuild_tells_what_had_been_wrong(scene):
    # O-10: the new rows are compared with the old ones before they take their place.
    scene.record(order_facts("77") + order_facts("78"))
    scene.catch_up()
    scene.query("UPDATE views.order_summary SET total = 1 WHERE stream = 'order/de/77'")
    scene.record(order_facts("79"))  # only the new rows have it; that is no difference

    wrong = rebuild(scene.views, scene.log, PROJECTIONS).differences
    right = rebuild(scene.views, scene.log, PROJECTIONS).differences

    assert [(d.name, d.missing, d.extra, d.different) for d in wrong if not d.is_equal] == [
        ("order_summary", 0, 0, 1)
    ]
    assert wrong[0].streams == ("order/de/77",)
    assert len(right) == len(PROJECTIONS)
    assert all(each.is_equal for each in right)


def test_a_model_of_another_version_is_compared_with_nothing(scene):
    scene.record(order_facts("77"))
    scene.catch_up(POSITIONS)
    newer = msgspec.structs.replace(POSITIONS, version=2)

    assert rebuild(scene.views, scene.log, [newer]).differences == []


def test_a_crash_in_a_rebuild_leaves_the_old_rows(scene):
    # O-11; tests/orderproof/test_rebuild_killed.py kills a real one.
    scene.record(order_facts("77"))
    scene.catch_up()
    before = scene.state()

    def crash(done, total):
        raise ConnectionError("killed here")

    with pytest.raises(ConnectionError):
        rebuild(scene.views, scene.log, [LOOKUP], crash)

    assert scene.state() == before
    rebuild(scene.views, scene.log, [LOOKUP])
    assert scene.state() == before


def test_a_connection_that_dies_in_a_rebuild_frees_the_way_for_the_next(scene):
    scene.record(order_facts("77"))
    scene.catch_up()
    before = scene.state()
    dying = scene.connect("orderproof_projector")

    def die(done, total):
        scene.query("SELECT pg_terminate_backend(%s)", (dying.info.backend_pid,))

    with pytest.raises((psycopg2.OperationalError, psycopg2.InterfaceError)):
        rebuild(dying, scene.log, PROJECTIONS, die)
    rebuild(scene.views, scene.log, PROJECTIONS)

    assert scene.state() == before


def test_events_that_come_during_a_rebuild_are_in_it(scene, monkeypatch):
    monkeypatch.setattr(workshop, "_ORDERS", 1)
    monkeypatch.setattr(workshop, "BATCH", 4)
    scene.record(order_facts("77")[:5] + order_facts("78")[:5])
    scene.catch_up()
    late = [order_facts("77")[5:], order_facts("79"), order_facts("78")[5:], order_facts("80")]

    def come(done, total):
        if late:
            scene.record(late.pop(0))
            scene.catch_up()

    rebuilt = rebuild(scene.views, scene.log, PROJECTIONS, come)
    now = scene.state()
    scene.catch_up()

    assert rebuilt.position == 36
    assert scene.state() == now
    assert all(each.is_equal for each in diff(scene.views, scene.log, PROJECTIONS))


def test_two_rebuilds_at_once_come_one_after_the_other(scene):
    scene.record(order_facts("77"))
    scene.catch_up()
    before = scene.state()
    other, other_log, waited = scene.connect("orderproof_projector"), scene.new_log(), []
    second = threading.Thread(
        target=rebuild, args=[other, other_log, PROJECTIONS, None, waited.append]
    )

    def start_the_second(done, total):
        if not second.ident:
            second.start()
            time.sleep(0.3)

    rebuild(scene.views, scene.log, PROJECTIONS, start_the_second)
    second.join(30)

    assert waited
    assert scene.state() == before
    assert runner.read_position(scene.views, LOOKUP) == 9


def test_a_reader_who_holds_the_old_table_delays_the_swap_and_no_one_else(scene):
    scene.record(order_facts("77"))
    scene.catch_up()
    holder, told = scene.connect(), []
    holder.cursor().execute("SELECT * FROM views.order_lookup")  # and the transaction stays open

    def release(text):
        told.append(text)
        scene.record(order_facts(f"8{len(told)}"))
        scene.catch_up()
        if len(told) == 2:
            holder.rollback()

    rebuild(scene.views, scene.log, [LOOKUP], None, release)

    assert told == ["waiting for readers of the old table"] * 2
    assert find(scene.views, "82") == ["order/de/82"]


def test_a_reader_who_never_lets_go_keeps_the_old_table(scene, monkeypatch):
    monkeypatch.setattr(rebuilding, "_SWAP_PATIENCE", 0.1)
    scene.record(order_facts("77"))
    scene.catch_up()
    holder = scene.connect()
    holder.cursor().execute("SELECT * FROM views.order_lookup")

    with pytest.raises(SwapBlockedError):
        rebuild(scene.views, scene.log, [LOOKUP])

    assert find(scene.views, "77") == ["order/de/77"]


def test_a_difference_is_found_row_by_row_and_changes_nothing(scene):
    scene.record(order_facts("77") + order_facts("78") + order_facts("79"))
    scene.catch_up()
    scene.query("UPDATE views.order_summary SET total = 1 WHERE stream = 'order/de/77'")
    scene.query("DELETE FROM views.order_summary WHERE stream = 'order/de/78'")
    scene.query(
        "INSERT INTO views.order_lookup SELECT stream_id, 'de', 'order number', 'x', 'y'"
        " FROM views.order_lookup LIMIT 1"
    )
    before = scene.state()

    summary, lookup = diff(scene.views, scene.log, [SUMMARY, LOOKUP])

    assert (summary.missing, summary.extra, summary.different) == (1, 0, 1)
    assert summary.streams == ("order/de/77", "order/de/78")
    assert (lookup.missing, lookup.extra, lookup.different) == (0, 1, 0)
    assert scene.state() == before


def test_a_read_model_that_is_behind_is_not_called_different(scene, monkeypatch):
    scene.record(order_facts("77"))
    scene.catch_up()
    scene.record(order_facts("78"))

    assert all(each.is_equal for each in diff(scene.views, scene.log, PROJECTIONS))


def test_all_projections_are_made_in_one_pass(scene, monkeypatch):
    scene.record(order_facts("77") + order_facts("78"))
    decoded = []
    real = scene.log.decode
    monkeypatch.setattr(scene.log, "decode", lambda row: decoded.append(row[0]) or real(row))

    rebuild(scene.views, scene.log, [*PROJECTIONS, POSITIONS])

    assert sorted(decoded) == list(range(1, 19))


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE views.order_lookup",
        "ALTER TABLE views.order_lookup DROP COLUMN key_digest CASCADE",
        "ALTER TABLE views.order_lookup RENAME COLUMN key_digest TO digest",
        "ALTER TABLE views.order_lookup ADD COLUMN note text",
    ],
)
@pytest.mark.parametrize("repair", ["rebuild", "catch up"])
def test_a_table_that_somebody_dropped_or_altered_is_made_again(scene, damage, repair):
    scene.record(order_facts("77"))
    scene.catch_up()
    before = scene.state()
    scene.query(damage)
    assert status.read(scene.views, scene.log.size(), [LOOKUP])[0].version == 0

    if repair == "rebuild":
        rebuild(scene.views, scene.log, [LOOKUP])
    else:
        scene.record(order_facts("78"))
        scene.catch_up()

    assert status.read(scene.views, scene.log.size(), [LOOKUP])[0].version == LOOKUP.version
    assert find(scene.views, "77") == ["order/de/77"]
    if repair == "rebuild":
        assert scene.state() == before
