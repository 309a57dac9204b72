"""What is measured: events in, pages of lists, claim pages, and exports as processes."""

import itertools
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx

from benchmarks import processes
from benchmarks.figures import Figure
from benchmarks.http import client
from benchmarks.store import server, workload
from benchmarks.store.commands import Installation
from domain.event import Fact
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer

_CALLERS = 64
_SECONDS = 10.0
_BATCH = 100
_PAGES = 500
_CLAIMS = 300
_EXPORTS = (("events", "jsonl", 50_000), ("events", "parquet", 100_000), ("orders", "xlsx", 15_000))


def measure(place: Path, orders: int, say: Callable[[Figure], None]) -> list[Figure]:
    """Fill a store with orders, serve it, and ask it."""
    figures: list[Figure] = []

    def add(*found: Any, **more: Any) -> None:
        figures.append(Figure(*found, **more))
        say(figures[-1])

    with server.running(place) as database:
        ours = Installation(place / "data")
        dsn = database.database(migrated=True)
        file = place / "events.jsonl"
        workload.write_file(file, orders)
        ours.import_file(dsn, file)
        file.unlink()
        environment = ours.environment(dsn)
        # Brings the read models up to date, which is not what is measured.
        processes.run(ours.command("order", "0"), environment)
        for kind, form, wanted in _EXPORTS:
            _export(ours, environment, place, kind, form, wanted, add)
        alone = _alone(dsn, ours.key)
        add("64 callers of the store, one event each", round(alone), "events/s")
        _served(ours, environment, orders, alone, add)
    return figures


def _export(
    ours: Installation, environment: dict[str, str], place: Path, kind: str, form: str,
    wanted: int, add: Callable[..., None],
) -> None:  # fmt: skip
    out = place / f"{kind}.{form}"
    words = ("export", kind, "--format", form, "--out", str(out), "--json")
    done = processes.run(ours.command(*words), environment)
    rate = done.report()["rows"] / done.seconds
    add(
        f"export of {kind}, {form}", round(rate), "rows/s", mb=done.mb,
        wanted=f"≥ {wanted:,} and ≤ 200 MB", reached=rate >= wanted and done.mb <= 200,
    )  # fmt: skip
    for each in place.glob(f"{out.name}*"):
        each.unlink()


def _alone(dsn: str, key: bytes) -> float:
    """Return how many events a second 64 threads of one process record, one each."""
    count = itertools.count()
    end = time.monotonic() + _SECONDS
    with Writer(dsn, KeyRing(key)) as writer:

        def work(own: int) -> None:
            for n in itertools.count():
                if time.monotonic() > end:
                    return
                said = _event(f"alone-{own}-{n}")
                fact = Fact(
                    stream=f"order/{said['subject']}", type=said["type"], source=said["source"],
                    id=said["id"], occurred_at=said["time"], data=said["data"],
                )  # fmt: skip
                writer.record([fact])
                next(count)

        threads = [threading.Thread(target=work, args=[n]) for n in range(_CALLERS)]
        started = time.monotonic()
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return next(count) / (time.monotonic() - started)


def _event(own: str) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": own, "source": "/bench/http", "type": "refund.approved",
        "subject": f"bench/h-{own}", "time": "2025-06-03T10:00:00Z",
        "data": {"refund_id": "r1", "amount": 12800, "currency": "EUR"},
    }  # fmt: skip


def _served(
    ours: Installation, environment: dict[str, str], orders: int, alone: float,
    add: Callable[..., None],
) -> None:  # fmt: skip
    def token(role: str) -> str:
        made = processes.run(ours.command("token", "new", "--role", role, "--json"), environment)
        return str(made.report()["token"])

    # Each has a token of its own, as a token has a limit of requests a minute.
    intake, auditor, visitor = token("intake"), token("auditor"), token("auditor")
    process = subprocess.Popen(
        ours.command("serve", "--port", "0", "--json"), env=environment, stdout=subprocess.PIPE
    )
    with client.ended(process):
        assert process.stdout is not None
        said = b"".join(process.stdout.readline() for _ in range(3))
        url = json.loads(said)["url"]
        port = int(url.rstrip("/").rpartition(":")[2])
        _intake(port, intake, alone, add)
        _pages(url, auditor, visitor, orders, add)


def _intake(port: int, token: str, alone: float, add: Callable[..., None]) -> None:
    def sent(kind: str, of: Callable[[int, int], object], limit: int) -> list[Iterator[bytes]]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}

        def over_one(own: int) -> Iterator[bytes]:
            for n in range(limit):
                body = json.dumps(of(own, n)).encode()
                yield client.request("POST", "/v1/events", headers, body)

        return [over_one(own) for own in range(_CALLERS)]

    each = max(20, int(alone * _SECONDS * 0.5) // _CALLERS)
    one = "application/cloudevents+json"
    seconds, _ = client.all_of(port, sent(one, lambda own, n: _event(f"one-{own}-{n}"), each))
    rate = each * _CALLERS / seconds
    add(
        "events in over HTTP, 64 connections", round(rate), "events/s", round(rate / alone, 2),
        wanted="≥ 0.4 × the store's own", reached=rate >= 0.4 * alone,
    )  # fmt: skip

    def batch(own: int, n: int) -> object:
        return [_event(f"batch-{own}-{n}-{m}") for m in range(_BATCH)]

    several = "application/cloudevents-batch+json"
    count = 30
    seconds, _ = client.all_of(port, sent(several, batch, count))
    rate = count * _CALLERS * _BATCH / seconds
    add(
        "events in over HTTP, batches of 100", round(rate), "events/s",
        wanted="≥ 15,000", reached=rate >= 15_000,
    )  # fmt: skip


def _pages(url: str, token: str, visitor: str, orders: int, add: Callable[..., None]) -> None:
    times: list[float] = []
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as asked:
        bearer = {"Authorization": f"Bearer {token}"}
        parameters: dict[str, str] = {"limit": "200"}
        # What the load brought in is in the read models before they are measured, as a worker
        # would have seen to.
        while _as_of(asked, "orders", bearer) < _as_of(asked, "events", bearer) - _CALLERS:
            pass
        for _ in range(_PAGES):
            started = time.perf_counter()
            answer = asked.get("/v1/orders", params=parameters, headers=bearer)
            times.append(time.perf_counter() - started)
            if answer.status_code == 429:
                break
            cursor = answer.raise_for_status().json()["next"]
            if cursor is None:
                break
            parameters = {"limit": "200", "cursor": cursor}
        found = client.p95(times)
        add(f"page of 200 orders, {len(times)} deep, p95", found, "ms", wanted="< 80 ms",
            reached=found < 80)  # fmt: skip
        login = asked.post("/login", data={"token": visitor})
        cookie = {"Cookie": login.headers["set-cookie"].partition(";")[0]}
        chance = Random(orders)  # which orders are asked for is no secret
        times = []
        for _ in range(_CLAIMS):
            number = chance.randrange(orders)
            started = time.perf_counter()
            asked.get(f"/orders/bench/{number}", headers=cookie).raise_for_status()
            times.append(time.perf_counter() - started)
        found = client.p95(times)
        add("claim page, p95", found, "ms", wanted="< 80 ms", reached=found < 80)


def _as_of(asked: httpx.Client, name: str, bearer: dict[str, str]) -> int:
    answer = asked.get(f"/v1/{name}", params={"limit": "1"}, headers=bearer)
    return int(answer.raise_for_status().json()["as_of"])
