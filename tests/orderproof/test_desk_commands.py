"""The order desk's staff decide from the command line: once, by rule, recorded."""

import json

import pytest

from tests.orderproof.desk_scene import event, paid, placed

WHO = ("--by", "staff-1", "--role", "service")


@pytest.fixture
def order(record):
    record(placed("7"), paid("7"))
    return "de/7"


@pytest.fixture
def timeline(data, orderproof):
    def read(order="de/7"):
        done = orderproof("order", order, "--personal", "--data", data, "--json")
        return [(event["type"], event["data"]) for event in done.json["events"]]

    return read


def test_a_plan_an_owner_and_a_next_action_show_in_the_table(order, desk):
    assert desk("plan", order, "2026-12-01", *WHO).code == 0
    assert desk("assign", order, "--owner", "warehouse group", *WHO).code == 0
    assert desk("next", order, "restock", "--due", "2026-11-30", *WHO).code == 0

    [row] = desk("table", "--json").json["rows"]
    assert (row["owner"], row["next_action"]) == ("warehouse group", "restock")
    assert row["planned_dispatch"] == "1 December 2026"

    assert desk("plan", order, "2026-12-02", *WHO).code == 8
    assert desk("move", order, "2026-12-02", "--reason", "no stock", *WHO).code == 0


def test_a_command_given_twice_is_carried_out_once(order, desk, timeline):
    command = ("hold", order, "--reason", "address", "--command-id", "k-1", *WHO)

    first, again = desk(*command, "--json"), desk(*command, "--json")

    assert first.json | {"repeated": True} == again.json
    assert [type_ for type_, _ in timeline()].count("order.put_on_hold") == 1
    other = desk("hold", order, "--reason", "phone", "--command-id", "k-1", *WHO)
    assert (other.code, "another command" in other.err) == (8, True)
    assert "on hold: address" in desk("table").out
    assert desk("release", order, *WHO).code == 0


# R060
def test_a_confirmed_order_is_found_by_its_tracking_number_everywhere(
    order, record, desk, orderproof, data
):
    assert desk("confirm", order, *WHO).code == 2
    nobody = desk("confirm", order, "--service-requirement", "none", *WHO)
    assert (nobody.code, "owner-missing" in nobody.err) == (8, True)
    assert desk("assign", order, "--owner", "staff-1", *WHO).code == 0
    done = desk("confirm", order, "--service-requirement", "none", "--command-id", "c", *WHO)
    assert done.code == 0, done
    again = desk("confirm", order, "--service-requirement", "none", "--command-id", "c", *WHO,
                 "--json")  # fmt: skip
    assert again.json["repeated"]

    shown = orderproof("order", order, "--data", data, "--json").json
    [number] = [
        event["data"]["order_track_no"]
        for event in shown["events"]
        if event["type"] == "order.confirmed"
    ]
    assert len(number) == 16
    for verb in ("order", "claim"):
        assert orderproof(verb, number, "--data", data, "--json").json["order"] == "7"


# R113 to R123
def test_an_exception_from_raising_to_resolving(order, desk, timeline):
    def ok(*arguments):
        done = desk(*arguments, *WHO, "--json")
        assert done.code == 0, done
        return done.json

    raised = ok("exception", "raise", order, "information", "wrong_address")
    exception = raised["command_id"]
    assert "exception: wrong address, level 2" in desk("table").out
    ok("exception", "classify", order, exception, "information", "wrong_address", "--level", "1")
    ok("exception", "assign", order, exception, "staff-2")
    ticket = ok("ticket", "open", order, exception, "customer_service", "--demand", "a new one")
    refused = desk("exception", "resolve", order, exception, "--cause", "D8", *WHO)
    assert (refused.code, "log-incomplete" in refused.err) == (8, True)
    ok("exception", "measure", order, exception, "asked Test Buyer for the house number")
    ok("exception", "progress", order, exception, "being verified", "--promised-by", "1 hour")
    ok("exception", "feedback", order, exception, "it is number 7")
    ok("ticket", "resolve", order, ticket["command_id"], "address completed")
    ok("exception", "cause", order, exception, "--stage", "checkout", "--department",
       "customer_service", "--cause", "no house number asked for", "--evidence", "e-1")  # fmt: skip
    ok("exception", "resolve", order, exception, "--cause", "D8")

    told = timeline()
    assert told[-2:] == [
        (
            "exception.resolved",
            {"exception_id": exception, "cause": "D8", "resumed_at_stage": "waiting"},
        ),
        ("order.flag_changed", {"flag": "normal", "exception_id": exception}),
    ]
    assert "awaiting dispatch" in desk("table").out


