"""The viewer in Chromium, over an archive on a plain file server and from the disk.

An error of a script, a line on the console and a request to anywhere else fail every test.
"""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from archive import member
from archive.layout import Layout
from archive.viewer import page as viewer_page
from tests.archive.archive_builder import gunzip, gz
from tests.archive.archive_scene import run
from tests.archive.retention_scene import NOON_2024, NOON_2030, deleted
from tests.archive.viewer_archive import StoryLog, add_viewer, make_archive, serving, tell_refund

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture
def archive(made, tmp_path):
    """An archive of the test's own."""
    return shutil.copytree(made, tmp_path / "archive")


@pytest.fixture
def server(archive):
    with serving(archive) as (address, asked):
        yield address, asked


@pytest.fixture
def open_page(browser, server):
    """Open the viewer in a window; what must not happen is looked for when the test ends."""
    wrong, contexts = [], []

    def open_(address=f"{server[0]}/viewer/", **how):
        context = browser.new_context(**({"viewport": PHONE, "locale": "en-GB"} | how))
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        origin = address.partition("/viewer/")[0]

        def said(message):
            # Chromium says by itself that a history is not there; whether it has to be is tested.
            if not message.location["url"].startswith(f"{origin}/orders/"):
                wrong.append(f"console: {message.text}")

        def requested(request):
            if not request.url.startswith((origin, "data:,")):
                wrong.append(f"request: {request.url}")

        page.on("console", said)
        page.on("request", requested)
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


def look_up(page, number="202605001"):
    page.get_by_label(re.compile("Order number|订单号")).fill(number)
    page.get_by_role("button", name=re.compile("^(Open|打开)$")).click()


def history_file(archive, number="202605001"):
    (path,) = archive.glob(f"orders/de/*/{number}_*")
    return path


def altered(path):
    """The file with one digit of one amount changed, well packed again."""
    text = gunzip(path.read_bytes())
    changed = text.replace(b'"amount":12800', b'"amount":12300', 1)
    assert changed != text
    return gz(changed)


def give(page, *files):
    payload = [{"name": n, "mimeType": "application/gzip", "buffer": data} for n, data in files]
    page.locator("#file").set_input_files(payload)


def drop(page, name, data):
    page.evaluate(
        """([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name));
            for (const type of ["dragover", "drop"]) {
                const how = {dataTransfer: transfer, bubbles: true, cancelable: true};
                const event = new DragEvent(type, how);
                document.getElementById("drop").dispatchEvent(event);
            }
        }""",
        [name, list(data)],
    )


# --- the answer and its checks


def test_an_order_number_gives_the_answer_and_every_check_its_measure(open_page, server):
    page = open_page()

    look_up(page)

    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
    expect(page.get_by_role("heading", name="Refunded and settled")).to_be_visible()
    sentence = page.locator("#answer .sentence").inner_text().replace("\xa0", " ")
    assert sentence.startswith("We returned EUR 128.00 to the Visa card ending 4242 on 18 May 2026")
    assert page.locator("#answer .grouped").first.inner_text().split() == [
        *("7400", "0006", "1400", "0000", "0000", "023"),
    ]
    checks = [row.inner_text().split("\n") for row in page.locator("#checks li").all()]
    assert [row[1] for row in checks][1:] == [
        *("revision 1", "14 of 14", "1 to 14", "6 hashes", "1 of 1 roots"),
        *("Ed25519", "ML-DSA-44", "58 to 59", "as of 59"),
    ]
    assert "Events after the seal" in page.locator("#limits").inner_text()
    # page, index, history, the checkpoint of its size, the newest one, a tile
    assert len(server[1]) == 6


def test_being_checked_stands_beside_the_answer_until_the_last_check_is_done(open_page):
    page = open_page()
    held = []
    page.route("**/log/checkpoint", lambda route: held.append(route))

    look_up(page)

    expect(page.locator("#checks .step-running")).to_have_text(re.compile("newest log"))
    expect(page.get_by_text("being checked")).to_be_visible()
    expect(page.get_by_role("heading", name="Refunded and settled")).to_be_visible()
    assert page.locator("#page").get_by_text("record intact").count() == 0
    held[0].continue_()
    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
    assert page.get_by_text("being checked").count() == 0


