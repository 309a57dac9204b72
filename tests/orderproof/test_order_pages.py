"""The pages of one order: printed as evidence, its timeline filtered, and all of it as JSON."""

import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from api.pages.accepting import prefers_json
from api.pages.story import KINDS, kind_of
from domain.catalogue import CATALOGUE
from domain.errors import CommandRefusedError
from orderproof.claim_service import ClaimService
from tests.api.conftest import cloudevent
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401
from tests.orderproof.test_pages import ADDRESSES, Visitor, visit


@pytest.fixture
def served(data, record, orderproof):  # noqa: F811
    record(
        story("1"),
        [
            cloudevent(id="m1", subject="de/1", type="message.sent", source="/ours",
                       time="2025-06-01T09:00:00Z", data={"message_id": "m", "channel": "email"}),
            cloudevent(id="fix", subject="de/1", type="correction.recorded", source="/ours",
                       time="2025-06-02T09:00:00Z",
                       data={"event_source": story("1")[1]["source"], "event_id": "de-1-2",
                             "reason": "entered twice"}),
        ],
        *([each] for each in (
            cloudevent(id=f"s{n}", subject="de/long", type="refund.approved",
                       time=f"2025-03-03T10:00:{n % 60:02}Z",
                       data={"refund_id": f"r{n}", "amount": 100, "currency": "EUR"})
            for n in range(60)
        )),
    )  # fmt: skip
    assert orderproof("archive", "--all", "--data", data).code == 0
    with reading(data) as found:
        found.browser = found.client
        yield found


def printed(page, tmp_path):
    file = tmp_path / "page.pdf"
    file.write_bytes(page.pdf(prefer_css_page_size=True, format="A4"))
    text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True)
    return text.stdout.decode().rstrip("\f").split("\f")


def test_a_printed_claim_is_evidence(browser, served, tmp_path):
    claim = Visitor(served).get("/orders/de/1.json").json()
    with visit(browser, served, java_script_enabled=False) as page:
        page.goto("/orders/de/1")
        text = "\n".join(printed(page, tmp_path))
    joined = "".join(text.split())

    assert claim["verdict_text"].split(";")[0] in text
    for step in claim["money"]:
        assert f"#{step['version']}" in text
        assert step["hash"][:32] in joined
        assert step["occurred_at"] in text
    assert claim["integrity"]["head"] in joined
    assert "".join(claim["checkpoint"]["note"].split()) in joined
    assert "Check it without us" in text
    assert "entered twice" in text
    for control in ("Log out", "Your access", "This page as JSON", "Timeline"):
        assert control not in text


def test_what_is_missing_is_asked_for_and_what_is_none_is_good(browser, served):
    claim = Visitor(served).get("/orders/de/1.json").json()
    absent = {one["key"]: one for one in claim["missing"]}
    assert [one["state"] for one in claim["missing"]] == sorted(
        (one["state"] for one in claim["missing"]), key=("missing", "here", "none").index
    )
    for one in absent.values():
        assert (one["ask"] is not None) is (one["state"] == "missing"), one
        assert one["meaning"]
    assert absent["bounce"]["state"] == "none"
    api = served.get("/v1/orders/de/1/claim").json()
    assert api["missing"] == claim["missing"]
    chinese = Visitor(served).get("/orders/de/1.json?lang=zh").json()["missing"]
    assert [(one["key"], one["state"], one["ask"]) for one in chinese] == [
        (one["key"], one["state"], one["ask"]) for one in claim["missing"]
    ]
    with visit(browser, served) as page:
        page.goto("/orders/de/1")
        table = page.get_by_role("region", name="What is missing")
        assert table.locator("tbody tr").count() == len(absent)
        row = table.get_by_role("row").filter(has_text=absent["bounce"]["looked_for"])
        expect(row.locator("td").nth(0)).to_have_text("none")
        assert table.locator("tbody svg").count() == len(absent)
        assert Axe().run(page).violations_count == 0


