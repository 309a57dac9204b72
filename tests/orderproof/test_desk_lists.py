"""The order desk's lists, from events to rows."""

import csv

import openpyxl

from orderproof.order_desk import lists
from tests.orderproof.desk_scene import SAMPLE, event, paid, placed
from tests.orderproof.erase_scene import DECISION


# R017, R018
def test_the_sample_row_of_the_tracking_table(record, desk):
    record(*SAMPLE)

    done = desk("table", "--role", "service", "--by", "agent-1", "--json")

    assert done.code == 0, done
    [row] = done.json["rows"]
    assert list(row.items()) == [
        ("order", "202405001"),
        ("customer", "Zhang San (Germany)"),
        ("goods", "product A x 2"),
        ("planned_dispatch", "10 May"),
        ("status", "out of stock, restocking"),
        ("owner", "warehouse group"),
        ("updated", "15 May"),
        ("next_action", "complete restocking before 18 May"),
    ]
    [row] = desk("table", "--lang", "zh", "--json").json["rows"]
    assert (row["customer"], row["planned_dispatch"], row["status"]) == (
        "***（德国）",
        "5月10日",
        "缺货，补货中",
    )


# 4.22, R172
def test_customers_are_masked_unless_a_position_may_see_them(record, desk, data, orderproof):
    record(*SAMPLE)

    masked = desk("table", "--json")
    assert masked.json["rows"][0]["customer"] == "*** (Germany)"
    assert "Zhang" not in masked.out + desk("table").out
    assert desk("table", "--role", "service").code == 2
    assert desk("table", "--role", "auditor", "--by", "a").code == 2

    assert "Zhang San (Germany)" in desk("table", "--role", "warehouse", "--by", "w-1").out
    assert masked.json["position"] + 1 == desk("table", "--json").json["position"]


def test_a_list_says_what_it_is_of(record, desk):
    record(*SAMPLE, placed("2"), paid("2"))

    shown = desk("worklist", "--at", "2024-05-15T12:00:00Z", "--limit", "1", "--json").json

    assert (shown["as_of"], shown["total"]) == ("2024-05-15T12:00:00Z", 2)
    assert [row["quadrant"] for row in shown["rows"]] == [1]
    assert (
        "1 order; 1 more, as of 2024-05-15T12:00:00Z"
        in desk("worklist", "--at", "2024-05-15T12:00:00Z", "--limit", "1").out
    )


# R009-R013
def test_the_worklist_goes_by_quadrant_then_by_what_is_due(record, desk):
    due = {"action": "dispatch", "due_at": "2024-05-08T12:00:00Z"}
    record(
        placed("unpaid"),
        placed("late"), paid("late"),
        placed("early"), paid("early"),
        event("early", 3, "order.next_action_set", "2024-05-07T09:00:00Z", **due),
        placed("sent"), paid("sent"),
        event("sent", 3, "shipment.dispatched", "2024-05-07T09:00:00Z", shipment_id="s1"),
        placed("back"), paid("back"),
        event("back", 3, "aftersales.requested", "2024-05-07T09:00:00Z", case_id="c1",
              kind="refund"),
        placed("done"), paid("done"),
        event("done", 3, "shipment.delivered", "2024-05-07T09:00:00Z", shipment_id="s2"),
    )  # fmt: skip

    rows = desk("worklist", "--json").json["rows"]

    assert [(row["order"], row["quadrant"]) for row in rows] == [
        ("early", 1),
        ("late", 1),
        ("sent", 2),
        ("unpaid", 3),
        ("back", 4),
    ]
    assert [row["next_action"] for row in rows[1:]] == [
        "Dispatch the goods",
        "Follow the parcel until it is delivered",
        "Ask the customer: pay, or cancel?",
        "Answer the after-sales request: refund",
    ]
    assert [row["order"] for row in desk("table", "--quadrant", "2", "--json").json["rows"]] == [
        "sent"
    ]


# R021
def test_a_planned_day_that_passed_is_visible_however_the_plan_moved(record, desk):
    record(
        *SAMPLE,
        event("202405001", 7, "order.planned_dispatch_changed", "2024-05-12T09:00:00Z",
              before="2024-05-10", after="2024-05-20"),
        placed("2"), paid("2"),
        event("2", 3, "order.planned_dispatch_set", "2024-05-06T10:00:00Z", date="2024-05-15"),
    )  # fmt: skip

    assert desk("overdue", "--at", "2024-05-10T23:00:00Z", "--json").json["rows"] == []
    rows = desk("overdue", "--at", "2024-05-16T00:00:00Z", "--json").json["rows"]
    assert [(row["order"], row["overdue_days"], row["planned_dispatch"]) for row in rows] == [
        ("202405001", 6, "10 May"),
        ("2", 1, "15 May"),
    ]


# R015: strictly over 24 hours (4.12)
def test_one_of_the_first_five_without_news_for_a_day_is_an_alarm(record, desk):
    for number in range(6):
        record(placed(f"{number}"), paid(f"{number}", time=f"2024-05-06T1{number}:00:00Z"))

    rows = desk("top", "--at", "2024-05-07T12:00:00Z", "--json").json["rows"]

    assert len(rows) == 5
    assert {row["order"]: row["alarm"] for row in rows} == {
        row["order"]: int(row["order"]) < 2 for row in rows
    }


