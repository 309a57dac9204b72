"""The pages in a browser: by keyboard, on a phone, without scripts, in both languages."""

import json
import os
import re
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from api.pages import story as story_of_page
from api.pages.words import _WORDS
from orderproof import auditing
from tests.api.conftest import cloudevent
from tests.orderproof import desk_scene
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401

CANARY = "<script>window.canary=1</script><img src=x onerror=window.canary=1>\"'&{{7*7}}"
TEMPLATES = Path(__file__).parents[2] / "api" / "pages" / "templates"


@pytest.fixture
def served(data, record, orderproof):  # noqa: F811
    record(story("1"), story("2", day="2025-03-04"), story(CANARY, shop="fr"))
    record([
        cloudevent(id=f"c{CANARY}", subject="de/1", type="message.sent", source=CANARY,
                   data={"message_id": "m", "channel": CANARY, "template": CANARY}),
    ])  # fmt: skip
    assert orderproof("archive", "--all", "--data", data).code == 0
    with reading(data) as found, httpx.Client(base_url=found.url, trust_env=False) as client:
        found.browser = client
        yield found


@contextmanager
def visit(browser, served, role="auditor", expected=(), **options):
    """Log in, and fail for whatever the browser complains about but answers of these statuses."""
    token = served.token(role)
    context = browser.new_context(base_url=served.url, **options)
    page = context.new_page()
    noise = []
    page.on("console", lambda said: noise.append(said.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda sent: sent.url.startswith(served.url) or noise.append(sent.url))
    try:
        page.goto("/login")
        page.get_by_label("Access token").or_(page.get_by_label("访问令牌")).fill(token)
        page.keyboard.press("Enter")
        page.wait_for_url("**/operations" if role == "operator" else "**/")
        yield page
        assert [
            said for said in noise if not any(f"status of {one}" in said for one in expected)
        ] == []
        assert page.evaluate("typeof window.canary") == "undefined"
    finally:
        context.close()


ADDRESSES = (
    "/", "/orders/de/1", "/orders/de/1/timeline", "/orders/de/1/timeline/1", "/integrity",
    "/exports", "/workspace",
)  # fmt: skip


def hostile(served):
    found = served.get("/v1/orders", shop="fr").json()["items"][0]["order"]
    assert found == CANARY
    return f"/orders/fr/{quote(CANARY, safe='')}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_fault_that_axe_finds(browser, served, scheme):
    with visit(browser, served, expected=(404,), color_scheme=scheme) as page:
        at = hostile(served)
        for address in (
            *ADDRESSES, "/docs", at, f"{at}/timeline", f"{at}/timeline/1", "/orders/de/none",
        ):  # fmt: skip
            page.goto(address)
            found = Axe().run(page)
            assert found.violations_count == 0, f"{address}\n{found.generate_report()}"


#
def test_what_others_wrote_is_text_and_nothing_else(browser, served):
    with visit(browser, served) as page:
        page.goto("/?shop=fr")
        expect(page.get_by_role("link", name=f"fr/{CANARY}")).to_be_visible()
        page.get_by_role("link", name=f"fr/{CANARY}").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"fr/{CANARY}")
        page.goto("/orders/de/1")
        expect(page.get_by_text(CANARY).first).to_be_visible()
        page.goto("/orders/de/1/timeline/4")
        expect(page.get_by_text("{{7*7}}").first).to_be_visible()
        page.goto("/?q=" + "%3Cscript%3Ewindow.canary%3D1%3C/script%3E")
        expect(page.get_by_text("No order was found")).to_be_visible()


def test_a_claim_is_answered_within_three_keystrokes_of_the_number(browser, served):
    with visit(browser, served) as page:
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("2")
        page.keyboard.press("Enter")
        page.wait_for_url("**/orders/de/2")
        answer = page.locator(".answer")
        expect(answer).to_contain_text("128.00")
        expect(page.get_by_text("intact")).to_be_visible()


