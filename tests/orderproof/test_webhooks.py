"""Webhooks into a service that runs: signed, in rotation, sent again, forged, not readable."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime

import httpx
import pytest
import standardwebhooks

from tests.api.conftest import cloudevent

SECRET = "whsec_test_only"
CHARGE = {
    "id": "evt_1", "object": "event", "type": "charge.refunded", "created": 1_741_000_000,
    "data": {"object": {
        "id": "ch_1", "object": "charge", "amount": 12800, "amount_refunded": 12800,
        "currency": "eur", "payment_intent": "pi_1", "metadata": {},
    }},
}  # fmt: skip


@pytest.fixture
def hooks(data, orderproof, serving):
    return Hooks(data, orderproof, serving()[1])


class Hooks:
    def __init__(self, data, orderproof, url):
        self.data, self.run, self.url = data, orderproof, url

    def verb(self, *words):
        return self.run(*words, "--data", self.data, "--json").json

    def add(self, tmp_path, source, secret, shop="de"):
        file = tmp_path / "secret"
        file.write_text(secret)
        return self.verb("webhook", "add", source, "--shop", shop, "--file", file)

    def post(self, path, body, headers=None):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.post(
            f"{self.url}v1/webhooks/{path}", content=raw, timeout=30, trust_env=False,
            headers={"Content-Type": "application/json"} | (headers or {}),
        )  # fmt: skip

    def stripe(self, body, secret=SECRET, shop="de"):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        now = str(int(time.time()))
        digest = hmac.new(secret.encode(), f"{now}.".encode() + raw, hashlib.sha256).hexdigest()
        return self.post(f"stripe/{shop}", raw, {"Stripe-Signature": f"t={now},v1={digest}"})


# C-02
def test_a_signed_webhook_is_recorded_and_sent_again_answers_the_same(hooks, tmp_path):
    hooks.add(tmp_path, "stripe", SECRET)

    first = hooks.stripe(CHARGE)
    again = hooks.stripe(CHARGE)

    assert first.status_code == again.status_code == 202, first.text
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    # The order becomes known: the message is told of it, and the answer is still the first one.
    order = cloudevent(
        id="p1", type="payment.captured", subject="de/77",
        data={"payment_id": "p", "psp": "stripe", "psp_payment_id": "pi_1", "amount": 12800,
              "currency": "EUR"},
    )  # fmt: skip
    file = tmp_path / "order.json"
    file.write_text(json.dumps(order))
    assert hooks.verb("record", file)
    types = [one["type"] for one in hooks.verb("order", "de/77")["events"]]
    assert {"payment.captured", "source.message_received"} <= set(types)
    assert hooks.stripe(CHARGE).json() == first.json()


# O-14
def test_both_secrets_of_a_rotation_count_until_one_is_removed(hooks, tmp_path):
    old = hooks.add(tmp_path, "stripe", "old")["id"]
    hooks.add(tmp_path, "stripe", "new")
    assert [hooks.stripe(CHARGE, each).status_code for each in ("old", "new")] == [202, 202]

    hooks.verb("webhook", "remove", "stripe", "--shop", "de", "--id", old)

    assert hooks.stripe(CHARGE, "old").status_code == 401
    assert hooks.stripe(CHARGE, "new").status_code == 202
    listed = hooks.run("webhook", "list", "--data", hooks.data)
    assert listed.out.split()[1:] == ["stripe", "de"]


def test_nothing_is_taken_without_the_shops_own_secret(hooks, tmp_path):
    hooks.add(tmp_path, "stripe", SECRET)
    for answer, code in (
        (hooks.stripe(CHARGE, "guessed"), "signature-wrong"),
        (hooks.stripe(CHARGE, shop="fr"), "signature-wrong"),
        (hooks.post("stripe/de", CHARGE), "signature-missing"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["content-type"] == "application/problem+json"
    assert hooks.post("nosuch/de", CHARGE).status_code == 404
    assert hooks.post("stripe/de%00", CHARGE).status_code == 422


def test_a_source_that_signs_nothing_needs_a_token(hooks):
    token = hooks.verb("token", "new", "--role", "intake", "--shop", "de")["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert hooks.post("json/de", {"a": 1}).status_code == 401
    assert hooks.post("json/fr", {"a": 1}, bearer).status_code == 403
    assert hooks.post("json/de", {"a": 1}, bearer).status_code == 202


def test_cloudevents_are_signed_by_standard_webhooks(hooks, tmp_path):
    secret = "whsec_" + base64.b64encode(b"test only secret, 32 bytes long!").decode()
    hooks.add(tmp_path, "cloudevents", secret)

    def send(event):
        raw, own = json.dumps(event), "msg_1"
        now = time.time()
        at = datetime.fromtimestamp(int(now), UTC)
        signature = standardwebhooks.Webhook(secret).sign(own, at, raw)
        return hooks.post(
            "cloudevents/de", raw.encode(),
            {"webhook-id": own, "webhook-timestamp": str(int(now)), "webhook-signature": signature},
        )  # fmt: skip

    assert send(cloudevent()).status_code == 202
    assert send(cloudevent(id="e2", subject="fr/1")).status_code == 422  # not this shop's
    changed = send(cloudevent(time="2025-03-04T09:00:00Z"))
    assert changed.json()["type"].endswith("idempotency-mismatch")


# A-28
def test_what_is_signed_and_cannot_be_read_is_kept_aside(hooks, tmp_path):
    hooks.add(tmp_path, "stripe", SECRET)
    for body in (b"no json", b'"text"', b'{"a":"\xff"}'):
        answer = hooks.stripe(body)
        assert answer.status_code == 422, (body, answer.text)
    files = sorted((hooks.data / "rejects").iterdir())
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert len(rows) == 3
    assert [row["input"] for row in rows] == ["webhook stripe/de"] * len(rows)
    assert rows[0]["raw"] == "no json"
    assert hooks.stripe(b"x" * (1 << 20) + b"x").status_code == 413


def test_what_a_webhook_brought_is_tried_again_while_the_service_runs(hooks, tmp_path):
    hooks.add(tmp_path, "stripe", SECRET)
    assert hooks.stripe(json.dumps(CHARGE).encode()[:-1]).status_code == 422
    [one] = hooks.verb("quarantine", "list")["files"]
    file = hooks.data / "rejects" / one["file"]
    row = json.loads(file.read_text())
    file.write_text(json.dumps({**row, "raw": row["raw"] + "}"}) + "\n")

    assert hooks.verb("quarantine", "retry", one["file"])["rejected"] == 0

    assert hooks.verb("quarantine", "list") == {"files": []}
    assert hooks.stripe(b"no json").status_code == 422  # and the next one has its place
    assert len(hooks.verb("quarantine", "list")["files"]) == 1
