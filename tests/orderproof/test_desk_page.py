"""The order desk's page in a browser: eight columns, marks inside them, quadrants, pages."""

import json
from contextlib import closing

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

import eventstore.log
import eventstore.reading
from domain.tracking.row import COLUMNS
from eventstore.pool import Pool
from eventstore.reading import Scope
from orderproof.order_desk import lists
from orderproof.order_desk.lists import Selection
from tests.orderproof import desk_scene
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401
from tests.orderproof.test_pages import CANARY, Visitor, visit

MANY = 120


@pytest.fixture
def served(data, record):  # noqa: F811
    record(
        [*desk_scene.SAMPLE, desk_scene.paid("202405001")],
        [desk_scene.placed("9"), desk_scene.paid("9")],
        story(CANARY, shop="fr"),
        *([one] for one in (desk_scene.placed(f"n{n:03}") for n in range(MANY))),
        [{**desk_scene.placed("it"), "subject": f"fr/{CANARY}2", "id": "fr-it"}],
    )
    with reading(data) as found:
        found.browser = found.client
        yield found


def walk(visitor, address):
    page = visitor.get(address).json()
    rows = page["rows"]
    while page["next"] is not None:
        mark = "&" if "?" in address else "?"
        page = visitor.get(f"{address}{mark}cursor={page['next']}").json()
        rows += page["rows"]
    return rows


def test_the_table_has_the_eight_columns_and_the_row_that_the_command_shows(
    served, data, orderproof
):
    visitor = Visitor(served, "support")
    page = visitor.get("/desk.json?quadrant=1").json()
    shown = orderproof("desk", "table", "--quadrant", "1", "--json", "--data", data)

    assert tuple(page["columns"]) == COLUMNS
    told = json.loads(shown.out)["rows"]
    assert [{name: row[name] for name in COLUMNS} for row in page["rows"]] == told
    [sample] = [row for row in page["rows"] if row["order"] == "202405001"]
    assert sample["customer"] == "*** (Germany)"
    assert sample["next_action"] == "complete restocking before 18 May"
    assert sample["next_action_set"]
    assert sample["overdue_days"] > 900
    assert "Zhang San" not in visitor.get("/desk").text
    chinese = visitor.get("/desk.json?lang=zh").json()
    assert chinese["columns"]["order"] == "订单号"


def test_marks_stand_inside_cells_and_quadrants_are_links_with_counts(browser, served):
    with visit(browser, served, role="support") as page:
        page.get_by_role("link", name="Order desk").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Tracking table")
        heads = page.locator("thead th").all_text_contents()
        assert heads == [
            "Order no.", "Customer", "Goods", "Originally planned dispatch date",
            "Current status", "Owner", "Updated", "Next action",
        ]  # fmt: skip
        page.get_by_role("link", name="urgent and important").first.click()
        row = page.get_by_role("row").filter(has_text="202405001")
        assert row.locator("td").count() + row.locator("th").count() == 8
        expect(row.locator("td").nth(2)).to_contain_text("days overdue")
        expect(row.locator("td").nth(5)).to_contain_text("h ago")
        other = page.get_by_role("row").filter(has_text="None set").first
        expect(other.locator("td").nth(6)).to_contain_text("its state asks for")
        assert page.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('.loud')).fontSize)"
            " > parseFloat(getComputedStyle(document.querySelector('td')).fontSize)"
        )
        page.get_by_role("link", name="Overdue").click()
        assert page.locator("tbody tr").count() == 1


def test_a_walk_meets_each_order_once_in_the_sequence_of_the_work(served, data, orderproof):
    visitor = Visitor(served, "support")
    shown = orderproof("desk", "table", "--json", "--data", data)
    wanted = [row["order"] for row in json.loads(shown.out)["rows"]]

    rows = walk(visitor, "/desk.json")

    assert [row["order"] for row in rows] == wanted
    assert len(rows) == len(set(wanted)) > MANY
    of_shop = walk(visitor, "/desk.json?shop=de")
    assert [row["order"] for row in of_shop] == [r["order"] for r in rows if r["shop"] == "de"]


