"""Unfinished orders with all that is known of them, handed out and drawn by lot."""

import csv
import hashlib
import json

import openpyxl
import pytest

from orderproof.order_desk.exporting import COLUMNS
from tests.orderproof.desk_scene import SAMPLE, event, paid, placed

DATE = "2024-05-07T09:00:00Z"
RICH = [
    placed("9", buyer={"name": "Test Buyer", "email": "b@example.org", "language": "de"},
           ship_to={"recipient": "Test Buyer", "country": "FR"},
           lines=[{"sku": "A", "title": "lamp", "quantity": 2}, {"sku": "B", "quantity": 1}],
           promised_deliver_by="2024-05-20"),
    paid("9"),
    event("9", 3, "stock.reserved", DATE, sku="A", quantity=2, warehouse="Leipzig"),
    event("9", 4, "production.progress_reported", DATE, work_no="w", percent=60),
    event("9", 5, "shipment.dispatched", DATE, shipment_id="s", tracking_no="T-9", carrier="dhl"),
    event("9", 6, "tracking.scan_received", DATE, shipment_id="s", normalised="customs"),
    event("9", 7, "aftersales.requested", "2024-05-09T09:00:00Z", case_id="c", kind="expedite"),
]  # fmt: skip


# R002
def test_all_thirteen_fields_stand_in_their_five_groups(record, desk):
    record(*RICH)

    [row] = desk("unfinished", "--role", "service", "--by", "agent-1", "--json").json["rows"]

    assert row == {
        "order": "9",
        "customer": {
            "name": "Test Buyer",
            "contact": "b@example.org",
            "country": "France",
            "language": "de",
        },
        "status": {"order_status": "in after-sales"},
        "goods": {
            "sku": "A; B",
            "quantity": "2; 1",
            "stock_location": "Leipzig",
            "production_progress": "60 %",
        },
        "logistics": {"tracking_no": "T-9", "eta": "2024-05-20", "transport_status": "at customs"},
        "aftersales": {"demand": "expediting"},
        "missing": [],
    }


def test_a_position_sees_no_more_than_it_may(record, desk):
    record(*RICH)

    def customer(*options):
        return desk("unfinished", *options, "--json").json["rows"][0]["customer"]

    assert customer()["name"] == customer()["contact"] == "***"
    seen = customer("--role", "warehouse", "--by", "w-1")
    assert (seen["name"], seen["contact"]) == ("Test Buyer", "***")


# R004, R005
def test_what_is_missing_is_counted_and_listed(record, desk):
    record(*SAMPLE, *RICH, event("bare", 1, "order.placed", DATE, currency="EUR", total=1))

    assert desk("missing", "--json").json["missing"] == {
        "customer": 1, "status": 0, "goods": 1, "logistics": 2, "aftersales": 0,
    }  # fmt: skip
    rows = desk("unfinished", "--missing", "goods", "--json").json["rows"]
    assert [(row["order"], row["missing"]) for row in rows] == [
        ("bare", ["customer", "goods", "logistics"])
    ]
    assert desk("unfinished", "--missing", "weather").code == 2
    assert "Missing: customer; goods; logistics" in desk("unfinished").out


# R001, R007
@pytest.mark.parametrize("format_", ["csv", "xlsx", "jsonl"])
def test_an_export_is_recorded_with_count_seconds_and_digest(
    record, orderproof, data, tmp_path, format_
):
    record(*SAMPLE, *RICH)
    path = tmp_path / f"out.{format_}"

    done = orderproof("export", "unfinished", "--format", format_, "--out", path, "--data", data,
                      "--json")  # fmt: skip

    assert (done.code, done.json["count"]) == (0, 2)
    assert done.json["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read(path) == {"9": "in after-sales", "202405001": "awaiting payment"}
    events = told(orderproof, data)
    assert events[-1] == {
        "count": 2,
        "seconds": str(done.json["seconds"]),
        "sha256": done.json["sha256"],
        "format": format_,
    }
    again = orderproof("export", "unfinished", "--format", format_, "--out", path, "--data", data)
    assert (again.code, len(told(orderproof, data))) == (2, len(events))


def read(path):
    """The status of each order in an exported file."""
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        assert {row["position"] for row in rows} == {12}
        return {row["order"]: row["status"]["order_status"] for row in rows}
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            head, *rows, _ = csv.reader(file)
    else:
        head, *rows = openpyxl.load_workbook(path)["unfinished orders"].values
    assert len(head) == len(COLUMNS) == 15
    status = COLUMNS.index("status/order_status")
    return {row[0]: row[status] for row in rows}


def told(orderproof, data):
    """What the exports of all days say of themselves."""
    from orderproof import installation
    from orderproof.bootstrap import open_store

    with open_store(installation.find(data)) as store, store.connection.cursor() as cursor:
        cursor.execute(
            "SELECT convert_from(body, 'UTF8')::jsonb -> 'data' FROM events"
            " WHERE type = 'wind_down.unfinished_orders_exported' OR type LIKE 'drill.%'"
            " ORDER BY position"
        )
        return [row for (row,) in cursor.fetchall()]


# R014, 4.21
def test_a_sample_is_drawn_again_by_its_seed_and_recorded(record, desk, orderproof, data):
    record(*[each for number in range(30) for each in (placed(f"{number}"), paid(f"{number}"))])

    first = desk("drill", "--by", "auditor-1", "--json").json
    again = desk("drill", "--by", "auditor-1", "--seed", first["seed"], "--json").json
    other = desk("drill", "--by", "auditor-1", "--seed", first["seed"] + 1, "--json").json

    assert len(first["orders"]) == 10
    assert first["orders"] == again["orders"] != other["orders"]
    # Any program draws the same ones: by the digest of seed and name.
    order = sorted(
        (f"de/{number}" for number in range(30)),
        key=lambda name: hashlib.sha256(f"{first['seed']} {name}".encode()).digest(),
    )
    assert [one["order"] for one in first["orders"]] == order[:10]
    assert first["orders"][0]["quadrant"] == 1
    assert first["orders"][0]["next_action"] == "Dispatch the goods"
    recorded = told(orderproof, data)[0]
    assert (recorded["seed"], recorded["count"]) == (first["seed"], 10)
    assert recorded["sample"] == first["orders"]


def test_an_export_drill_says_how_long_it_took_and_leaves_no_file(record, desk, orderproof, data):
    record(*SAMPLE)

    done = desk("drill", "--export", "--by", "operator-1", "--json").json

    assert done["count"] == 1
    exported, drilled = told(orderproof, data)
    assert drilled["result"] == exported["sha256"]
    assert (drilled["kind"], drilled["seconds"]) == ("export", str(done["seconds"]))