#
def test_a_person_is_found_for_a_reason_and_is_in_no_address(browser, served):
    seen = []
    with visit(browser, served, role="support") as page:
        page.on("request", lambda sent: seen.append((sent.url, sent.headers.get("referer", ""))))
        page.get_by_role("searchbox").fill("testa@example.com")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Say why you look for them")).to_be_visible()
        assert Axe().run(page).violations_count == 0
        page.get_by_label("Reason").fill("claim C-118")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Orders of the person")).to_be_visible()
        expect(page.get_by_role("link", name="de/1", exact=True)).to_be_visible()
        assert Axe().run(page).violations_count == 0
        page.get_by_role("searchbox").fill("nobody@example.com")
        page.get_by_label("Reason").fill("claim C-118")
        page.keyboard.press("Enter")
        expect(page.get_by_text("No order was found")).to_be_visible()
    with visit(browser, served, role="auditor", expected=(403,)) as page:
        page.on("request", lambda sent: seen.append((sent.url, sent.headers.get("referer", ""))))
        page.get_by_role("searchbox").fill("testa@example.com")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Your role finds orders by references")).to_be_visible()
        expect(page.get_by_role("link", name="de/1", exact=True)).to_have_count(0)
    assert seen
    assert not [each for each in seen if "example" in "".join(each)]
    [first, *_] = served.get("/v1/reads", role="compliance", subject="de/1").json()["items"]
    assert "testa" not in json.dumps(first)
    assert first["reason"] == "claim C-118"


def test_a_person_with_more_orders_than_are_shown_is_said_to_have_them(
    browser, served, monkeypatch
):
    monkeypatch.setattr(auditing, "_MOST", 1)
    with visit(browser, served, role="support") as page:
        page.get_by_role("searchbox").fill("testa@example.com")
        page.keyboard.press("Enter")
        page.get_by_label("Reason").fill("claim C-118")
        page.keyboard.press("Enter")
        expect(page.get_by_text("There are more orders of this person")).to_be_visible()


def test_everything_can_be_reached_by_keyboard(browser, served):
    with visit(browser, served) as page:
        page.goto("/orders/de/1")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        names = []
        for _ in range(20):
            page.keyboard.press("Tab")
            names.append(page.evaluate("document.activeElement.textContent.trim()"))
        assert "Search" in names
        assert "Timeline" in names
        assert any(name.startswith("Proof") for name in names)


def test_the_language_is_chosen_and_kept_and_numbers_stay(browser, served):
    with visit(browser, served) as page:
        page.goto("/orders/de/1")
        english = page.locator(".mono").all_text_contents()
        page.get_by_role("link", name="简体中文").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        expect(page.get_by_text("完好")).to_be_visible()
        assert page.locator(".mono").all_text_contents() == english
        page.goto("/integrity")
        expect(page.get_by_role("heading", level=1)).to_have_text("已签名的日志")
    with visit(browser, served, locale="zh-CN") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("查询")


