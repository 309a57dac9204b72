"""E-02, E-03: an order that cannot be folded stops no other, and is never lost sight of."""

import msgspec
import pytest

from domain.stream import stream_id
from eventstore.projection_log import record_skip
from projections import fold, runner, status
from projections.order_lookup import find
from projections.rebuild import rebuild
from tests.projections.projection_scene import (
    LOOKUP,
    POSITIONS,
    PROJECTIONS,
    every_position,
    listing,
    order_facts,
)


class Poison:
    """A fold that raises while an event of one id is among an order's."""

    def __init__(self, *ids):
        self.ids = ids
        self.tries = 0

    def __call__(self, stream, events):
        if any(event.id in self.ids for event in events):
            self.tries += 1
            raise KeyError("Test Buyer 78, buyer-78@example.org")
        return every_position(stream, events)


@pytest.fixture
def poison():
    return Poison("de/78/5")


@pytest.fixture
def poisoned(poison):
    return listing(poison)


def positions(scene):
    return [n for (n,) in scene.query("SELECT position FROM views.listing ORDER BY 1")]


def test_a_poison_event_sets_its_order_aside_and_the_others_go_on(scene, poison, poisoned):
    # E-03
    scene.record(order_facts("77") + order_facts("78") + order_facts("79"))

    assert scene.catch_up(poisoned) == 27

    assert poison.tries >= fold.ATTEMPTS
    assert positions(scene) == [*range(1, 14), *range(19, 28)]
    [aside] = status.set_aside_orders(scene.views, [poisoned])
    assert (aside.stream, aside.position, aside.attempts) == ("order/de/78", 14, 3)
    assert aside.error == "KeyError"
    assert aside.place.startswith("tests/projections/test_set_aside.py:")
    assert not aside.altered


def test_nothing_of_the_event_is_kept_with_what_is_set_aside(scene, poisoned):
    scene.record(order_facts("78"))
    scene.catch_up(poisoned)

    kept = scene.query("SELECT row_to_json(s)::text FROM set_aside_orders s")

    assert len(kept) == 1
    assert "Buyer" not in str(kept)
    assert "example.org" not in str(kept)


def test_new_events_do_not_unblock_an_order(scene, poison, poisoned):
    of_one = order_facts("78")
    scene.record(of_one[:5])
    scene.catch_up(poisoned)
    poison.ids = ()

    scene.record(of_one[5:])
    scene.catch_up(poisoned)

    assert positions(scene) == [1, 2, 3, 4]
    assert len(scene.set_aside()) == 1


def test_a_retry_takes_an_order_back_once_the_code_can_read_it(scene, poison, poisoned):
    scene.record(order_facts("78"))
    scene.catch_up(poisoned)
    order = str(stream_id("order/de/78"))

    assert set(runner.refresh(scene.views, scene.log, poisoned, [order])) == {order}
    [aside] = status.set_aside_orders(scene.views, [poisoned])
    poison.ids = ()
    assert runner.refresh(scene.views, scene.log, poisoned, [order]) == {}

    assert aside.attempts > fold.ATTEMPTS
    assert scene.set_aside() == []
    assert positions(scene) == list(range(1, 10))


def test_a_skip_is_an_event_and_live_and_rebuilt_rows_honour_it(scene, poisoned):
    # E-03
    scene.record(order_facts("77") + order_facts("78"))
    scene.catch_up(poisoned)

    record_skip(scene.writer, projection="listing", position=14, reason="a test", by="op-1")
    scene.catch_up(poisoned)

    without = [n for n in range(1, 19) if n != 14]
    assert positions(scene) == without
    assert scene.set_aside() == []
    [(type_, source, stream)] = scene.query(
        "SELECT type, convert_from(body, 'UTF8')::json->>'source', stream FROM events"
        " WHERE position = 19"
    )
    assert (type_, source, stream) == (
        "projection.event_skipped", "orderproof", "system/projections",
    )  # fmt: skip
    rebuild(scene.views, scene.log, [poisoned])
    assert positions(scene) == without


def test_a_skip_is_for_one_projection_only(scene, poisoned):
    scene.record(order_facts("78"))
    scene.catch_up(poisoned, LOOKUP)
    before = scene.state([LOOKUP])

    record_skip(scene.writer, projection="listing", position=5, reason="a test", by="op-1")
    scene.catch_up(poisoned, LOOKUP)
    rebuild(scene.views, scene.log, [LOOKUP])

    assert scene.state([LOOKUP]) == before


def test_a_second_poison_event_behind_a_skipped_one_is_set_aside_again(scene):
    poisoned = listing(Poison("de/78/5", "de/78/8"))
    scene.record(order_facts("78"))
    scene.catch_up(poisoned)

    record_skip(scene.writer, projection="listing", position=5, reason="a test", by="op-1")
    scene.catch_up(poisoned)

    assert positions(scene) == [1, 2, 3, 4, 6, 7]
    assert [position for _, _, position, _, _ in scene.set_aside()] == [8]


