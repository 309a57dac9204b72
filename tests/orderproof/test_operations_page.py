"""The operations page: one line with the reason first, and nothing that is not known."""

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from api.metrics import Model, State, Verification
from api.pages.operations import judge
from api.pages.words import _WORDS
from orderproof import tokens
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401
from tests.orderproof.test_pages import Visitor, visit

WELL = State(
    position=10, archived=10, archived_ago=5.0, models={"m": Model(0, 1.0, 0)}, quarantined=0,
    exports=0, verified=Verification(True, 60.0),
)  # fmt: skip


@pytest.fixture
def served(data, record):  # noqa: F811
    record(story("1"))
    with reading(data) as found:
        found.browser = found.client
        yield found


@pytest.mark.parametrize(
    ("change", "level", "reason"),
    [
        ({}, "good", "up_to_date"),
        ({"models": {"m": Model(3, 1.0, 0, stopped=True)}}, "bad", "stands_still"),
        ({"models": {"m": Model(0, 1.0, 2)}}, "attention", "set_aside"),
        ({"models": {"m": Model(3, 900.0, 0)}}, "attention", "behind_and_alone"),
        ({"models": {"m": Model(3, None, 0)}}, "unknown", "never_looked_after"),
        ({"models": {"m": Model(3, 1.0, 0)}}, "good", "catching_up"),
        ({"archived": 4, "archived_ago": 90_000.0}, "attention", "not_archived"),
        ({"archived": 0, "archived_ago": None}, "attention", "never_archived"),
        ({"verified": None}, "unknown", "never_verified"),
        ({"verified": Verification(False, 5.0)}, "bad", "not_intact"),
        ({"verified": Verification(True, 4_000_000.0)}, "attention", "was_intact"),
        ({"quarantined": 1}, "attention", "quarantine_number"),
        ({"break_glass": 1}, "attention", "break_glass_number"),
        ({"exports": 5}, "good", "up_to_date"),
    ],
)
def test_the_worst_comes_first_with_its_reason(change, level, reason):
    found = judge(msgspec.structs.replace(WELL, **change))

    assert (found.level, found.lines[0].reason) == (level, reason)
    for line in found.lines:
        assert line.reason in _WORDS
        assert line.model or line.name in _WORDS
    assert {line.name for line in found.lines if line.reason == "not_measured"} == {
        "disk", "clock", "bucket",
    }  # fmt: skip


def test_who_keeps_it_running_sees_the_state_and_no_order(browser, served):
    with visit(browser, served, role="operator", expected=(403,)) as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("Operations")
        expect(page.locator(".answer")).to_contain_text("nothing is archived yet")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert Axe().run(page).violations_count == 0
        for width in (390, 640):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("link", name="简体中文").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("运行状况")
        page.goto("/orders/de/1")
        expect(page.get_by_role("heading", level=1)).to_have_text("403")
    with visit(browser, served, role="operator", java_script_enabled=False) as page:
        expect(page.locator(".answer")).to_be_visible()


#
def test_others_are_refused_and_the_json_is_the_same_state(served):
    for role in ("auditor", "support", "compliance"):
        assert Visitor(served, role).get("/operations").status_code == 403
        assert Visitor(served, role).get("/operations.json").status_code == 403
    assert served.client.get("/operations").status_code == 303
    operator = Visitor(served, "operator")
    for path in ("/", "/desk", "/integrity", "/exports", "/workspace", "/orders/de/1.json"):
        assert operator.get(path).status_code == 403, path
    found = operator.get("/operations.json").json()
    assert found["as_of"] >= 3
    tokens.break_glass(served.store, "tester", "nobody who may is there", "T-1")
    again = operator.get("/operations", Accept="application/json").json()
    [line] = [line for line in again["lines"] if line["name"] == "break_glass"]
    assert (line["level"], line["number"]) == ("attention", 1)