def test_an_altered_history_is_said_before_the_answer(open_page, archive):
    path = history_file(archive)
    path.chmod(0o644)
    path.write_bytes(altered(path))
    page = open_page()

    look_up(page)

    alarm = page.get_by_role("alert")
    expect(alarm).to_contain_text("This record was altered")
    expect(alarm).to_contain_text("A line was changed, taken out, put in or moved.")
    expect(page.get_by_role("heading", name="Evidence conflicts")).to_be_visible()
    assert page.locator("#page").get_by_text("record intact").count() == 0
    assert alarm.bounding_box()["y"] < page.locator("#answer").bounding_box()["y"]
    assert page.locator("#answer .reference").count() == 0, "nothing of it goes to a bank"


def test_a_second_signature_that_is_wrong_is_found(open_page, archive):
    path = archive / "log/checkpoints/58"
    path.chmod(0o644)
    lines = path.read_bytes().splitlines(keepends=True)
    wrong = lines[-1][:-40] + (b"B" if lines[-1][-40:-39] == b"A" else b"A") + lines[-1][-39:]
    path.write_bytes(b"".join([*lines[:-1], wrong]))
    page = open_page()

    look_up(page)

    expect(page.get_by_role("alert")).to_contain_text("Second signature, ML-DSA-44")


def test_an_index_that_was_changed_is_found(open_page, archive):
    index = archive / "index/root.json"
    data = index.read_bytes()
    assert b'"open_lines":0' in data
    index.chmod(0o644)
    index.write_bytes(data.replace(b'"open_lines":0', b'"open_lines":1'))
    page = open_page()

    look_up(page)

    expect(page.get_by_role("alert")).to_contain_text("it may hide a later part of this order")


def test_a_damaged_file_shows_which_check_failed(open_page, archive):
    page = open_page()

    give(page, ("broken.jsonl.gz", history_file(archive).read_bytes()[:300]))

    expect(page.get_by_role("alert")).to_contain_text("changed or cut off")
    assert page.locator("#checks .step-bad").count() == 1


def test_a_log_that_does_not_go_on_from_the_history_is_found(open_page, archive):
    tile = next(archive.glob("log/tile/0/000.p/59"))
    tile.chmod(0o644)
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    page = open_page()

    look_up(page)

    expect(page.get_by_role("alert")).to_contain_text("rolled back or forked")


# --- finding


def test_a_number_that_two_shops_have_is_asked_about(open_page):
    page = open_page()

    look_up(page, "twice")

    expect(page.get_by_text("Several shops have this number. Which one?")).to_be_visible()
    page.get_by_role("button", name="fr/twice").click()
    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
    assert page.locator("#named").inner_text() == "Order fr/twice"
    assert page.url.endswith("#fr%2Ftwice")


def test_an_address_names_its_order(open_page, server):
    page = open_page(f"{server[0]}/viewer/#de/twice")

    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
    assert page.locator("#named").inner_text() == "Order de/twice"


def test_an_order_in_a_pack_is_found_checked_and_saved_as_a_file_of_its_own(open_page, tmp_path):
    folder = make_archive(tmp_path / "packs", Layout.PACK)
    with serving(folder) as (address, asked):
        page = open_page(f"{address}/viewer/")

        look_up(page)

        expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
        assert not list(folder.glob("orders")), "all of them lie in packs"
        assert [path for path in asked if path.startswith("/packs/")] == [
            "/packs/58/00000.jsonl.gz"
        ]
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save the history file").click()
    file = tmp_path / saved.value.suggested_filename
    shutil.copy(saved.value.path(), file)
    assert file.name == "202605001_20260501_r1.jsonl.gz"
    events = gunzip(file.read_bytes()).split(b"\n\n")[0].splitlines()[1:]
    assert len(events) == 14
    assert member.decompress(file.read_bytes(), 1 << 20).endswith(b"=\n"), "its checkpoint is in it"


