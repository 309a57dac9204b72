"""O-11: a rebuild that is killed at any moment leaves the rows that are read."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest

from eventstore.connection import connect
from orderproof import installation
from orderproof.bootstrap import open_store
from projections import runner
from projections.difference import diff

ORDERS = 1_500
ROWS = "SELECT count(*), md5(string_agg(md5(s::text), '' ORDER BY s::text)) FROM {} s"


def events():
    for n in range(ORDERS):
        for step, type_ in enumerate(["payment.captured", "refund.requested", "order.closed"]):
            yield {
                "specversion": "1.0", "id": f"{n}-{step}", "source": "/test", "type": type_,
                "subject": f"de/{n}", "time": "2025-03-03T09:00:00Z",
                "data": {"payment_id": f"p{n}", "refund_id": f"r{n}", "amount": n,
                         "currency": "EUR"},
            }  # fmt: skip


@pytest.fixture
def filled(data, orderproof, tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in events()))
    assert orderproof("import", file, "--data", data).code == 0
    assert orderproof("rebuild", "--data", data).code == 0
    return data


def state(dsn):
    """What readers see, and how far it is said to be."""
    found = []
    with connect(dsn) as connection, connection, connection.cursor() as cursor:
        for table in (
            "order_summary",
            "order_lookup",
            "person_index",
            "refund_clock",
            "open_claim",
            "refund_index",
        ):
            cursor.execute(ROWS.format(f"views.{table}"))
            found += cursor.fetchall()
        cursor.execute("SELECT name, position FROM projections ORDER BY 1")
        return found + cursor.fetchall()


def kill_a_rebuild(data, seconds):
    """Start a rebuild, kill it after so long, and tell whether that was in the middle of it."""
    rebuild = subprocess.Popen(
        [sys.executable, "-m", "orderproof", "rebuild", "--data", str(data)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        rebuild.wait(seconds)
    except subprocess.TimeoutExpired:
        rebuild.send_signal(signal.SIGKILL)
        rebuild.wait(30)
    return rebuild.returncode == -signal.SIGKILL


def kills(data, dsn, rounds, seconds=300.0):
    """Kill rebuilds at random moments; return how many were in the middle of it, and how many."""
    seed = random.randrange(2**32)
    print("seed", seed)
    draw = random.Random(seed)
    before = state(dsn)
    began = time.monotonic()
    assert not kill_a_rebuild(data, 120)
    whole = time.monotonic() - began
    killed = done = 0
    while done < rounds and time.monotonic() < began + seconds:
        done += 1
        killed += kill_a_rebuild(data, draw.uniform(0.1, 1.0) * whole)
        assert state(dsn) == before
    return killed, done


def check(data, before, dsn):
    with open_store(installation.find(data)) as store:
        runner.catch_up(store.views, store.log, store.projections)
        assert all(each.is_equal for each in diff(store.views, store.log, store.projections))
    assert state(dsn) == before


def test_a_rebuild_killed_at_any_moment_leaves_the_rows(filled, migrated_database):
    before = state(migrated_database)

    killed, _ = kills(filled, migrated_database, rounds=5)

    assert killed > 0

    assert before[0][0] == ORDERS
    check(filled, before, migrated_database)


@pytest.mark.faults
def test_many_rebuilds_killed_at_any_moment_leave_the_rows(
    filled, migrated_database, fault_seconds
):
    before = state(migrated_database)

    killed, done = kills(filled, migrated_database, 40, fault_seconds)

    assert done > 0
    assert killed * 3 >= done

    check(filled, before, migrated_database)