# R016
def test_what_is_at_risk_is_listed_with_the_reason(record, desk):
    record(
        placed("dear", total=60_001),
        placed("even", total=60_000),
        placed("soon", promised_deliver_by="2024-05-20T00:00:00Z"),
        placed("hurry"),
        event("hurry", 2, "aftersales.requested", "2024-05-07T09:00:00Z", kind="expedite"),
    )

    def risks(at):
        rows = desk("high-risk", "--at", at, "--json").json["rows"]
        return {row["order"]: row["risks"] for row in rows}

    always = {"dear": ["high_value"], "hurry": ["expedite"]}
    assert risks("2024-05-17T23:59:59Z") == always
    assert risks("2024-05-18T00:00:00Z") == {**always, "soon": ["promise_near"]}


# R019
def test_a_table_file_carries_position_and_time_and_no_formulas(record, desk, tmp_path):
    evil = "=HYPERLINK(1)"
    record(*SAMPLE, placed("2", lines=[{"title": evil, "quantity": 1}]))
    at = ("--at", "2024-05-15T12:00:00Z")
    position = desk("table", "--json").json["position"]

    done = desk("table", *at, "--out", tmp_path / "table.csv", "--json")

    assert (done.code, done.json["count"]) == (0, 2)
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *rows, last = csv.reader(file)
    assert head[:4] == ["Order no.", "Customer", "Goods", "Originally planned dispatch date"]
    assert len(head) == 8
    assert {row[2] for row in rows} == {"product A x 2", f"'{evil} x 1"}
    assert last == [f"# table, as of 2024-05-15T12:00:00Z, position {position}"]

    assert desk("table", *at, "--out", tmp_path / "table.xlsx", "--lang", "zh").code == 0
    book = openpyxl.load_workbook(tmp_path / "table.xlsx")
    assert [cell.value for cell in book["table"][1]][:2] == ["订单号", "客户信息"]
    assert f"{evil} x 1" in {row[2] for row in book["table"].iter_rows(values_only=True)}
    assert book["log"]["A1"].value == f"table, as of 2024-05-15T12:00:00Z, position {position}"

    assert desk("table", "--out", tmp_path / "table.csv").code == 2
    assert desk("table", "--out", tmp_path / "table.ods").code == 2


def test_an_erased_customer_is_named_as_erased(record, desk, data, orderproof):
    record(*SAMPLE)
    erased = orderproof("erase", "buyer@example.org", *DECISION, "--yes", "--data", data, "--json")
    assert erased.code == 0, erased

    [row] = desk("table", "--role", "service", "--by", "agent-1", "--json").json["rows"]
    assert row["customer"] == "(erased) (Germany)"


def test_beside_a_list_of_some_no_more_are_counted_than_is_worth_it(record, desk, monkeypatch):
    record(*[each for n in range(7) for each in (placed(f"{n}"), paid(f"{n}"))])
    monkeypatch.setattr(lists, "COUNTED", 5)

    shown = desk("worklist", "--limit", "2")
    assert "2 orders; more than 3 more, as of" in shown.out
    told = desk("worklist", "--limit", "2", "--json").json
    assert ("total" in told, told["total_over"]) == (False, 5)
    assert desk("worklist", "--limit", "6", "--json").json["total_over"] == 6
    assert desk("worklist", "--limit", "7", "--json").json["total"] == 7
    assert desk("worklist", "--json").json["total"] == 7
    assert "7 orders, as of" in desk("worklist").out


def test_an_order_is_on_the_list_of_its_person_and_of_its_department_once(record, desk):
    record(
        placed("1"), paid("1"), placed("2"), paid("2"), placed("3"), paid("3"),
        event("1", 5, "order.owner_assigned", "2024-05-07T09:00:00Z", owner="x", department="x"),
        event("2", 5, "order.owner_assigned", "2024-05-07T09:00:00Z", owner="y", department="x"),
        event("3", 5, "order.owner_assigned", "2024-05-07T09:00:00Z", owner="x" * 3_000),
    )  # fmt: skip

    def mine(owner):
        return [row["order"] for row in desk("table", "--owner", owner, "--json").json["rows"]]

    assert sorted(mine("x")) == ["1", "2"]
    assert (mine("y"), mine("x" * 3_000), mine("x" * 201)) == (["2"], ["3"], [])


# R026, 4.9
def test_three_repeat_purchases_are_four_orders_that_were_paid(record, desk):
    def bought(customer, *numbers):
        for number in numbers:
            record(placed(number, customer_id=customer), paid(number))

    def listed():
        return {row["order"] for row in desk("repeat-customers", "--json").json["rows"]}

    bought("c-3", "31", "32", "33")
    bought("c-4", "41", "42", "43")
    record(placed("44", customer_id="c-4"))
    bought(None, "1", "2", "3", "4", "5")
    assert listed() == set()

    record(paid("44"))
    assert listed() == {"41", "42", "43", "44"}
    done = event("41", 9, "order.closed", "2024-05-20T09:00:00Z", outcome="done")
    record(done, placed("45", customer_id="c-4"))
    assert listed() == {"42", "43", "44", "45"}
