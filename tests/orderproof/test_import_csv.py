"""`import` of CSV files: into the order's history, or waiting for it; with a mapping or without."""

import hashlib
import json
from pathlib import Path

import pytest

from orderproof.csv_mapping import own
from tests.orderproof import how_to

ORDERS = (
    "order_no,placed_at,currency,total,sku,title,quantity,unit_price,buyer_name,buyer_email,"
    "payment_id,psp,paid_at,paid_amount\n"
    '1001,2026-01-05T10:00:00Z,EUR,30.00,A1,"=cmd|x",1,10.00,Ada Example,ada@example.com,'
    "pi_1,stripe,2026-01-05T10:01:00Z,30.00\n"
    "1001,2026-01-05T10:00:00Z,EUR,30.00,A2,Cup,2,10.00,Ada Example,ada@example.com,"
    "pi_1,stripe,2026-01-05T10:01:00Z,30.00\n"
)
BANK = """
name = "bank"
zone = "UTC"
links = ["refund"]
time = "day"
currency = { constant = "EUR" }
[[event]]
type = "refund.settled"
data = { refund_id = "refund", amount = "amount", settled_on = { column = "day", kind = "date" }, destination = { account_label = "iban" } }
"""  # noqa: E501
STATEMENT = "day,refund,amount,iban\n2026-02-03,RF-1,12.00,DE00 EXAMPLE\n"
REQUESTED = {
    "specversion": "1.0", "id": "r", "source": "/shop", "type": "refund.requested",
    "subject": "de/1001", "time": "2026-02-01T10:00:00Z",
    "data": {"refund_id": "RF-1", "amount": 1200, "currency": "EUR"},
}  # fmt: skip


@pytest.fixture
def bring(data, orderproof, tmp_path):
    def run(content, *options, code=0, name="in.csv"):
        path = tmp_path / name
        path.write_text(content)
        done = orderproof("import", path, *options, "--data", data, "--json")
        assert done.code == code, done
        return done.json

    return run


@pytest.fixture
def bank(tmp_path):
    path = tmp_path / "bank.toml"
    path.write_text(BANK)
    return path


def events(orderproof, data, order, *more):
    return orderproof("order", order, "--data", data, "--json", *more).json["events"]


def test_orders_csv_needs_no_mapping(bring, data, orderproof):
    tally = bring(ORDERS, "--format", "orders-csv", "--shop", "de")

    assert (tally["read"], tally["recorded"], tally["rejected"]) == (3, 3, 0)
    kept, placed, captured = events(orderproof, data, "de/1001", "--personal")
    assert [each["type"] for each in (kept, placed, captured)] == [
        "source.message_received", "order.placed", "payment.captured",
    ]  # fmt: skip
    assert placed["data"]["lines"][0]["title"] == "=cmd|x"
    assert placed["data"]["buyer"] == {"name": "Ada Example", "email": "ada@example.com"}
    assert kept["data"]["sha256"] == hashlib.sha256(kept["data"]["raw"].encode()).hexdigest()
    sealed = json.dumps(events(orderproof, data, "de/1001"))
    assert "Ada" not in sealed
    assert "cmd|x" in sealed
    assert bring(ORDERS, "--format", "orders-csv", "--shop", "de")["duplicates"] == 3


def test_the_columns_of_orders_csv_are_those_that_are_documented():
    text = (how_to.ROOT / "docs" / "how-to" / "import-any-csv.md").read_text()
    shown = text.split("kept unread:")[1].split("`")[1]
    mapping = own("orders")

    assert set(shown.replace("\n", " ").replace(" ", "").split(",")) == (
        mapping.needed | mapping.optional
    )