def test_an_order_of_any_number_stays_itself_in_another_language(browser, served, record):  # noqa: F811
    number = "50% & a/b?c#d %2F é 退"
    record(story(number))
    with visit(browser, served) as page:
        page.goto(f"/orders/de/{quote(number, safe='')}")
        expect(page.get_by_role("heading", level=1)).to_have_text(f"de/{number}")
        page.get_by_role("link", name="简体中文").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"de/{number}")
        page.get_by_role("link", name="时间线").click()
        page.get_by_role("link", name="1", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("order.placed")
        shown = page.get_by_role("link", name="JSON").get_attribute("href")
    assert Visitor(served).get(shown).json()["event"]["order"] == number


def test_pages_need_no_scripts(browser, served):
    with visit(browser, served, java_script_enabled=False) as page:
        for address in ADDRESSES:
            page.goto(address)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert not [file for file in TEMPLATES.iterdir() if "<script" in file.read_text()]


@pytest.mark.parametrize("width", [390, 640])
def test_no_page_scrolls_sideways_on_a_phone_or_at_twice_the_size(browser, served, width):
    with visit(browser, served, viewport={"width": width, "height": 800}) as page:
        for address in (*ADDRESSES, hostile(served)):
            page.goto(address)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (address, wide)


def test_printed_a_page_has_the_evidence_and_no_controls(browser, served):
    with visit(browser, served) as page:
        page.goto("/orders/de/1")
        page.emulate_media(media="print")
        expect(page.locator(".top")).to_be_hidden()
        expect(page.locator(".answer")).to_be_visible()


def test_an_export_is_asked_for_and_downloaded(browser, served):
    with visit(browser, served, role="compliance", expected=(422,)) as page:
        page.goto("/exports")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("Say what the export is for.")).to_be_visible()
        page.get_by_label("Reason").fill("audit of refunds")
        page.get_by_role("button", name="Start").click()
        for _ in range(50):
            if page.get_by_text("done").count():
                break
            page.wait_for_timeout(100)
            page.reload()
        with page.expect_download() as download:
            page.get_by_role("link", name=re.compile(r"orders-\d+\.jsonl")).click()
        rows = Path(download.value.path()).read_text().splitlines()
        assert {json.loads(row)["shop"] for row in rows} == {"de", "fr"}


def test_a_list_is_exported_with_its_own_filter(browser, served):
    with visit(browser, served) as page:
        page.goto("/?shop=de&from=2025-03-01&to=2025-03-02")
        page.get_by_role("link", name="Export exactly this list").click()
        assert page.get_by_label("Shop").input_value() == "de"
        assert page.get_by_label("From").input_value() == "2025-03-01"
        assert page.get_by_label("To", exact=True).input_value() == "2025-03-02"
        assert Axe().run(page).violations_count == 0
        page.goto("/?q=none")  # what is found by a reference is no list of days
        expect(page.get_by_role("link", name="Export exactly this list")).to_have_count(0)
    with visit(browser, served, role="support") as page:
        expect(page.get_by_role("link", name="Export exactly this list")).to_have_count(0)


ROLES_OF = {"/desk": "support", "/operations": "operator"}
SCREENS = {
    "tracking": "/desk", "tracking-zh-dark": "/desk?lang=zh", "operations": "/operations",
    "search": "/", "claim": "/orders/de/1", "claim-zh-dark": "/orders/de/1?lang=zh",
    "timeline": "/orders/de/1/timeline", "event": "/orders/de/1/timeline/2",
    "integrity": "/integrity", "exports": "/exports",
}  # fmt: skip


def test_each_screen_can_be_pictured(browser, data, record, orderproof, tmp_path):  # noqa: F811
    """`make screenshots` keeps the pictures in docs/screens."""
    folder = Path(os.environ.get("ORDERPROOF_SCREENSHOTS", tmp_path))
    record(*(story(str(n), day=f"2025-03-{n:02}") for n in range(1, 9)))
    record(desk_scene.SAMPLE, [desk_scene.paid("202405001")],
           *([desk_scene.placed(f"20240500{n}"), desk_scene.paid(f"20240500{n}")]
             for n in (2, 3)), [desk_scene.placed("202405004")])  # fmt: skip
    assert orderproof("archive", "--all", "--data", data).code == 0
    with reading(data) as served:
        for name, address in SCREENS.items():
            scheme = "dark" if "dark" in name else "light"
            size = {"width": 1280, "height": 800}
            role = ROLES_OF.get(address.partition("?")[0], "auditor")
            with visit(browser, served, role, color_scheme=scheme, viewport=size) as page:
                page.goto(address)
                page.screenshot(path=folder / f"{name}.png")
                assert (folder / f"{name}.png").stat().st_size > 5_000


