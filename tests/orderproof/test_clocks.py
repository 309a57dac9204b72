"""The order desk's clocks on a real store: each fires once, whoever fires it, whatever stops it."""

import json
import threading

import pytest

from domain.time import instant
from orderproof import installation
from orderproof.bootstrap import open_store
from orderproof.order_desk import clocking
from tests.orderproof.desk_scene import event, paid, placed

AT = "2024-05-06T09:00:00Z"


@pytest.fixture
def order(record):
    """One order that was not paid."""
    record(placed("7", time=AT))


@pytest.fixture
def told(data, orderproof):
    def read(order="de/7"):
        done = orderproof("order", order, "--data", data, "--json")
        return [event["type"] for event in done.json["events"]]

    return read


def test_over_half_an_hour_is_strictly_later(order, desk, told):
    assert desk("clocks", "--at", "2024-05-06T09:30:00Z", "--json").json["fired"] == []

    fired = desk("clocks", "--at", "2024-05-06T09:30:00.000001Z", "--json").json["fired"]

    assert [(one["order"], one["kind"]) for one in fired] == [("de/7", "unpaid")]
    assert told() == ["order.placed", "clock.fired", "exception.raised", "order.flag_changed"]
    assert "exception: unpaid" in desk("table").out


def test_each_clock_fires_once_and_one_may_lead_to_the_next(order, desk, told):
    first = desk("clocks", "--json").json["fired"]
    again = desk("clocks", "--json").json["fired"]

    assert [one["kind"] for one in first] == ["unpaid", "expiry"]
    assert again == []
    assert told().count("order.expired_unpaid") == 1
    assert desk("clocks", "--at", "2100-01-01T00:00:00Z").code == 2


def test_what_happens_in_time_stops_the_clock(order, record, desk, told):
    record(paid("7", time="2024-05-06T09:10:00Z"))

    fired = desk("clocks", "--at", "2024-05-06T10:00:00Z", "--json").json["fired"]

    assert fired == []
    assert "clock.fired" not in told()


# R015
def test_one_of_the_first_five_that_nobody_touches_is_told_once_a_day(record, desk, told):
    record(placed("7", time=AT), paid("7", time="2024-05-06T09:10:00Z"))
    day = "2024-05-07T09:10:00.000001Z"

    assert [one["kind"] for one in desk("clocks", "--at", day, "--json").json["fired"]] == [
        "silent"
    ]
    assert desk("clocks", "--at", day, "--json").json["fired"] == []
    record(event("7", 3, "order.next_action_set", "2024-05-07T10:00:00Z", action="restock"))
    assert desk("clocks", "--at", "2024-05-08T09:59:00Z", "--json").json["fired"] == []
    again = desk("clocks", "--at", "2024-05-08T10:00:01Z", "--json").json["fired"]
    assert [one["kind"] for one in again] == ["silent"]
    assert told().count("clock.fired") == 2


def test_copies_at_the_same_time_fire_each_clock_once(record, data, told):
    record(*[placed(f"{number}", time=AT) for number in range(20)])
    at = instant("2024-05-06T09:45:00Z")
    done = []

    def run():
        with open_store(installation.find(data)) as store:
            done.extend(clocking.fire(store, at)[0])

    copies = [threading.Thread(target=run) for _ in range(3)]
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.join()

    with open_store(installation.find(data)) as store:
        done += clocking.fire(store, at)[0]
    unpaid = [one.order for one in done if one.kind == "unpaid"]
    assert sorted(unpaid) == sorted(f"de/{number}" for number in range(20))
    assert {tuple(told(f"de/{number}")).count("exception.raised") for number in range(20)} == {1}


def test_a_kill_before_the_commit_leaves_nothing_and_the_next_one_fires(
    order, data, desk, told, monkeypatch
):
    def killed(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(clocking.recording, "record_after", killed)
        assert desk("clocks").code == 130
    assert told() == ["order.placed"]

    assert len(desk("clocks", "--at", "2024-05-06T09:45:00Z", "--json").json["fired"]) == 1


def test_an_order_that_goes_on_meanwhile_is_left_for_the_next_round(
    order, data, record, told, monkeypatch
):
    real = clocking.recording.record_after

    def late(connection, keys, facts, version):
        monkeypatch.setattr(clocking.recording, "record_after", real)
        record(paid("7", time="2024-05-06T09:29:00Z"))
        return real(connection, keys, facts, version)

    monkeypatch.setattr(clocking.recording, "record_after", late)
    with open_store(installation.find(data)) as store:
        fired, _ = clocking.fire(store, instant("2024-05-06T09:45:00Z"))

    assert fired == []
    assert told() == ["order.placed", "payment.captured"]


def test_a_jump_of_the_clock_is_told_from_time_that_passed():
    watch = clocking.Watch()
    second = 1_000_000

    assert not watch.jumped(0, 0.0)
    assert not watch.jumped(5 * second, 5.0)
    assert watch.jumped(3_600 * second, 10.0)
    assert not watch.jumped(3_605 * second, 15.0)
    assert watch.jumped(0, 20.0)


def test_nobody_outside_may_say_that_a_clock_fired(order, data, orderproof, tmp_path):
    file = tmp_path / "forged.json"
    forged = event("7", 9, "clock.fired", AT, clock="unpaid")
    file.write_text(json.dumps(forged))

    assert orderproof("record", file, "--data", data).code == 7


def test_the_worker_fires_by_itself(order, worker, told):
    running = worker("clock")

    assert running.says("expiry: de/7"), running.said
    assert told().count("order.expired_unpaid") == 1
    assert running.end() == 0
