"""The application over a real store, served on loopback by a thread of this process."""

import json
import socket
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import uvicorn

from api.access import Gate, make_secret
from api.app import Service, make
from api.webhooks import Door
from eventstore import log
from eventstore.connection import connect, transaction
from eventstore.pool import Pool
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer
from orderproof import access_notes, tokens

KEY = bytes(range(32))


def cloudevent(id="e1", subject="de/1", **changes):
    return {
        "specversion": "1.0", "id": id, "source": "/test", "type": "order.placed",
        "subject": subject, "time": "2025-03-03T09:00:00Z",
        "data": {"total": 100, "currency": "EUR", "buyer": {"name": "Test Buyer"}},
    } | changes  # fmt: skip


class Asked:
    """A client with a token, over an application whose parts a test may exchange."""

    def __init__(self, dsn):
        self.dsn = dsn
        self.now = datetime(2026, 11, 26, tzinfo=UTC)
        self.writer = Writer(dsn, KeyRing(KEY, limit=100))
        self.pool = Pool(dsn, access_notes.GATE)
        self.gate = Gate(lambda own: tokens.find(self.pool, own), lambda: self.now)
        self.record = self.writer.record
        self.ready = lambda: None
        self.door = None  # see test_webhooks
        self.app = make(
            Service(
                gate=self.gate,
                record=lambda facts: self.record(facts),
                door=Door(
                    lambda hook: self.door.is_signed(hook), lambda hook: self.door.receive(hook)
                ),
                answers=None,
                revealer=None,
                searcher=None,
                exports=None,
                sessions=None,
                desk=None,
                tracking=None,
                claims=None,
                evidence=None,
                state=None,
                proofs=None,
                cursor_key=KEY,
                check=lambda: self.ready(),
                version="0",
            )
        )
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(self.app, log_level="critical", access_log=False)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([listening],))
        self.thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self.client = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def close(self):
        self.client.close()
        self.server.should_exit = True
        self.thread.join()
        self.writer.close()
        self.pool.close()

    def token(self, role="intake", shops=(), days=1):
        own, digest, text = make_secret()
        with connect(self.dsn, access_notes.GATE) as connection, transaction(connection) as cursor:
            cursor.execute(
                "INSERT INTO access_tokens (id, digest, role, shops, label, expires_at)"
                " VALUES (%s, %s, %s, %s, 'test', %s)",
                (own, digest, role, list(shops), self.now + timedelta(days=days)),
            )
        return text

    def post(self, body, kind="application/cloudevents+json", token=None, **headers):
        token = self.token() if token is None else token
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {token}", "Content-Type": kind} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self.client.post("/v1/events", content=raw, headers=sent)

    def size(self):
        with connect(self.dsn) as connection:
            return log.size(connection)


@pytest.fixture
def asked(migrated_database):
    with closing(Asked(migrated_database)) as found:
        yield found