class Visitor:
    """A client that keeps the session cookie, which is for HTTPS alone."""

    def __init__(self, served, role="auditor", shops=()):
        self.client = served.browser
        answer = self.post("/login", token=served.token(role, shops), cookie="")
        assert answer.status_code == 303
        self.cookie = answer.headers["set-cookie"]
        self.secret = self.cookie.partition(";")[0]

    def get(self, path, **headers):
        return self.client.get(path, headers={"Cookie": self.secret, **headers})

    def post(self, path, cookie=None, headers=None, **fields):
        sent = {"Cookie": self.secret if cookie is None else cookie, **(headers or {})}
        return self.client.post(path, data=fields, headers=sent)

    def mark(self):
        return re.search(r'name="csrf" value="([0-9a-f]+)"', self.get("/workspace").text)[1]


#
def test_a_session_is_bound_to_its_cookie_and_forms_to_their_session(served):
    mine, other = Visitor(served), Visitor(served)
    for word in ("__Host-session=", "HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in mine.cookie
    page = mine.get("/workspace")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"
    fields = {"kind": "orders", "reason": "a reason that is long enough"}
    assert mine.post("/exports", **fields).status_code == 403
    assert mine.post("/exports", csrf=other.mark(), **fields).status_code == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert mine.post("/exports", csrf=mine.mark(), headers=foreign, **fields).status_code == 403
    assert mine.get("/exports.json").json()["items"] == []
    assert mine.post("/exports", csrf=mine.mark(), **fields).status_code == 303
    assert len(mine.get("/exports.json").json()["items"]) == 1


def test_who_logs_out_is_out_and_others_stay(served):
    mine, other = Visitor(served), Visitor(served)
    assert mine.post("/logout", csrf=mine.mark()).status_code == 303
    assert mine.get("/workspace").status_code == 303
    assert other.get("/workspace").status_code == 200


def test_nobody_gets_in_without_a_token_that_may_read(served):
    client = served.browser
    for path in (*ADDRESSES, "/orders/de/1.json", "/exports/aaaaaaaaaaaa/data"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login")
    for token in ("", "oak_guess", served.token("intake"), served.token("key-officer")):
        assert client.post("/login", data={"token": token}).status_code == 401
    elsewhere = client.post("/login", data={"token": served.token(), "next": "//example.com/x"})
    assert elsewhere.headers["location"] == "/"


def test_a_pages_json_is_the_same_data(served):
    visitor = Visitor(served)
    listed = visitor.get("/index.json").json()
    assert listed["items"] == served.get("/v1/orders").json()["items"]
    claim = visitor.get("/orders/de/1.json").json()
    asked = served.get("/v1/orders/de/1/claim").json()
    assert {name: claim[name] for name in asked} | {"seconds": 0} == {**asked, "seconds": 0}
    assert [step["version"] for step in claim["money"]] == [2, 3]
    assert visitor.get("/orders/de/1/timeline.json").json()["items"][0]["type"] == "order.placed"
    assert visitor.get("/integrity.json").json()["checkpoint"]["size"] > 0
    for path in ("/orders/fr/none", "/orders/de/1/timeline/99", "/nowhere", "/orders/de/%00",
                 "/exports/%00/data", "/exports/aaaaaaaaaaaa/data"):  # fmt: skip
        assert visitor.get(path).status_code == 404


def test_no_template_marks_text_as_safe_and_no_word_is_missing():
    texts = {file.name: file.read_text() for file in TEMPLATES.iterdir()}
    assert not [name for name, text in texts.items() if re.search(r"\|\s*safe|autoescape", text)]
    used = {word for text in texts.values() for word in re.findall(r"\bw\.([a-z_]+)", text)}
    used |= {f"kind_{kind}" for kind in story_of_page.KINDS}
    assert used - {"get"} <= set(_WORDS)
    assert not set(_WORDS) & set(dir(dict))  # `w.keys` would be the method
    assert all(all(both) for both in _WORDS.values())