def test_what_is_said_in_words_is_sealed(order, desk, data, orderproof):
    raised = desk("exception", "raise", order, "payment", "unpaid", *WHO, "--json").json
    desk("exception", "measure", order, raised["command_id"], "called Test Buyer", *WHO)

    shown = orderproof("order", order, "--data", data, "--json")

    assert "called Test Buyer" not in json.dumps(shown.json)


@pytest.mark.parametrize(
    "arguments",
    [
        ("exception", "raise", "de/none", "stock", "insufficient"),
        ("assign", "de/none", "--owner", "x"),
    ],
)
def test_an_order_that_nobody_knows_is_not_found(order, desk, arguments):
    assert desk(*arguments, *WHO).code == 6


# R121
def test_what_was_done_is_told_line_by_line_and_masked(order, record, desk):
    record(
        event("7", 8, "order.shipping_address_changed", "2024-05-06T10:30:00+02:00",
              after={"lines": ["XX road no. XX"]}, requested_by="Zhang San")
    )  # fmt: skip
    raised = desk("exception", "raise", order, "information", "wrong_address", *WHO, "--json").json
    exception = raised["command_id"]
    desk("exception", "measure", order, exception, "called Test Buyer", *WHO)

    def lines(*arguments):
        return [one["line"] for one in desk("log", order, *arguments, "--json").json["log"]]

    masked = lines()
    assert masked[0] == "10:30 somebody changed the delivery address to ***"
    assert masked[1].endswith("staff-1 found: wrong address")
    assert masked[2].endswith("staff-1 did: ***")
    seen = lines(exception, "--role", "warehouse", "--by", "staff-2")
    assert [line[6:] for line in seen] == [
        "staff-1 found: wrong address",
        "staff-1 did: called Test Buyer",
    ]
    assert lines("--role", "warehouse", "--by", "staff-2")[0].endswith("to ***")
    assert lines("--role", "service", "--by", "staff-2")[0].endswith("to XX road no. XX")
    assert "采取措施：***" in desk("log", order, "--lang", "zh").out
    assert desk("log", order, "none").code == 6
    assert desk("log", order, "--role", "service").code == 2


# R050
def test_an_order_is_replaced_by_the_one_that_was_meant(order, desk, timeline, orderproof, data):
    command = ("replace", order, "de/8", "--reason", "20 wanted", "--command-id", "r", *WHO)

    assert desk(*command).code == 0
    assert desk(*command, "--json").json["repeated"] is True
    assert [type_ for type_, _ in timeline()][-2:] == ["order.merged", "order.cancelled"]
    claim = orderproof("claim", order, "--data", data, "--json").json
    assert claim["verdict"] == "CANCELLED_BUT_NO_REFUND"
    assert desk("replace", order, "de/8", "--reason", "again", *WHO).code == 8


# R119
def test_a_task_goes_from_hand_to_hand_until_it_is_done(order, desk, timeline):
    raised = desk("exception", "raise", order, "stock", "damaged", *WHO, "--json").json
    opened = desk("ticket", "open", order, raised["command_id"], "warehouse", *WHO, "--json").json
    own = opened["command_id"]

    for step in (
        ("assign", "staff-9"), ("update", "searched"), ("transfer", "finance"),
        ("resolve", "refund agreed"), ("reopen", "customer called again"), ("resolve", "done"),
    ):  # fmt: skip
        done = desk("ticket", step[0], order, own, step[1], *WHO)
        assert done.code == 0, done

    told = [type_ for type_, _ in timeline() if type_.startswith("ticket.")]
    assert told == [
        "ticket.opened", "ticket.assigned", "ticket.updated", "ticket.transferred",
        "ticket.resolved", "ticket.reopened", "ticket.resolved",
    ]  # fmt: skip