def test_a_claim_has_four_actions_at_most_and_each_does_something(browser, served):
    with visit(browser, served) as page:
        page.goto("/orders/de/1")
        names = page.locator(".choices a, .choices button").all_inner_texts()
        assert names == ["Sealed history as a file", "Timeline", "This answer as JSON"]
        assert page.locator(".choices .button:not(.lesser), .choices button").count() == 1
        with page.expect_download() as download:
            page.get_by_role("link", name="Sealed history").click()
        assert Path(download.value.path()).read_bytes()[:2] == b"\x1f\x8b"
    with visit(browser, served, role="support", java_script_enabled=False) as page:
        page.goto("/orders/de/1")
        assert page.locator(".choices a, .choices button").count() == 4
        assert page.locator(".choices .button:not(.lesser), .choices button").count() == 1
        page.get_by_role("button", name="Record this answer").click()
        expect(page.get_by_text("The answer is recorded")).to_be_visible()
        expect(page.get_by_text("Letter to the customer")).to_be_visible()
        page.goto("/orders/de/1")
        page.get_by_role("button", name="Record this answer").click()
        expect(page.get_by_text("This very answer stood on record already")).to_be_visible()
    kinds = served.get("/v1/orders/de/1/events").json()["items"]
    assert [one["type"] for one in kinds].count("claim.answered") == 1


def test_a_claim_is_shown_where_the_archive_cannot_be_read(browser, served, data):
    index = data / "archive" / "index" / "root.json"
    index.write_bytes(b"garbage")
    assert Visitor(served).get("/orders/de/1.json").json()["archive_read"]  # the log's part can be
    with visit(browser, served) as page:
        page.goto("/orders/de/1")
        assert page.locator(".choices a").all_inner_texts() == ["Timeline", "This answer as JSON"]
        page.locator("summary").first.click()
        expect(page.get_by_text("a part of it, cannot be read now")).to_be_visible()
    (data / "archive" / "log" / "checkpoint").write_bytes(b"garbage")
    assert not Visitor(served).get("/orders/de/1.json").json()["archive_read"]


def test_an_answer_that_is_not_recorded_says_which_rule_or_that_the_record_is_altered(
    served, monkeypatch
):
    support = Visitor(served, "support")

    def refuse(*_):
        raise CommandRefusedError("claim-closed", "the claim is closed")

    monkeypatch.setattr(ClaimService, "record", refuse)
    told = support.post("/orders/de/1/answer", csrf=support.mark())
    assert told.status_code == 409
    assert "the claim is closed (<code>claim-closed</code>)" in told.text
    monkeypatch.setattr(ClaimService, "record", lambda *_: None)  # the record is not intact
    told = support.post("/orders/de/1/answer", csrf=support.mark())
    assert told.status_code == 409
    assert "The record was changed after it was made" in told.text


def test_only_the_desk_records_an_answer_and_only_from_its_own_page(served):
    auditor, support = Visitor(served), Visitor(served, "support")
    assert auditor.post("/orders/de/1/answer", csrf=auditor.mark()).status_code == 403
    assert support.post("/orders/de/1/answer", csrf="0").status_code == 403
    assert support.post("/orders/de/none/answer", csrf=support.mark()).status_code == 404
    assert auditor.get("/orders/de/none/history").status_code == 404


def test_each_printed_page_has_the_head_hash_and_its_number(browser, served, tmp_path):
    head = Visitor(served).get("/orders/de/long.json").json()["integrity"]["head"]
    with visit(browser, served) as page:
        page.goto("/orders/de/long")
        pages = printed(page, tmp_path)

    assert len(pages) > 1
    for number, text in enumerate(pages, 1):
        assert head in "".join(text.split()), number
        assert f"{number} / {len(pages)}" in text


