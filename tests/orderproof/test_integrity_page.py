"""The page of integrity: what was verified and what was not, keys, and until when is kept what."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from orderproof import standing
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401
from tests.orderproof.test_pages import Visitor, visit


@pytest.fixture
def served(data, record, orderproof):  # noqa: F811
    record(*(story(str(n)) for n in range(1, 5)))
    assert orderproof("archive", "--all", "--data", data).code == 0
    with reading(data) as found:
        found.browser = found.client
        yield found


def test_without_a_verification_it_cannot_tell_and_names_the_command(browser, served):
    assert Visitor(served).get("/integrity.json").json()["verifications"] == []
    with visit(browser, served) as page:
        page.goto("/integrity")
        expect(page.locator(".answer")).to_have_text("cannot tell: no verification is on record")
        expect(page.get_by_text("orderproof verify", exact=True)).to_be_visible()
        assert Axe().run(page).violations_count == 0


def test_what_was_verified_comes_first_and_each_names_what_it_did_not_check(
    browser, served, orderproof, data
):
    assert orderproof("drill", "--data", data).code == 0
    page = Visitor(served).get("/integrity.json").json()
    [one] = page["verifications"]
    assert (one["verdict"], one["findings"], one["sampled"]) == ("intact", 0, True)
    assert one["after"] == page["size"] - one["size"] > 0
    with visit(browser, served, java_script_enabled=False) as page:
        page.goto("/integrity")
        expect(page.locator(".answer")).to_contain_text("intact: the newest verification on record")
        expect(page.locator(".answer + .lead")).to_contain_text("not of all")
        table = page.get_by_role("region", name="Verifications")
        expect(table).to_contain_text("histories that were not drawn")
        expect(table).to_contain_text("events since, not in it")
        keys = page.get_by_role("region", name="Keys that sign the log")
        expect(keys.get_by_text("in use").first).to_be_visible()
        expect(keys.get_by_text("Now").first).to_be_visible()
        expect(page.get_by_text("No check can show what nobody recorded")).to_be_visible()
    with visit(browser, served, viewport={"width": 390, "height": 800}) as page:
        for address in ("/integrity", "/integrity?lang=zh"):
            page.goto(address)
            assert Axe().run(page).violations_count == 0, address
            assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_years_of_keeping_are_bars_with_their_numbers_and_no_more_is_claimed_than_was_read(
    browser, served, monkeypatch
):
    locks = Visitor(served).get("/integrity.json").json()["locks"]
    assert sum(one["histories"] for one in locks["years"]) == locks["counted"]
    assert locks["counted"] > 3  # the service seals streams of its own, too
    assert locks["exact"]
    with visit(browser, served) as page:
        page.goto("/integrity")
        table = page.get_by_role("region", name="Locks by the year")
        assert table.locator("td.bar svg").count() == len(locks["years"])
        expect(table.locator("td.number").first).to_have_text(str(locks["years"][0]["histories"]))
        monkeypatch.setattr(standing, "SEALS", 3)
        page.reload()
        expect(table.locator("caption")).to_contain_text("Cannot tell of all")
    assert not Visitor(served).get("/integrity.json").json()["locks"]["exact"]