def test_orders_of_somebody_and_those_without_a_next_action(browser, served):
    visitor = Visitor(served, "support")
    everything = walk(visitor, "/desk.json")
    undecided = walk(visitor, "/desk.json?undecided=1")
    assert undecided == [row for row in everything if not row["next_action_set"]]
    assert visitor.get("/desk.json").json()["undecided"]["number"] == len(undecided)
    for name in ("warehouse group", "warehouse"):
        page = visitor.get(f"/desk.json?owner={name}").json()
        assert [row["order"] for row in page["rows"]] == ["202405001"]
        assert sum(one["orders"]["number"] for one in page["quadrants"]) == 1
        assert page["undecided"] == {"number": 0, "exact": True}
        assert visitor.get(f"/desk.json?owner={name}&undecided=1").json()["rows"] == []
        assert visitor.get(f"/desk.json?owner={name}&shop=fr").json()["rows"] == []
    with visit(browser, served, role="support", java_script_enabled=False) as page:
        page.goto("/desk")
        tile = page.get_by_role("navigation").get_by_role("link", name="No next action")
        expect(tile).to_contain_text(str(len(undecided)))
        assert tile.locator("svg").count() == 1
        page.get_by_label("Person or department").fill("warehouse")
        page.get_by_role("button", name="Show").click()
        assert page.locator("tbody tr:not(.group)").count() == 1
        tile.click()
        expect(page.get_by_text("No unfinished order is here")).to_be_visible()


def test_a_past_day_says_so_and_shows_what_was_on_record_then(
    browser,
    served,
    record,  # noqa: F811
    monkeypatch,
):
    visitor = Visitor(served, "support")
    record([desk_scene.event("9", 3, "order.planned_dispatch_set", "2024-05-06T10:00:00+02:00",
                             date="2024-05-20")])  # fmt: skip
    now = {row["order"]: row for row in walk(visitor, "/desk.json")}
    known = eventstore.log.reached_by
    assert visitor.get("/desk.json?day=2025-06-01").json()["past"]["looked_at"] == 0
    record([desk_scene.event("202405001", 7, "order.next_action_set", "2024-05-16T09:00:00+02:00",
                             action="dispatch it")])  # fmt: skip
    size = visitor.get("/desk.json").json()["as_of"]
    before = size - 1
    monkeypatch.setattr(eventstore.log, "reached_by", lambda *_: before)

    first = visitor.get("/desk.json?day=2025-06-01").json()
    rows = walk(visitor, "/desk.json?day=2025-06-01")

    assert first["as_of"] == before
    assert first["at"].startswith("2025-06-01T23:59:59")
    assert first["past"]["looked_at"] == 50
    assert {row["order"] for row in rows} == now.keys()
    assert len(rows) == len(now)
    [sample] = [row for row in rows if row["order"] == "202405001"]
    assert sample["next_action"] == now["202405001"]["next_action"] != "dispatch it"
    assert sample["overdue_days"] == 387
    found = walk(visitor, "/desk.json?day=2025-06-01&owner=warehouse")
    assert [row["order"] for row in found] == ["202405001"]
    assert walk(visitor, "/desk.json?day=2025-06-01&owner=warehouse&undecided=1") == []
    late = walk(visitor, "/desk.json?day=2025-06-01&overdue=1")
    assert [(row["order"], row["overdue_days"]) for row in late] == [("202405001", 387), ("9", 377)]
    theirs = walk(Visitor(served, "support", shops=["fr"]), "/desk.json?day=2025-06-01")
    assert {row["shop"] for row in theirs} == {"fr"}
    with visit(browser, served, role="support") as page:
        page.goto("/desk?day=2025-06-01")
        expect(page.get_by_text("as was on record when this day ended")).to_be_visible()
        assert Axe().run(page).violations_count == 0
        page.get_by_role("link", name="2025-05-31").click()
        expect(page.locator("time").first).to_have_text("2025-05-31")
        monkeypatch.setattr(eventstore.log, "reached_by", known)
        page.reload()
        expect(page.get_by_text("No order was on record when this day ended")).to_be_visible()
        page.get_by_role("link", name="Now").click()
        expect(page.get_by_text("as was on record")).to_have_count(0)