def test_print_is_black_on_white_in_a_dark_room_and_the_fold_is_open(browser, served):
    with visit(browser, served, color_scheme="dark") as page:
        page.goto("/orders/de/1")
        page.emulate_media(media="print", color_scheme="dark")
        body = "getComputedStyle(document.body)"
        assert page.evaluate(f"{body}.backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate(f"{body}.color") == "rgb(0, 0, 0)"
        expect(page.get_by_text("Check it without us")).to_be_visible()
        expect(page.locator("footer")).to_be_hidden()


def test_a_filter_cannot_look_like_a_missing_event(browser, served):
    with visit(browser, served) as page:
        page.goto("/orders/de/1/timeline")
        numbers = page.locator("tbody th")
        assert numbers.all_text_contents() == ["1", "2", "3", "4", "5", "6"]
        expect(page.get_by_text("89 days without an event")).to_be_visible()
        struck = page.get_by_role("row").filter(has_text="corrected by")
        expect(struck.locator("s")).to_have_text("refund.approved")
        expect(struck.get_by_role("link", name="#5")).to_have_attribute(
            "href", "/orders/de/1/timeline/5"
        )
        back = page.get_by_role("row").filter(has_text="corrects #2")
        expect(back.get_by_role("link", name="#2")).to_be_visible()
        page.get_by_role("link", name="money 2").click()
        assert numbers.all_text_contents() == ["2", "3"]
        expect(page.get_by_text("4 events are of other kinds and not shown")).to_be_visible()
        page.get_by_role("link", name="newest first").click()
        assert numbers.all_text_contents() == ["3", "2"]
        assert Axe().run(page).violations_count == 0
    visitor = Visitor(served)
    assert visitor.get("/orders/de/1/timeline?kind=colour").status_code == 422
    assert visitor.get("/orders/de/1/timeline?order=sideways").status_code == 422


def test_every_known_event_has_a_kind_and_unknown_ones_are_the_systems():
    found = {kind_of(name) for name in CATALOGUE}
    assert found == set(KINDS)
    assert kind_of("loyalty.points_given") == "system"
    assert kind_of("") == "system"


def test_the_line_of_the_money_is_solid_to_what_is_known_and_dashed_after(browser, served):
    with visit(browser, served) as page:
        page.goto("/orders/de/1")
        dots = page.locator("ol.money svg.step")
        assert dots.count() == 3
        assert page.locator("ol.money svg.step circle.open").count() == 1  # it was never sent
        assert page.locator("ol.money svg.step line[stroke-dasharray]").count() == 2
        expect(page.locator("ol.money li.missing").first).to_contain_text("not recorded")
        page.goto("/integrity")
        bars = page.locator("svg.bar rect")
        assert bars.count() == page.locator("td.bar").count() > 0
        assert bars.first.get_attribute("width") == "100.0%"


@pytest.mark.parametrize(
    ("accept", "as_json"),
    [
        ("", False), ("*/*", False), ("text/html", False), ("application/json", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("application/json;q=0.5, text/html", False), ("text/html;q=0.5, application/json", True),
        ("application/*, text/*;q=0.1", True), ("application/json;q=0", False),
        ("application/json, text/html", False), ("application/json;q=x", False),
        ("APPLICATION/JSON", True), (";;;,,q=1", False), ("application/json;q=2", False),
    ],
)  # fmt: skip
def test_accept_says_which_form_is_wanted(accept, as_json):
    assert prefers_json(accept) is as_json


def test_a_page_asked_for_as_json_is_the_same_data_as_its_twin(served):
    visitor = Visitor(served)
    for address in ADDRESSES:
        page = visitor.get(address)
        assert page.headers["content-type"].startswith("text/html"), address
        named = visitor.get(f"{'/index' if address == '/' else address}.json")
        asked = visitor.get(address, Accept="application/json")
        assert asked.headers["content-type"] == "application/json", address
        assert asked.json().keys() == named.json().keys()
        for answer in (page, named, asked):
            assert "Accept" in answer.headers["vary"].split(", "), address