def test_an_order_that_was_deleted_in_time_is_not_called_lost(open_page, tmp_path):
    log = StoryLog(clock=NOON_2024)
    for number in ("1", "2"):
        tell_refund(log, f"order/de/{number}", number)
    run(log, tmp_path / "old", ["order/de/1", "order/de/2"])
    log.clock = NOON_2030
    deleted(log, tmp_path / "old", ["order/de/1"])
    add_viewer(tmp_path / "old")
    history_file(tmp_path / "old", "2").unlink()
    with serving(tmp_path / "old") as (address, _):
        page = open_page(f"{address}/viewer/")

        look_up(page, "1")
        said = page.locator("#message")
        expect(said).to_contain_text("Order de/1 was deleted in time")
        expect(said).to_contain_text("until 2028-03-31, and was listed for deletion on 2030-05-01")
        page.get_by_role("button", name="中文").click()
        expect(said).to_contain_text("订单 de/1 已按期删除")
        page.get_by_role("button", name="English").click()
        look_up(page, "2")
        expect(said).to_contain_text("The index names orders/de/")


def test_an_unknown_number_says_what_the_index_is_worth(open_page):
    page = open_page()

    look_up(page, "999")

    expect(page.locator("#message")).to_contain_text("No order with this number in the index")
    expect(page.locator("#message")).to_contain_text("not a proof")
    assert page.locator("#result").is_hidden()


def test_a_file_is_dropped(open_page, archive):
    page = open_page()

    drop(page, "mine.jsonl.gz", history_file(archive).read_bytes())

    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()


def test_from_the_disk_the_page_checks_what_it_is_given(open_page, archive):
    page = open_page(f"file://{archive}/viewer/index.html")
    keyring = (archive / "trust/keyring.1.json").read_bytes()

    give(page, ("h.jsonl.gz", history_file(archive).read_bytes()), ("keyring.1.json", keyring))

    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
    unknown = page.locator("#checks .step-unknown .measure").all_inner_texts()
    assert unknown == ["not checked"] * 3, "second signature, newest log and index"


def test_a_record_of_the_shop_itself_has_a_timeline_and_no_verdict(open_page, archive):
    page = open_page()

    give(page, ("a.jsonl.gz", next(archive.glob("system/policy*.gz")).read_bytes()))

    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
    expect(page.get_by_role("heading", name="Record of system/policy")).to_be_visible()
    assert page.locator("#timeline li").count() == 2


def test_an_event_of_a_newer_version_is_shown_and_not_judged(open_page, tmp_path):
    log = StoryLog()
    tell_refund(log, "order/de/new", "new")
    late = ("2026-05-21T09:00:00+02:00", "/psp/stripe", {"refund_id": "r-new"})
    log.append_as("order/de/new", "refund.settled", *late, schema=99)
    run(log, tmp_path / "newer", ["order/de/new"])
    add_viewer(tmp_path / "newer")
    with serving(tmp_path / "newer") as (address, _):
        page = open_page(f"{address}/viewer/")

        look_up(page, "new")

        expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
        expect(page.get_by_text("made by a newer version than this page")).to_be_visible()
        assert page.locator("#answer .sentence").count() == 0
        assert page.locator("#timeline li").count() == 9


def test_what_is_saved_is_the_history(open_page, archive):
    page = open_page()
    look_up(page)
    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()

    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the history file").click()

    assert saved.value.suggested_filename == history_file(archive).name
    assert Path(saved.value.path()).read_bytes() == history_file(archive).read_bytes()


def test_without_a_keyring_it_cannot_tell_and_says_what_to_add(open_page, archive):
    page = open_page(f"file://{archive}/viewer/index.html")

    give(page, ("h.jsonl.gz", history_file(archive).read_bytes()))

    expect(page.locator("#verdict")).to_contain_text("cannot tell")
    expect(page.get_by_text("Choose trust/keyring.1.json with it")).to_be_visible()


# --- foreign text


