"""`serve` and `token` as processes: a token, an event over HTTP, a revocation, a clean end."""

import json
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.api.conftest import cloudevent


def send(url, token, *events):
    batch = "application/cloudevents-batch+json"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": batch}
    return httpx.post(
        f"{url}v1/events", content=json.dumps(events), headers=headers, timeout=30, trust_env=False
    )


def test_a_token_lets_events_in_until_it_is_revoked(data, orderproof, serving):
    own = ("--data", data, "--json")
    made = orderproof("token", "new", "--role", "intake", "--label", "shop", *own).json
    process, url = serving()

    answer = send(url, made["token"], cloudevent())

    assert answer.status_code == 202, answer.text
    shown = orderproof("order", "de/1", *own).json["events"]
    [here] = [one["position"] for one in answer.json()["events"]]
    assert [(one["type"], one["position"]) for one in shown] == [("order.placed", here)]
    listed = orderproof("token", "list", *own)
    assert [(one["id"], one["state"]) for one in listed.json["tokens"]] == [(made["id"], "valid")]
    assert made["token"] not in listed.out + orderproof("token", "list", "--data", data).out

    assert orderproof("token", "revoke", made["id"], *own).code == 0
    assert orderproof("token", "revoke", "nobody234567", *own).code == 6
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    _, url = serving()
    assert send(url, made["token"], cloudevent("e2")).status_code == 401


def test_many_callers_at_once_get_each_their_own_answer(data, orderproof, serving):
    made = orderproof("token", "new", "--role", "intake", "--data", data, "--json").json
    _, url = serving()
    gate = threading.Barrier(16)

    def call(number):
        gate.wait()
        return [
            send(url, made["token"], cloudevent(f"{number}-{n}", f"de/{number}")) for n in range(5)
        ]

    with ThreadPoolExecutor(16) as pool:
        answers = [one for of_one in pool.map(call, range(16)) for one in of_one]

    assert {one.status_code for one in answers} == {202}
    told = [each for one in answers for each in one.json()["events"]]
    assert len({each["position"] for each in told}) == len(told) == 80


@pytest.mark.parametrize(
    "arguments",
    [
        ("token", "new", "--role", "king"),
        ("token", "new", "--role", "intake", "--shop", "a/b"),
        ("token", "new", "--role", "intake", "--expires", "0"),
    ],
)
def test_a_token_that_cannot_be_is_a_usage_error(data, orderproof, arguments):
    assert orderproof(*arguments, "--data", data).code == 2


def test_an_address_that_is_taken_is_said_so(data, orderproof, serving):
    _, url = serving()

    port = url.rsplit(":", 1)[1].rstrip("/")
    done = orderproof("serve", "--port", port, "--data", data)

    assert (done.code, "cannot be listened on" in done.err) == (5, True)


def test_who_made_and_revoked_a_token_is_recorded(data, orderproof, migrated_database):
    from eventstore import log
    from eventstore.connection import connect

    own = ("--by", "chief", "--data", data, "--json")
    made = orderproof("token", "new", "--role", "auditor", *own)
    orderproof("token", "revoke", made.json["id"], *own)

    with connect(migrated_database) as connection:
        events = list(log.events(connection, 0, log.size(connection)))
    told = [event for event in events if event.type.startswith("access.")]
    assert [event.type for event in told] == ["access.granted", "access.revoked"]
    assert {event.data["by"] for event in told} == {"chief"}
    assert made.json["token"] not in repr(events)


# C-15
def test_it_ends_in_time_whoever_does_not(data, orderproof, serving):
    own = ("--data", data, "--json")
    token = orderproof("token", "new", "--role", "intake", *own).json["token"]
    process, url = serving()
    # A page of some megabytes, whose reader stops.
    style = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 2_000
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    with (
        socket.create_connection((host, int(port))) as idle,
        socket.create_connection((host, int(port))) as slow,
        socket.create_connection((host, int(port))) as deaf,
        httpx.Client(trust_env=False) as kept,
    ):
        assert kept.get(f"{url}healthz").status_code == 200
        idle.sendall(b"GET / HT")
        slow.sendall(
            f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
        )
        deaf.sendall(style.encode())
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert time.monotonic() - began < 15
