"""O-09: read models that are far behind catch up in little memory, beside writers."""

import json
import signal
import subprocess
import sys
import threading

import pytest

from domain.event import Fact
from eventstore.recording import record
from orderproof import installation
from orderproof.bootstrap import open_store

CATCH_UP = """
import json, resource, sys
from pathlib import Path
from orderproof import installation
from orderproof.bootstrap import open_store
from projections import rebuild, runner, status

lags = []
with open_store(installation.find(Path(sys.argv[1]))) as store:
    def told(done, total):
        [model, *_] = status.read(store.connection, total, store.projections)
        lags.append(model.lag)
        if len(lags) == 3:
            print("on the way", flush=True)
    if sys.argv[2] == "rebuild":
        rebuild.rebuild(store.views, store.log, store.projections)
    else:
        runner.catch_up(store.views, store.log, store.projections, told)
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(json.dumps({"lags": lags, "kilobytes": int(peak.split()[1])}))
"""


@pytest.fixture
def behind(data, orderproof, tmp_path):
    """Make a store whose read models were fed when it was empty, and not since."""

    def fill(orders):
        assert orderproof("rebuild", "--data", data).code == 0
        file = tmp_path / "events.jsonl"
        with file.open("w") as lines:
            for n in range(orders):
                for step, type_ in enumerate(["order.placed", "payment.captured", "order.closed"]):
                    event = {
                        "specversion": "1.0", "id": f"{n}-{step}", "source": "/test",
                        "type": type_, "subject": f"de/{n}", "time": "2025-03-03T09:00:00Z",
                        "data": {"amount": n, "currency": "EUR", "payment_id": f"p{n}",
                                 "buyer": {"email": f"buyer-{n}@example.org"}},
                    }  # fmt: skip
                    lines.write(json.dumps(event) + "\n")
        assert orderproof("import", file, "--data", data).code == 0
        return data

    return fill


def start(data, verb):
    return subprocess.Popen(
        [sys.executable, "-c", CATCH_UP, str(data), verb], stdout=subprocess.PIPE, text=True
    )


def check(data, batches, megabytes):
    consumer = start(data, "catch up")
    assert consumer.stdout.readline() == "on the way\n"
    outcomes = []

    def write():
        with open_store(installation.find(data)) as store:
            for n in range(50):
                fact = Fact(
                    stream="order/de/new", type="order.closed", source="/new", id=str(n),
                    occurred_at="2025-03-03T09:00:00Z", data={},
                )  # fmt: skip
                outcomes.extend(record(store.connection, store.ring, [fact]))

    consumer.send_signal(signal.SIGSTOP)  # wherever it is: writers must not need it
    writer = threading.Thread(target=write)
    writer.start()
    writer.join(60)
    consumer.send_signal(signal.SIGCONT)
    out, _ = consumer.communicate(timeout=600)
    done = json.loads(out)

    assert [outcome.result for outcome in outcomes] == ["recorded"] * 50
    assert done["lags"] == sorted(done["lags"], reverse=True)
    assert len(done["lags"]) >= batches
    assert done["kilobytes"] < megabytes * 1024


def test_read_models_that_are_far_behind_catch_up_beside_writers(behind):
    data = behind(7_000)

    check(data, batches=21, megabytes=150)


@pytest.mark.faults
def test_read_models_that_are_very_far_behind_need_no_more_memory(behind, fault_seconds):
    orders = max(7_000, min(50_000, int(200 * fault_seconds)))  # as far as the time goes
    data = behind(orders)

    check(data, batches=3 * orders // 1_000, megabytes=150)
    rebuild = start(data, "rebuild")
    out, _ = rebuild.communicate(timeout=600)
    assert json.loads(out)["kilobytes"] < 150 * 1024