def test_hostile_text_stays_text(open_page):
    page = open_page()

    look_up(page, HOSTILE)

    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
    assert page.locator("#named").inner_text() == f"Order fr/{HOSTILE}"
    assert page.locator("img").count() == 0


# --- how it looks, and to whom


@pytest.mark.parametrize("window", [PHONE, DESK, {"width": 320, "height": 640}])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_nothing_scrolls_sideways_and_every_target_can_be_touched(open_page, window, theme, locale):
    page = open_page(viewport=window, color_scheme=theme, locale=locale)
    look_up(page)
    expect(page.locator("#verdict .state.good")).to_be_visible()

    assert page.locator("html").get_attribute("lang") == ("en" if locale == "en-GB" else "zh-Hans")
    assert page.evaluate("document.documentElement.scrollWidth") == window["width"]
    targets = page.locator("button, input, select, summary, #drop").all()
    sizes = [(t.bounding_box(), t.evaluate("e => e.outerHTML.slice(0, 80)")) for t in targets]
    seen = [(box, what) for box, what in sizes if box is not None and 'id="file"' not in what]
    assert len(seen) > 10
    assert [what for box, what in seen if box["height"] < 44 or box["width"] < 44] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_has_contrast_enough(open_page, theme):
    page = open_page(color_scheme=theme)
    look_up(page)
    expect(page.locator("#verdict .state.good")).to_be_visible()

    low = page.evaluate(
        """() => {
            const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
            const light = (c) => { const [r, g, b] = c.match(/[0-9.]+/g).map(Number).map(channel);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
            const ground = (e) => { for (; e; e = e.parentElement) {
                const c = getComputedStyle(e).backgroundColor;
                if (!/, 0\\)$/.test(c)) return c; } return "rgb(255,255,255)"; };
            const low = [];
            for (const e of document.querySelectorAll("#page *")) {
                if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
                if (!e.checkVisibility()) continue;
                const [a, b] = [light(getComputedStyle(e).color), light(ground(e))];
                const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                if (ratio < 4.5) low.push([e.textContent.slice(0, 40), ratio]);
            }
            return low;
        }"""
    )

    assert low == []


def test_the_language_changes_words_and_no_number(open_page):
    page = open_page()
    look_up(page)
    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
    digits = page.locator("#timeline").inner_text()

    page.get_by_role("button", name="中文").click()

    expect(page.locator("#page").get_by_text("记录完好")).to_be_visible()
    expect(page.get_by_role("heading", name="已退款并已结算")).to_be_visible()
    there = page.locator("#timeline").inner_text()
    assert re.findall(r"\d[\d,.:-]*", there) == re.findall(r"\d[\d,.:-]*", digits)
    assert "2026年5月18日" in page.locator("#answer").inner_text()


def test_the_timeline_shows_the_money_first_and_then_all(open_page):
    page = open_page()
    look_up(page)
    expect(page.get_by_text("money 8 of 14")).to_be_visible()
    assert page.locator("#timeline li").count() == 8

    page.get_by_role("button", name="all", exact=True).click()

    assert page.locator("#timeline li").count() == 14
    page.locator("#timeline summary").nth(1).click()
    line = page.locator("#timeline details[open] pre").inner_text()
    assert line.startswith('{"event":{')
    assert '"type":"refund.settled"' in line


