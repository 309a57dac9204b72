"""Who sends slowly, goes away, or pretends to be somebody else."""

import json
import socket
import time
from contextlib import suppress

import httpx
import pytest

from api import bodies
from api.limiting import Limits
from orderproof import http_protocol
from tests.api.conftest import cloudevent
from tests.api.test_intake import problem
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401


def begin(served, token, length):
    """Send the head of a request and a byte of its body."""
    host, port = served.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/cloudevents+json\r\nContent-Length: {length}\r\n\r\n{{"
    )
    connection.sendall(head.encode())
    return connection


# N-07
def test_who_sends_slowly_keeps_nobody_waiting_and_is_told_to_go(data, monkeypatch):
    monkeypatch.setattr(bodies, "PATIENCE", 1.0)
    with reading(data) as served:
        token = served.token("intake")
        slow = [begin(served, token, 1000) for _ in range(200)]
        started = time.monotonic()
        headers = {"Content-Type": "application/cloudevents+json"}
        sent = served.client.post(
            "/v1/events", content=json.dumps(cloudevent()),
            headers={**headers, "Authorization": f"Bearer {token}"},
        )  # fmt: skip
        assert sent.status_code == 202
        assert time.monotonic() - started < 30
        for connection in slow:
            assert b"408" in connection.recv(4096).split(b"\r\n")[0]
            connection.close()


# N-07
def test_who_does_not_say_what_they_want_is_let_go(data, monkeypatch):
    monkeypatch.setattr(http_protocol, "HEAD", 1.0)
    with reading(data) as served:
        host, port = served.url.removeprefix("http://").split(":")
        begun = [b"", b"G", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: "]
        waiting = []
        for head in begun * 50:
            connection = socket.create_connection((host, int(port)), timeout=20)
            connection.sendall(head)
            waiting.append(connection)
        with httpx.Client(trust_env=False) as kept:  # who talks is not let go, however long
            began = time.monotonic()
            while time.monotonic() - began < 2.5:
                assert kept.get(f"{served.url}/healthz").status_code == 200
                for connection in waiting[2::3]:
                    with suppress(OSError):  # a byte now and then does not help
                        connection.sendall(b"E")
        for connection in waiting:
            with suppress(ConnectionResetError):
                assert connection.recv(100) == b""
            connection.close()


# N-08
def test_who_goes_away_in_the_middle_leaves_nothing_open(data, record):  # noqa: F811
    record(*(story(n) for n in range(50)))
    with reading(data) as served:
        token = served.token()
        host, port = served.url.removeprefix("http://").split(":")
        for _ in range(40):
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(
                    f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}"
                    "\r\n\r\n".encode()
                )
        # More than there are connections to the store: each came back.
        answers = [served.get("/v1/events", token=token).status_code for _ in range(20)]
        assert set(answers) == {200}


# A-25
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_nobody_is_believed_who_they_say_they_come_from(data, header):
    with reading(data, Limits(refused=3)) as served:
        answers = [
            served.get("/v1/orders", token="oak_guess", headers={header: f"10.0.0.{n}"}).status_code
            for n in range(6)
        ]
        assert answers[3:] == [429, 429, 429]
        answer = httpx.get(
            f"{served.url}/healthz", headers={"Host": "evil.example"}, trust_env=False
        )
        assert "evil.example" not in answer.text + str(answer.headers)
        problem(served.get("/v1/orders", headers={"Host": "evil.example"}), 429, "too-many")
