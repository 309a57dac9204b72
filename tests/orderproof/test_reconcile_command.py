"""`reconcile`: files of several providers against the refunds in the store."""

import csv
import gzip
import hashlib
import json

import pytest

from orderproof.formulas import guarded
from tests.orderproof import how_to

EXAMPLES = how_to.ROOT / "examples"
STRIPE = EXAMPLES / "settlements" / "stripe.csv"


@pytest.fixture
def filled(data, orderproof):
    done = orderproof("import", EXAMPLES / "settlements" / "refunds.jsonl", "--data", data)
    assert done.code == 0
    return data


@pytest.fixture
def reconcile(filled, orderproof):
    def run(*arguments, code=7):
        done = orderproof("reconcile", *arguments, "--data", filled, "--json")
        assert done.code == code, done
        return done.json

    return run


def settled(orderproof, data, order):
    events = orderproof("order", order, "--data", data, "--json").json["events"]
    return [event for event in events if event["type"] == "refund.settled"]


def test_each_line_of_a_report_gets_its_outcome(reconcile):
    found = reconcile(STRIPE, "--format", "stripe")

    assert [(row["outcome"], row["line"], row["refund_id"]) for row in found["rows"]] == [
        ("matched", 3, "RF-3001"), ("matched", 4, "RF-3002"), ("amount-differs", 5, "RF-3003"),
        ("matched", 6, "RF-3005"), ("matched", 7, "RF-3006"), ("state-differs", 8, "RF-3006"),
        ("missing-here", 9, "re_unknown"), ("missing-there", None, "RF-3004"),
    ]  # fmt: skip
    assert found["rejected"] == 1
    [row] = [json.loads(line) for line in open_lines(found["rejects_file"])]
    assert (row["line"], row["place"], row["code"]) == (10, "gross", "bad-number")
    assert found["files"][0]["sha256"] == hashlib.sha256(STRIPE.read_bytes()).hexdigest()


def open_lines(path):
    with open(path) as file:
        return file.readlines()


def test_the_how_to_does_what_it_shows(orderproof, data, monkeypatch):
    how_to.run("reconcile-settlements.md", orderproof, data, monkeypatch)


def test_matched_lines_are_recorded_once_with_the_file_s_digest(reconcile, orderproof, filled):
    assert reconcile(STRIPE, "--format", "stripe", "--record")["recorded"] == 2
    assert reconcile(STRIPE, "--format", "stripe", "--record")["recorded"] == 0

    [event] = settled(orderproof, filled, "de/3002")
    assert event["source"] == "/settlement/de"
    assert event["data"] == {
        "refund_id": "RF-3002", "psp_refund_id": "re_3002", "psp": "stripe",
        "payment_id": "pi_3002", "amount": 1500, "currency": "EUR", "settled_on": "2026-03-05",
        "source": "settlement file",
    }  # fmt: skip
    claim = orderproof("claim", "de/3002", "--data", filled, "--json").json
    assert claim["obligations"][0]["state"] == "paid"
    # Matched weakly, different, or come back: no proof.
    for order in ("de/3003", "de/3004", "de/3005", "de/3006"):
        assert settled(orderproof, filled, order) == []


def test_the_same_line_in_another_file_records_nothing(reconcile, tmp_path):
    reconcile(STRIPE, "--format", "stripe", "--record")
    lines = STRIPE.read_text().splitlines(keepends=True)
    other = tmp_path / "other.csv.gz"
    other.write_bytes(gzip.compress("".join([lines[0], lines[3], lines[2]]).encode()))

    found = reconcile(other, "--format", "stripe", "--record", code=0)

    assert (found["counts"]["matched"], found["recorded"]) == (2, 0)


def test_lines_of_several_files_are_taken_together(reconcile, tmp_path):
    header, *lines = STRIPE.read_text().splitlines(keepends=True)
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(header + lines[1])
    two.write_text(header + lines[1].replace("txn_2", "txn_2b"))

    found = reconcile(one, two, "--format", "stripe")

    assert [(row["outcome"], row["file"]) for row in found["rows"]] == [
        ("matched", "one.csv"), ("twice", "two.csv"),
    ]  # fmt: skip