def test_the_keyboard_is_enough(open_page):
    page = open_page()
    page.keyboard.type("202605001")  # the number has the focus when the page opens
    page.keyboard.press("Enter")
    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
    page.locator("#skip").focus()  # the first of all
    reached = []

    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => {
                    const e = document.activeElement;
                    const style = getComputedStyle(e.id === "file" ? e.nextElementSibling : e);
                    return [e.id || e.tagName, style.outlineStyle, style.outlineWidth];
                }"""
            )
        )
        if reached[-1][0] == "print":
            break
    names = [name for name, _, _ in reached]
    assert names[:6] == ["en", "zh", "number", "shop", "open", "file"]
    assert "print" in names
    assert "timeline-toggle" in names
    assert "SUMMARY" in names
    assert "file" in names
    assert {(style, width) for name, style, width in reached if name != "BODY"} == {
        ("solid", "3px")
    }


def test_everything_has_a_name_for_those_who_do_not_see_it(open_page):
    page = open_page()
    look_up(page)
    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()

    for role, name in [
        ("textbox", "Order number"),
        ("combobox", "Shop"),
        ("button", "Open"),
        ("button", "English"),
        ("button", "Print as evidence"),
        ("navigation", "Language"),
    ]:
        expect(page.get_by_role(role, name=name, exact=True)).to_be_visible()
    assert page.get_by_label("choose a history file").count() == 1
    assert page.locator("svg:not([aria-hidden=true])").count() == 0
    assert page.locator("h1:visible").count() == 1


def test_paper_has_the_evidence_and_no_screen(open_page, archive):
    page = open_page(viewport=DESK)
    look_up(page)
    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
    page.emulate_media(media="print")

    text = page.locator("#paper").inner_text()

    assert page.locator("#page").is_hidden()
    for part in [
        "Order de/202605001",
        "SETTLED_REFERENCE_GIVEN",
        "2026-05-18 10:42:07+02:00",
        "#9",
        "refund-sent v3",
        "— proof.example.org/shop ",
        "orderproof-verify.py",
        "202605001_20260501_r1.jsonl.gz",
        "Whether the log was forked",
    ]:
        assert part in text, part
    assert len(re.findall(r"\b[0-9a-f]{8}\s*[0-9a-f]{8}\s*[0-9a-f]{8}\s*[0-9a-f]{8}\b", text)) >= 8
    foot = page.evaluate("document.adoptedStyleSheets[0].cssRules[0].cssText")
    assert "Head of the order" in foot
    assert "counter(page)" in foot
    assert page.pdf(format="A4").startswith(b"%PDF")


# --- where nothing can be checked


def test_at_an_address_where_browsers_check_nothing_the_page_says_so(browser):
    page = browser.new_context().new_page()
    html = viewer_page()
    page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html"))

    page.goto("http://archive.example.org/viewer/")

    expect(page.get_by_text("This page can check nothing at this address")).to_be_visible()
    page.context.close()


def test_the_page_may_load_nothing_and_send_nowhere():
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', viewer_page()).group(1)
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))

    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert rules["script-src"].startswith("'sha256-")
    assert rules["style-src"].startswith("'sha256-")
    assert "unsafe" not in policy


# --- attachments


@pytest.mark.parametrize(("locale", "said"), [("en-GB", "cannot open them"), ("zh-CN", "无法打开")])
def test_what_is_attached_is_listed_and_not_opened(browser, tmp_path, locale, said):
    log = StoryLog(clock="2026-05-21T08:00:00.000000Z")
    tell_refund(log, "order/de/1", "1")
    sealed = log.attach("order/de/1", b"sealed", kind="statement", media_type="text/html",
                        size=7, sha256="a" * 64)  # fmt: skip
    log.attach("order/de/1", b"other", kind=HOSTILE, sealed_sha256=None, sha256="b" * 64)
    run(log, tmp_path / "archive", ["order/de/1"])
    add_viewer(tmp_path / "archive")
    with serving(tmp_path / "archive") as (address, asked):
        page = browser.new_page(locale=locale)
        page.goto(f"{address}/viewer/#de/1")
        listed = page.locator("#attached li")
        expect(listed).to_have_count(2)
        expect(page.locator("#attached-note")).to_contain_text(said)
        expect(listed.nth(0)).to_contain_text("a" * 64)
        expect(listed.nth(0)).to_contain_text(f"evidence/{sealed[:2]}/{sealed}")
        expect(listed.nth(1)).to_contain_text(HOSTILE)
        expect(listed.nth(1)).not_to_contain_text("evidence/")
        assert page.locator("#attached a, #attached img").count() == 0
        page.close()

    assert not [path for path in asked if "evidence" in path]


def test_an_order_without_attachments_shows_no_list(open_page):
    page = open_page()
    look_up(page)

    expect(page.locator("#page").get_by_text("record intact")).to_be_visible()
    expect(page.locator("#attached-section")).to_be_hidden()