def test_a_bank_line_waits_and_is_linked_with_what_it_tells(bring, bank, data, orderproof):
    bring(STATEMENT, "--map", bank)
    waiting = orderproof("unlinked", "--data", data, "--json").json["waiting"]
    assert [row["place"] for row in waiting] == ["~/~bank/RF-1"]

    bring(json.dumps(REQUESTED), name="requested.json")

    found = events(orderproof, data, "de/1001", "--personal")
    assert [(each["type"], each["source"]) for each in found] == [
        ("refund.requested", "/shop"),
        ("source.message_received", "/bank/de"),
        ("refund.settled", "/bank/de"),
    ]
    assert found[2]["data"]["destination"] == {"account_label": "DE00 EXAMPLE"}
    exported = orderproof("archive", "--all", "--data", data)
    assert exported.code == 0
    claim = orderproof("claim", "RF-1", "--data", data, "--json").json
    assert claim["obligations"][0]["settled_amount"] == 1200
    assert orderproof("unlinked", "--data", data, "--json").json["waiting"] == []


# O-03: before or after its order, a row ends as the same events, and once
def test_whichever_comes_first_the_history_is_the_same(bring, bank, data, orderproof):
    bring(json.dumps(REQUESTED), name="requested.json")
    bring(STATEMENT, "--map", bank)
    first = [(e["source"], e["id"], e["data"]) for e in events(orderproof, data, "de/1001")]
    other = STATEMENT.replace("RF-1", "RF-2")
    bring(other, "--map", bank)
    bring(json.dumps(REQUESTED).replace("RF-1", "RF-2").replace('"r"', '"r2"'), name="r2.json")

    assert bring(STATEMENT + other.splitlines()[1], "--map", bank)["duplicates"] == 4
    last = [(e["source"], e["id"], e["data"]) for e in events(orderproof, data, "de/1001")]
    assert last[: len(first)] == first
    assert [source for source, *_ in last[3:]] == ["/shop", "/bank/de", "/bank/de"]


def test_a_row_with_an_id_and_other_content_is_refused(bring, bank):
    bank.write_text(BANK.replace('zone = "UTC"', 'zone = "UTC"\nid = ["refund"]'))
    bring(STATEMENT, "--map", bank)

    tally = bring(STATEMENT.replace("12.00", "13.00"), "--map", bank, code=7)

    assert (tally["recorded"], tally["rejected"]) == (0, 1)


def test_rows_that_cannot_be_read_are_in_the_quarantine_with_line_and_column(bring, bank):
    tally = bring(STATEMENT + "2026-02-03,RF-2,1x,DE00\n=1+1,@x,5,\n", "--map", bank, code=7)

    quarantined = [json.loads(row) for row in Path(tally["rejects_file"]).read_text().splitlines()]
    assert [(row["line"], row["place"], row["code"]) for row in quarantined] == [
        (3, "amount", "bad-number"), (4, "day", "bad-date"),
    ]  # fmt: skip
    assert quarantined[1]["raw"] == "=1+1,@x,5,"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "csv"], "needs --map"),
        (["--format", "stripe", "--map", "MAP"], "--map goes with --format csv"),
        (["--format", "orders-csv"], "--shop is needed"),
        (["--map", "/nowhere.toml"], "cannot be read"),
        (["--map", "WRONG"], "event 1 (refund.settled): data.refund: the catalogue does not"),
    ],
)
def test_what_does_not_go_together_is_said_and_nothing_is_recorded(
    bring, bank, tmp_path, orderproof, data, options, said
):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(BANK.replace("refund_id =", "refund ="))
    options = [{"MAP": bank, "WRONG": wrong}.get(option, option) for option in options]

    assert said in bring(STATEMENT, *options, code=2)["error"]
    assert orderproof("unlinked", "--data", data, "--json").json["waiting"] == []


def test_the_how_to_does_what_it_shows(orderproof, data, monkeypatch):
    how_to.run("import-any-csv.md", orderproof, data, monkeypatch)

    found = events(orderproof, data, "zfb/L1001", "--personal")
    assert found[1]["data"]["amount"] == 12800
    claim = orderproof("claim", "wx/W1001", "--data", data, "--json").json
    assert claim["obligations"][0]["state"] == "paid"