def test_a_row_that_two_files_have_in_common_counts_once(reconcile, tmp_path):
    header, *lines = STRIPE.read_text().splitlines(keepends=True)
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(header + lines[1] + lines[2])
    two.write_text(header + lines[2] + lines[1])

    rows = reconcile(one, two, "--format", "stripe", code=0)["rows"]
    found = [(row["outcome"], row["file"]) for row in rows if row["line"]]
    assert found == [("matched", "one.csv")] * 2

    one.write_text(header + lines[1] + lines[1])
    rows = reconcile(one, two, "--format", "stripe")["rows"]
    assert [row["outcome"] for row in rows if row["line"]] == ["matched", "twice", "matched"]


def test_a_period_and_a_provider_can_be_named(reconcile, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_text(STRIPE.read_text().splitlines()[0] + "\n")
    period = ("--from", "2026-03-01", "--to", "2026-03-31", "--format", "stripe")

    def missing(*more):
        rows = reconcile(empty, *period, *more)["rows"]
        return [row["order"] for row in rows if row["outcome"] == "missing-there"]

    assert missing() == ["de/3001", "de/3003", "de/3004", "de/3005", "de/3006"]
    assert missing("--psp", "paypal") == ["de/3201"]
    assert len(missing("--psp", "any")) == 8
    assert reconcile(empty, *period, "--shop", "fr", code=0)["rows"] == []
    late = reconcile(empty, "--from", "2026-03-01", "--to", "2026-03-08", "--format", "stripe")
    assert [row["outcome"] for row in late["rows"]] == [
        "missing-there", "not-due", "not-due", "not-due", "not-due",
    ]  # fmt: skip


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"{", b"a,b\n1,2\n", b"\x00" * 99])
@pytest.mark.parametrize("format_", ["stripe", "adyen"])
def test_garbage_is_reported_and_not_taken_for_an_empty_file(reconcile, tmp_path, raw, format_):
    path = tmp_path / "garbage"
    path.write_bytes(raw)

    assert reconcile(path, "--format", format_)["rejected"] == 1


def test_an_empty_file_is_named_as_such(data, orderproof, tmp_path):
    path = tmp_path / "empty"
    path.write_bytes(b"\n")

    done = orderproof("reconcile", path, "--format", "paypal", "--data", data)

    assert (done.code, "the file is empty" in done.err) == (2, True)


@pytest.mark.parametrize("raw", [b"{}", b'{"name": "INTERNAL_SERVER_ERROR"}', b"[]", b"[1]"])
def test_json_in_which_nothing_is_known_is_no_empty_file(reconcile, tmp_path, raw):
    path = tmp_path / "answer.json"
    path.write_bytes(raw)

    found = reconcile(path, "--format", "paypal")

    assert (found["agrees"], found["rejected"]) == (False, 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "csv"], "needs --map"),
        (["--format", "easypost"], "--format: stripe, adyen"),
        (["--format", "stripe", "--tolerance-days", "-1"], "--tolerance-days"),
        (["--format", "stripe", "--from", "2026-03-02", "--to", "2026-03-01"], "after --to"),
        (["--format", "stripe", "--map", "x.toml"], "--map goes with"),
    ],
)
def test_what_cannot_be_meant_is_refused(reconcile, options, said):
    assert said in reconcile(STRIPE, *options, code=2)["error"]


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_no_cell_of_the_table_is_a_formula(reconcile, tmp_path, beginning):
    hostile = f"{beginning}cmd|' /C calc'!A0"
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        'name = "hostile"\nlinks = ["id"]\ntime = "day"\nzone = "UTC"\n[[event]]\n'
        'type = "refund.succeeded"\ndata = { psp_refund_id = "id" }\n'
    )
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["day", "id"], ["2026-03-01", f"x{hostile}"]])
    reconcile(path, "--map", mapping, "--csv", out, "--bom")

    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    assert guarded(hostile) == "'" + hostile
    with out.open(newline="", encoding="utf-8-sig") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert f"x{hostile}" in cells
    assert not [cell for cell in cells if cell.startswith(beginning)]
    again = reconcile(path, "--map", mapping, "--csv", out, code=2)
    assert "cannot be written" in again["error"]


def test_a_refund_that_waits_for_its_order_is_found_and_not_recorded(
    reconcile, orderproof, filled, tmp_path
):
    mapping = EXAMPLES / "mappings" / "bank.toml"
    bank = EXAMPLES / "mappings" / "bank.csv"
    orderproof("import", bank, "--map", mapping, "--data", filled)

    found = reconcile(bank, "--map", mapping, "--psp", "bank", "--record")

    assert [(row["outcome"], row["order"]) for row in found["rows"]] == [
        ("matched", "~/~bank/RF-2001")
    ]
    assert found["recorded"] == 0