#
def test_shops_of_the_token_bound_the_table_and_its_counts(served):
    visitor = Visitor(served, "support", shops=["fr"])
    page = visitor.get("/desk.json").json()
    assert {row["shop"] for row in page["rows"]} == {"fr"}
    assert sum(one["orders"]["number"] for one in page["quadrants"]) == len(page["rows"])
    assert visitor.get("/desk.json?shop=de").json()["rows"] == []
    both = Visitor(served, "support", shops=["fr", "de"])
    assert walk(both, "/desk.json") == walk(Visitor(served, "support"), "/desk.json")


#
def test_the_database_shows_nothing_to_who_is_limited_to_days_or_to_no_shop(served):
    Visitor(served, "support").get("/desk.json")
    with closing(Pool(served.store.dsn, eventstore.reading.ROLE)) as pool:
        for scope, number in (
            (Scope(), MANY + 4),
            (Scope(shops=("fr",)), 2),
            (Scope(shops=("",)), 0),
            (Scope(first_day="2020-01-01"), 0),
            (Scope(last_day="2030-01-01"), 0),
        ):
            with eventstore.reading.session(pool, scope) as cursor:
                assert lists.counted(cursor, Selection(), (), 0).number == number, scope


def test_who_is_not_of_the_desk_is_refused_and_so_are_wrong_parameters(served):
    for role in ("auditor", "compliance"):
        assert Visitor(served, role).get("/desk").status_code == 403
        assert Visitor(served, role).get("/desk.json").status_code == 403
    assert served.client.get("/desk").status_code == 303
    visitor = Visitor(served, "support")
    cursor = visitor.get("/desk.json").json()["next"]
    for wrong in ("quadrant=5", "quadrant=x", "overdue=2", "shop=%00", f"shop={'x' * 201}",
                  "owner=%00", f"owner={'x' * 201}", "undecided=2", "overdue=1&undecided=1",
                  "overdue=1&owner=x", "day=2024-02-30", "day=20240215", "day=1969-12-31",
                  "day=9999-12-31", "day=x"):  # fmt: skip
        assert visitor.get(f"/desk.json?{wrong}").status_code == 422
    for wrong in (
        f"cursor={cursor}&quadrant=1",
        f"cursor={cursor}&day=2024-05-15",
        f"cursor={cursor[:-2]}AA",
        "cursor=x",
    ):
        assert visitor.get(f"/desk.json?{wrong}").status_code == 400
    assert Visitor(served, "support").get(f"/desk.json?cursor={cursor}").status_code == 400


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_fault_that_axe_finds_and_never_scrolls_sideways(browser, served, scheme):
    with visit(browser, served, role="support", color_scheme=scheme) as page:
        for address in (
            "/desk",
            "/desk?quadrant=2&lang=zh",
            "/desk?overdue=1",
            "/desk?shop=none",
            "/desk?day=2024-05-15",
            "/desk?undecided=1&lang=zh",
        ):
            page.goto(address)
            found = Axe().run(page)
            assert found.violations_count == 0, f"{address}\n{found.generate_report()}"
            for width in (390, 640, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, address


#
def test_without_scripts_what_others_wrote_is_text(browser, served):
    with visit(browser, served, role="support", java_script_enabled=False) as page:
        page.goto("/desk?shop=fr")
        expect(page.get_by_role("link", name=CANARY).first).to_be_visible()
    with visit(browser, served, role="support") as page:
        page.goto("/desk?shop=fr")
        expect(page.get_by_role("link", name=CANARY).first).to_be_visible()
