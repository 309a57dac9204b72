"""Each of the 30 verdicts from the payloads that came in to the letter that goes out."""

import csv
import json
import re
import subprocess
from datetime import date, timedelta

import pytest

from domain.verdict import Code
from domain.wording import banned_words
from tests.orderproof.shop_stories import SHOP
from tests.orderproof.thirty_cases import CASES, EVIL, SHOWN
from tests.orderproof.thirty_variants import VARIANTS
from tests.orderproof.thirty_windows import WINDOWS

FOUND = {code for code in CASES if code != "ORDER_NOT_FOUND"}
SLOT = re.compile(r"\{\w*\}|\bNone\b|\bnull\b|\bundefined\b")
AGENT = ("--agent", "Grace Example", "--contact", "help@example.org")
WAITING = ("seller", "PSP", "customer's bank", "auditor")
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def bring(data, orderproof, tmp_path):
    """Import files one after the other, as `orderproof import` is called by hand."""

    def run(*files):
        paths = []
        for number, payloads in enumerate(files):
            paths.append(tmp_path / f"{number}.jsonl")
            lines = [json.dumps(each, ensure_ascii=False) for each in payloads]
            paths[-1].write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = orderproof("import", *paths, "--shop", SHOP, "--data", data, "--json")
        assert (done.code, done.json["rejected"]) == (0, 0), done
        return done.json

    return run


@pytest.fixture
def ask(data, orderproof):
    def run(case, *options, as_of=None):
        day = ("--as-of", as_of or case.as_of)
        return orderproof("claim", case.order, *day, *options, "--data", data)

    return run


def test_every_verdict_has_a_case():
    assert set(CASES) == {str(code) for code in Code}


@pytest.mark.parametrize("name", [*CASES, *VARIANTS])
def test_from_payloads_to_the_letter(name, bring, ask, data, orderproof):
    case = CASES.get(name) or VARIANTS[name]
    code = name.partition(":")[0]
    bring(*case.files)

    done = ask(case, "--json")

    answer = done.json
    assert answer["next_actor"] == case.actor
    assert done.code == (0 if code in FOUND else 6)
    assert bool(answer["evidence"]) == (code in FOUND)
    judged = [one["verdict"] for one in answer["obligations"]]
    if case.refunds is None:
        assert answer["verdict"] == code, answer
    else:
        assert tuple(judged) == case.refunds
        assert code in judged
    if case.expected_by is not None:
        assert answer["obligations"][-1]["dates"]["expected_by"] == case.expected_by
    assert orderproof("unlinked", "--data", data, "--json").json["waiting"] == []
    for lang, wanted in (("en", case.en), ("zh", case.zh)):
        letter = ask(case, "--letter", "--lang", lang, *AGENT).out
        promised = [answer["next_answer"]] if case.actor in WAITING else []
        for each in (*wanted, *promised, AGENT[1], AGENT[3]):
            assert each in letter, letter
        for each in case.never:
            assert each not in letter, letter
        assert not banned_words(letter, lang)
        assert not SLOT.search(letter), letter
        assert bool(HAN.search(letter.replace(case.order, ""))) == (lang == "zh"), letter


def test_a_customer_is_written_to_in_their_own_language(bring, ask):
    case = CASES["PENDING_WITHIN_WINDOW"]
    bring(*case.files)

    assert "尊敬的顾客" in ask(case, "--letter").out
    assert "Dear customer" in ask(CASES["ORDER_NOT_FOUND"], "--letter").out


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_ends_with_its_last_day(name, bring, ask):
    window = WINDOWS[name]
    bring(*window.files)
    last = date.fromisoformat(window.last)

    told = []
    for day in (-1, 0, 1):
        as_of = str(last + timedelta(day))
        answer = ask(window, "--json", as_of=as_of).json
        told.append((answer["verdict"], answer["deadline"], answer["next_answer"]))

    week_later = str(last + timedelta(8))
    after = str(last + timedelta(1)) if window.overdue else week_later
    assert told[0] == told[1] == (window.within, window.last, window.then)
    assert told[2] == (window.after, after, week_later)


@pytest.fixture
def hostile(bring):
    """The case of a refused refund, under an order's number that is hostile as well."""
    files = json.loads(json.dumps(CASES["REJECTED"].files).replace("T01", json.dumps(EVIL)[1:-1]))
    bring(*files)


def test_hostile_text_stays_text_in_the_letter_and_the_pack(
    hostile, data, orderproof, tool, chinese_font, tmp_path
):
    ask = ("claim", EVIL, "--as-of", CASES["REJECTED"].as_of, "--data", data)
    answer = orderproof(*ask, "--json").json
    assert (answer["order"], answer["verdict"]) == (EVIL, "REJECTED")
    letter = orderproof(*ask, "--letter").out
    assert letter.count(SHOWN) == 3
    assert "\u202e" not in letter

    for lang in ("en", "zh"):
        pack = tmp_path / f"{lang}.pdf"
        assert orderproof(*ask, "--lang", lang, "--pdf", pack).code == 0
        text = subprocess.run(
            [tool("pdftotext"), "-raw", pack, "-"], capture_output=True, check=True
        ).stdout.decode()
        whole = "".join(text.split())
        for part in ("=cmd|'/Ccalc'!A0", "<script>alert(1)</script>", "\U00020bb7"):
            assert part in whole, text
        assert "\u202e" not in text


def test_hostile_text_is_no_formula_in_a_table(bring, data, orderproof, tmp_path):
    files = json.dumps(CASES["SETTLED_REFERENCE_GIVEN"].files)
    bring(*json.loads(files.replace("T01", json.dumps(EVIL)[1:-1])))
    report = tmp_path / "stripe.csv"
    report.write_text(
        "balance_transaction_id,created_utc,currency,gross,reporting_category,source_id\n"
        "txn_1,2025-03-05 12:00:00,eur,-128.00,refund,=cmd|'/C calc'!A0\n"
        "txn_2,2025-03-05 12:00:00,eur,-128.00,refund,re_3TestThirty0001\n"
    )

    orderproof(
        "reconcile", report, "--format", "stripe", "--csv", tmp_path / "out.csv", "--data", data
    )

    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert f"{SHOP}/{EVIL}" in [row["order"] for row in rows]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
