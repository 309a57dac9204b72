"""Which orders are sealed when, and the worker that does it."""

import json
import time
from pathlib import Path

import pytest

from archive.folder import Folder
from tests.orderproof.worker_process import until

CASES = Path(__file__).parents[1] / "data" / "claim_cases"


def event(type_, id, order, **data):
    return {
        "specversion": "1.0", "id": id, "source": "/example", "type": type_,
        "subject": f"example/{order}", "time": "2025-05-01T09:00:00Z", "data": data,
    }  # fmt: skip


@pytest.fixture
def orders(data, orderproof, tmp_path):
    """Two closed orders and an open one."""
    file = tmp_path / "orders.jsonl"
    events = [event("order.placed", f"placed-{n}", n, currency="EUR", total=100) for n in "ABC"] + [
        event("order.closed", f"closed-{n}", n, outcome="delivered") for n in "AB"
    ]
    file.write_text("".join(json.dumps(each) + "\n" for each in events))
    assert orderproof("import", file, "--data", data).code == 0
    return data


def sealed(data):
    return {path.name[0] for path in (data / "archive").glob("orders/example/*/*")}


def archive(orderproof, data, *arguments):
    done = orderproof("archive", *arguments, "--data", data, "--json")
    assert done.code == 0, done.err
    return done.json["run"]


def test_orders_that_are_closed_and_quiet_are_sealed(orders, orderproof, monkeypatch):
    archive(orderproof, orders)
    assert sealed(orders) == set()  # recorded just now

    monkeypatch.setenv("ORDERPROOF_QUIET_DAYS", "0")
    archive(orderproof, orders)

    assert sealed(orders) == {"A", "B"}
    archive(orderproof, orders, "--all")
    assert sealed(orders) == {"A", "B", "C"}


def test_an_order_is_sealed_on_demand(orders, orderproof):
    archive(orderproof, orders, "--order", "C", "--order", "example/A")

    assert sealed(orders) == {"A", "C"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--order", "C", "--all"], 2),
        (["--all", "--closed-before", "2026-01-01"], 2),
        (["--order", "unknown"], 6),
    ],
)
def test_what_cannot_be_meant_seals_nothing(orders, orderproof, arguments, code):
    assert orderproof("archive", *arguments, "--data", orders).code == code
    assert sealed(orders) == set()


def checkpoint(data):
    file = data / "archive" / "log" / "checkpoint"
    return file.read_text().split("\n")[1] if file.exists() else None


def test_the_worker_archives_at_once_and_again_when_it_is_due(
    orders, orderproof, worker, monkeypatch, tmp_path
):
    monkeypatch.setenv("ORDERPROOF_QUIET_DAYS", "0")
    monkeypatch.setenv("ORDERPROOF_ARCHIVE_EVERY_HOURS", "0.001")
    one = worker("archive")
    assert until(lambda: sealed(orders) == {"A", "B"}), one.said
    assert until(lambda: checkpoint(orders) is not None), one.said
    file = tmp_path / "later.jsonl"
    file.write_text(json.dumps(event("order.closed", "closed-C", "C", outcome="delivered")))

    assert orderproof("import", file, "--data", orders).code == 0

    assert until(lambda: sealed(orders) == {"A", "B", "C"}), one.said
    started = time.monotonic()
    assert one.end() == 0
    assert time.monotonic() - started < 10
    assert orderproof("verify", orders / "archive").code in (0, 4)  # 4: left in the middle of a run


def test_a_second_worker_waits_for_the_first_and_takes_over(orders, worker):
    one = worker("archive")
    assert one.says("archiving every"), one.said
    two = worker("archive")
    assert two.says("another worker archives"), two.said

    one.end()

    assert two.says("archiving every"), two.said
    assert two.end() == 0


# N-01
def test_a_store_that_cannot_be_written_is_an_alarm_and_no_end(orders, worker):
    with Folder(orders / "archive"):  # as if another archiver had it
        one = worker("archive")

        assert one.says("the archive lags"), one.said

        assert one.process.poll() is None
    assert one.end() == 0
