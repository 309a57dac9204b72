"""`make stack`: what docker-compose.yml starts, as plain processes on real servers, used over HTTP.

The same commands with the same environment; only hosts, ports and folders are this machine's. The
image itself is built by nobody here.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psycopg2
import yaml
from psycopg2.extensions import make_dsn, parse_dsn

from orderproof import postgres, s3_server

ROOT = Path(__file__).parents[1]
_SECONDS = 90


def services():
    """Return the services of docker-compose.yml, with what they share put in."""
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def story():
    """Return the events of an order that was refunded."""
    subject = "de/1001"
    money = {"amount": 12800, "currency": "EUR", "refund_id": "r1"}
    at_provider = {"psp": "stripe", "payment_id": "p1", "idempotency_key": "k1"}
    card = {"kind": "card", "brand": "visa", "last4": "4242"}
    facts = [
        ("order.placed", {"total": 12800, "currency": "EUR",
                          "buyer": {"name": "Test Buyer", "email": "buyer@example.com"}}),
        ("payment.captured", {"payment_id": "p1", "psp": "stripe", "psp_payment_id": "pi_1",
                              "amount": 12800, "currency": "EUR", "instrument": card}),
        ("refund.requested", money),
        ("refund.approved", money),
        ("refund.submitted", {**money, **at_provider}),
        ("refund.succeeded", {"refund_id": "r1", "psp_refund_id": "re_1", "kind": "refund"}),
        ("refund.reference_recorded", {"refund_id": "r1", "reference_type": "arn",
                                       "reference": "24011345162000043632043",
                                       "reference_status": "available"}),
        ("refund.settled", {**money, "settled_on": "2025-06-08", "destination": card}),
    ]  # fmt: skip
    return [
        {"specversion": "1.0", "id": f"s{n}", "source": "/stack", "type": type_,
         "subject": subject, "time": f"2025-06-0{n + 1}T09:00:00Z", "data": data}
        for n, (type_, data) in enumerate(facts)
    ]  # fmt: skip


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Have a PostgreSQL server with an empty database; yield its address for a setting."""
    where = folder / "postgres", folder / "postgres.password"
    with postgres.running(*where, postgres.binaries()) as dsn:
        connection = psycopg2.connect(dsn)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE orderproof")
        connection.close()
        yield postgres.sqlalchemy_url(make_dsn(**{**parse_dsn(dsn), "dbname": "orderproof"}))


class Stack:
    """Runs the services' commands as processes.

    Args:
        folder: for data and secrets.
        url: of the database.
        s3: the S3 server.
    """

    def __init__(self, folder, url, s3):
        self.data = folder / "data"
        self.port = _free_port()
        kept = folder / "secrets"
        kept.mkdir()
        (kept / "orderproof_database_url").write_text(url)
        (kept / "aws_credentials").write_text(
            f"[default]\naws_access_key_id = {s3.credentials.key_id}\n"
            f"aws_secret_access_key = {s3.credentials.secret}\n"
        )
        self._here = {
            "/data": str(self.data),
            "/run/secrets": str(kept),
            "http://s3:8333": s3.endpoint,
            "0.0.0.0": "127.0.0.1",  # of the container; here it is loopback
            "8080": str(self.port),
            "${ORDERPROOF_ORIGIN}": "stack.example.com/orders",
        }
        self.url = f"http://127.0.0.1:{self.port}"

    def _translated(self, text):
        for there, here in self._here.items():
            if text == there or text.startswith(f"{there}/"):
                return here + text[len(there) :]
        return text

    def environment(self, service):
        """Return the environment of a service, and nothing else of ours."""
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("ORDERPROOF_", "AWS_"))}
        said = {name: self._translated(str(v)) for name, v in service["environment"].items()}
        return {**kept, **said, "PYTHONPATH": str(ROOT)}

    def command(self, words):
        """Return a command line."""
        return [sys.executable, "-m", "orderproof", *map(self._translated, words)]

    def once(self, service, *words):
        """Run a command of a service, as `docker compose run --rm` would, and return its output."""
        done = subprocess.run(
            self.command(words or service["command"]), env=self.environment(service),
            capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(f"{words}: {done.returncode} {done.stdout} {done.stderr}")
        return done.stdout

    @contextmanager
    def up(self, service):
        """Have a service run."""
        process = subprocess.Popen(
            self.command(service["command"]), env=self.environment(service),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            process.wait(_SECONDS)


def run(say=print):
    """Start everything, run the main job over HTTP, and stop everything."""
    found = services()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="orderproof-stack-")))
        url = stack.enter_context(database(folder))
        s3 = stack.enter_context(s3_server.running(folder / "s3"))
        these = Stack(folder, url, s3)
        for name in ("init", "bucket"):
            these.once(found[name])
            say(f"{name}: done")
        for name in ("serve", "project", "clock", "check", "watch"):
            stack.enter_context(these.up(found[name]))
            say(f"{name}: started")
        client = stack.enter_context(httpx.Client(base_url=these.url, trust_env=False, timeout=30))
        until(lambda: client.get("/readyz").status_code == 200)
        serve = found["serve"]
        intake = json.loads(these.once(serve, "token", "new", "--role", "intake", "--json"))
        kind = {"Content-Type": "application/cloudevents-batch+json"}
        sent = client.post(
            "/v1/events", content=json.dumps(story()),
            headers={**kind, "Authorization": f"Bearer {intake['token']}"},
        )  # fmt: skip
        assert sent.status_code == 202, sent.text
        say(f"events in: positions {[each['position'] for each in sent.json()['events']]}")
        these.once(serve, "archive", "--all")
        stack.enter_context(these.up(found["archive"]))
        say("archived to the bucket; archive: started")
        auditor = json.loads(these.once(serve, "token", "new", "--role", "auditor", "--json"))
        client.headers["Authorization"] = f"Bearer {auditor['token']}"
        claim = client.get("/v1/orders/de/1001/claim").json()
        say(f"claim: {claim['verdict']}: {claim['verdict_text']}")
        proof = client.get("/v1/events/s7/proof").json()
        say(f"proof: in the checkpoint of {proof['tree_size']} events, {len(proof['path'])} hashes")
        history = client.get("/v1/orders/de/1001/history").content
        file = folder / "history.jsonl.gz"
        file.write_bytes(history)
        keyring = folder / "keyring.json"
        keyring.write_text(client.get("/v1/keys").json()["envelope"])
        told = these.once(serve, "verify", str(file), "--keyring", str(keyring))
        say(f"history, verified offline: {'INTACT' if 'INTACT' in told.splitlines() else told}")
        body = {"kind": "events", "format": "parquet", "reason": "the stack's own export"}
        job = client.post("/v1/exports", json=body).json()
        until(lambda: client.get(f"/v1/exports/{job['id']}").json()["state"] == "done")
        manifest = client.get(f"/v1/exports/{job['id']}/manifest").json()
        say(f"export: {manifest['rows']} rows, SHA-256 {manifest['sha256']}")
        return claim, proof, told, manifest


def until(done):
    """Wait until something is so."""
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        try:
            if done():
                return
        except httpx.HTTPError:
            pass  # it is not there yet
        time.sleep(0.1)
    raise AssertionError("that took too long")


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


if __name__ == "__main__":
    run()
