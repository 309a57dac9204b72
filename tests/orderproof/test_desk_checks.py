"""Orders are checked on a real store: once for each change, found by whoever looks."""

import json
import threading

import pytest

from orderproof import installation
from orderproof.bootstrap import open_store
from orderproof.order_desk import checking
from tests.domain.test_checks import BERLIN, LINE, RULES
from tests.orderproof.desk_scene import event, paid, placed

WHO = ("--by", "staff-1")
GOOD = {"buyer": {"name": "Test Buyer", "email": "b@example.org"}, "ship_to": BERLIN,
        "lines": [LINE]}  # fmt: skip
BAD = GOOD | {"ship_to": {**BERLIN, "postcode": "1"}}


@pytest.fixture
def told(data, orderproof):
    def read(order):
        done = orderproof("order", order, "--data", data, "--json")
        return [event["type"] for event in done.json["events"]]

    return read


def test_orders_are_checked_once_and_again_when_they_change(record, desk, told):
    record(placed("good", **GOOD | {"customer_id": "c-1"}), paid("good"), placed("bad", **BAD),
           paid("bad"))  # fmt: skip

    first = desk("check", "--json")

    assert (first.code, first.json["checked"]) == (7, 2)
    assert [(one["order"], one["failed"]) for one in first.json["found"]] == [("de/bad", ["C6"])]
    assert told("de/good")[2:] == ["order.check_passed"]
    assert told("de/bad")[2:] == ["order.check_failed", "exception.raised", "order.flag_changed"]
    assert desk("check", "--json").json == {"checked": 0, "found": []}

    record(event("bad", 3, "order.shipping_address_changed", "2024-05-07T09:00:00Z",
                 after={"postcode": "10115"}))  # fmt: skip
    again = desk("check", "--json")
    assert (again.code, again.json["checked"]) == (0, 1)
    assert told("de/bad")[-1] == "order.check_passed"


# R059
def test_a_red_check_stands_against_a_confirmation_until_a_person_accepts_it(record, desk):
    record(placed("bad", **BAD), paid("bad"))
    desk("check")
    assert desk("assign", "de/bad", "--owner", "staff-1", *WHO).code == 0
    confirm = ("confirm", "de/bad", "--service-requirement", "none", *WHO)

    refused = desk(*confirm)
    assert (refused.code, "red checks are open: C6" in refused.err) == (8, True)
    assert desk("review", "de/bad", "C1", "accepted", "--note", "x", *WHO).code == 8
    assert desk("review", "de/bad", "C6", "maybe", "--note", "x", *WHO).code == 8
    assert desk("review", "de/bad", "C6", "refused", "--note", "asked", *WHO).code == 0
    assert desk(*confirm).code == 8
    assert desk("review", "de/bad", "C6", "accepted", "--note", "it is right", *WHO).code == 0
    assert desk(*confirm).code == 0


# R049, 4.11
@pytest.mark.parametrize(("time", "suspected"), [
    ("10:59:59", True), ("11:00:00", True), ("11:00:01", False),
])  # fmt: skip
def test_the_same_account_and_goods_within_two_hours_are_suspected(record, desk, time, suspected):
    day = "2024-05-06T"
    two = [{**LINE, "sku": "B"}, LINE]
    record(
        placed("one", f"{day}09:00:00Z", **GOOD),
        placed("two", f"{day}{time}Z", **GOOD | {"lines": two}),
        placed("other", f"{day}{time}Z", **GOOD | {"customer_id": "c-8"}),
        placed("else", f"{day}{time}Z", **GOOD | {"lines": [{**LINE, "sku": "C"}]}),
    )

    found = desk("check", "--json").json["found"]

    twins = {one["order"]: one["suspected"] for one in found if one["suspected"]}
    assert twins == ({"de/two": ["de/one"]} if suspected else {})
    decide = ("duplicate", "de/two", "de/one")
    done = desk(*decide, "dismissed", "--reason", "a second lamp", *WHO)
    assert done.code == (0 if suspected else 8)
    assert desk(*decide, "confirmed", "--reason", "x", *WHO).code == 8
    assert desk(*decide, "perhaps", "--reason", "x", *WHO).code == 2
    desk("check", "de/two")
    assert desk("duplicate", "de/two", "de/one", "dismissed", "--reason", "x", *WHO).code == 8


# R057
def test_rules_are_recorded_with_their_version_and_hold_from_then_on(
    record, desk, tmp_path, data, orderproof
):
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(RULES))

    done = desk("rules", "set", file, *WHO, "--json").json
    assert (done["rules"], desk("rules", "set", file, *WHO, "--json").json["position"]) == (3, None)
    listed = desk("rules", "list", "--json").json
    assert listed["rule_version"] == done["rule_version"]
    assert len(listed["checks"]) >= 10
    assert "heavy" in desk("rules", "list").out

    record(placed("heavy", **GOOD | {"lines": [{**LINE, "weight_g": 9_000}]}), paid("heavy"))
    assert desk("check", "--json").json["found"][0]["failed"] == ["heavy"]

    for wrong in (b"[", b'[{"id": "a"}]', b"x" * (2 << 20)):
        file.write_bytes(wrong)
        assert desk("rules", "set", file, *WHO).code == 2
    assert desk("rules", "set", tmp_path / "none.json", *WHO).code == 2
    assert desk("rules", "list", "--json").json["rule_version"] == done["rule_version"]


def test_copies_at_the_same_time_record_nothing_twice(record, data, told):
    record(*[placed(f"{n}", **BAD | {"customer_id": f"c-{n}"}) for n in range(12)])

    def run():
        with open_store(installation.find(data)) as store:
            checking.run(store)

    copies = [threading.Thread(target=run) for _ in range(3)]
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.join()

    for n in range(12):
        assert told(f"de/{n}").count("exception.raised") == 1


def test_a_kill_before_the_commit_leaves_nothing_and_the_next_one_checks(
    record, desk, told, monkeypatch
):
    record(placed("bad", **BAD))

    def killed(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checking.recording, "record_after", killed)
        assert desk("check").code == 130
    assert told("de/bad") == ["order.placed"]
    assert desk("check", "--json").json["checked"] == 1


def test_nothing_of_a_person_is_recorded_in_the_clear(record, desk, data, orderproof):
    record(placed("bad", **GOOD | {"remarks": "leave it with Test Neighbour"}))
    desk("check")

    shown = orderproof("order", "de/bad", "--data", data, "--json").out

    assert "order.check_failed" in shown
    for name in ("Test Buyer", "Test Neighbour", "Musterweg"):
        assert name not in shown


def test_the_worker_checks_by_itself(record, worker, told):
    running = worker("check")
    assert running.says("checking orders"), running.said
    record(placed("bad", **BAD))

    assert running.says("de/bad: C6"), running.said
    assert running.end() == 0
    assert "exception.raised" in told("de/bad")


def test_an_order_that_nobody_knows_is_not_found(data, desk):
    assert desk("check", "de/none").code == 6