def test_a_skipped_event_that_somebody_deleted_stops_no_other_order(scene, poisoned):
    scene.record(order_facts("77") + order_facts("78"))
    scene.catch_up(poisoned)
    record_skip(scene.writer, projection="listing", position=14, reason="a test", by="op-1")
    scene.query("SET session_replication_role = replica")
    scene.query("DELETE FROM events WHERE position = 14")

    scene.record(order_facts("79"))
    scene.catch_up(poisoned)

    assert set(range(20, 29)) <= set(positions(scene))


@pytest.mark.parametrize("batch", [1, 2, 7, 1000])
def test_rebuilt_equals_live_with_set_aside_and_skipped_orders(scene, batch, monkeypatch):
    # I4: whatever batches the events came in, the rows are the same.
    monkeypatch.setattr(runner, "BATCH", batch)
    poisoned = listing(Poison("de/78/5", "de/80/1", "de/81/9"))
    facts = [order_facts(str(number)) for number in (77, 78, 79, 80, 81)]
    in_turns = [of_one[step] for step in range(9) for of_one in facts]
    for start in range(0, len(in_turns), 4):
        scene.record(in_turns[start : start + 4])
        scene.catch_up(poisoned)
    first_of_80 = next(n for _, s, n, _, _ in scene.set_aside() if s.endswith("80"))
    record_skip(scene.writer, projection="listing", position=first_of_80, reason="x", by="y")
    scene.catch_up(poisoned)
    live, aside = positions(scene), scene.set_aside()

    rebuild(scene.views, scene.log, [poisoned])

    assert positions(scene) == live
    assert scene.set_aside() == aside
    assert len(aside) == 2
    assert len(live) == 45 - 5 - 1 - 1


def test_an_event_of_a_newer_version_stops_that_order_only(scene):
    # E-02. An older program meets what a newer one recorded.
    scene.record(order_facts("77") + order_facts("78"))
    scene.query("SET session_replication_role = replica")
    scene.query(
        "UPDATE events SET body = convert_to("
        "replace(convert_from(body, 'UTF8'), '\"schema\":', '\"schema\":9'), 'UTF8')"
        " WHERE stream = 'order/de/78' AND version = 4"
    )

    assert scene.catch_up() == 18

    assert {(name, stream, position, error, altered)
            for name, stream, position, error, altered in scene.set_aside()} == {
        (p.name, "order/de/78", 13, "NewerSchemaError", False) for p in PROJECTIONS
    }  # fmt: skip
    assert find(scene.views, "T78") == ["order/de/78"]
    assert find(scene.views, "re-78") == []
    assert find(scene.views, "re-77") == ["order/de/77"]


@pytest.mark.parametrize("body", ["'garbage'", r"'\xff'"])
def test_an_altered_event_leaves_the_rows_that_were_made_before(scene, body):
    scene.record(order_facts("77") + order_facts("78"))
    scene.catch_up()
    before = scene.state()
    scene.query("SET session_replication_role = replica")
    scene.query(f"UPDATE events SET body = {body} WHERE stream = 'order/de/78' AND version = 1")

    late = order_facts("78")[0]
    scene.record([msgspec.structs.replace(late, id="late", type="order.cancelled", data={})])
    scene.catch_up()
    live = scene.state()
    rebuild(scene.views, scene.log, PROJECTIONS)

    assert scene.state() == live == before
    assert {altered for *_, altered in scene.set_aside()} == {True}


def test_an_order_none_of_whose_events_can_be_read_is_found_by_its_number(scene):
    scene.record(order_facts("78"))
    scene.query("SET session_replication_role = replica")
    scene.query("UPDATE events SET body = 'garbage'")

    scene.catch_up()

    assert find(scene.views, "de/78") == ["order/de/78"]


def test_a_retry_while_events_come_loses_none(scene, poison, poisoned):
    scene.record(order_facts("78"))
    scene.catch_up(poisoned)
    poison.ids = ()
    real = scene.log.stored

    def stored(orders):
        scene.record(order_facts("79"))  # while the order is read
        return real(orders)

    scene.log.stored = stored
    runner.refresh(scene.views, scene.log, poisoned, [str(stream_id("order/de/78"))])
    scene.log.stored = real
    scene.catch_up(poisoned)

    assert positions(scene) == list(range(1, 19))
    assert POSITIONS.name == poisoned.name


def test_an_order_whose_first_event_fails_keeps_what_it_has_without_events(scene):
    def rows(stream, events):
        if events:
            raise ValueError("always")
        return [(0, stream)]

    scene.record(order_facts("78"))
    scene.catch_up(listing(rows, columns=("position bigint", "stream text")))

    assert scene.query("SELECT stream FROM views.listing") == [("order/de/78",)]
    assert [position for _, _, position, _, _ in scene.set_aside()] == [1]
