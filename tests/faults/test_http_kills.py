"""C-01, C-02, C-20: a service that takes events in is killed, or runs out of file handles."""

import json
import random
import resource
import signal
import socket
import sys
import threading
import time

import httpx
import pytest

from eventstore.connection import connect, transaction
from tests.api.conftest import cloudevent
from tests.faults.blocking import until
from tests.faults.invariants import Acknowledged, check_acknowledged, check_log, check_projections

_SENDERS = 8
_BATCH = "application/cloudevents-batch+json"
_PLACED = {"total": 100, "currency": "EUR"}  # nothing personal, so no key of this data folder


class Service:
    """A service that is killed and started again, and where it is now."""

    def __init__(self, data, orderproof, serving):
        made = orderproof("token", "new", "--role", "intake", "--data", data, "--json").json
        self.headers = {"Authorization": f"Bearer {made['token']}", "Content-Type": _BATCH}
        self._serving = serving
        self.url = self.process = None

    def start(self):
        self.process, self.url = self._serving()

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def post(self, client, events):
        return client.post(f"{self.url}v1/events", content=json.dumps(events), headers=self.headers)


class Senders:
    """Clients that send batch after batch, each until it is answered with 202."""

    def __init__(self, service):
        self.service = service
        self.told = []
        self.retried = 0
        self.faults = []
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._send, args=[n]) for n in range(_SENDERS)]

    def _send(self, own):
        draw = random.Random(own)
        n = 0
        with httpx.Client(timeout=10, trust_env=False) as client:
            while not self.ended.is_set():
                batch = [
                    # Now and then one that another sender has, too.
                    cloudevent(f"shared-{n % 5}", f"de/{n % 5}", data=_PLACED)
                    if draw.random() < 0.1
                    else cloudevent(f"{own}-{n}-{m}", f"de/{draw.randrange(12)}", data=_PLACED)
                    for m in range(draw.choice((1, 1, 2, 5)))
                ]
                batch = list({each["id"]: each for each in batch}.values())
                self._until_told(client, batch)
                n += 1

    def _until_told(self, client, batch):
        tries = 0
        while True:
            try:
                answer = self.service.post(client, batch)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 202:
                told = [
                    Acknowledged(one["source"], one["id"], one["position"], one["version"])
                    for one in answer.json()["events"]
                ]
                if [one.id for one in told] != [one["id"] for one in batch]:
                    self.faults.append((batch, told))
                self.told += told
                self.retried += tries > 0
                return
            if answer is not None and answer.status_code != 503:
                self.faults.append((batch, answer.status_code, answer.text))
                return
            tries += 1
            time.sleep(0.02)


def kills(service, dsn, rounds, deadline=None):
    """Kill the service at random moments while it takes events in; return how often."""
    seed = random.randrange(2**32)
    print("seed", seed)
    draw = random.Random(seed)
    service.start()
    senders = Senders(service)
    for each in senders.threads:
        each.start()
    done = 0
    try:
        while done < rounds and (deadline is None or time.monotonic() < deadline):
            before = len(senders.told)
            until(lambda before=before: len(senders.told) > before or senders.faults)
            time.sleep(draw.random() / 4)
            service.kill()
            done += 1
            with connect(dsn) as connection:
                check_log(connection)
                check_acknowledged(connection, list(senders.told))
            service.start()
    finally:
        senders.ended.set()
        for each in senders.threads:
            each.join()
    assert not senders.faults
    with connect(dsn) as connection:
        # Nothing is left of a batch that nobody heard of: each was sent until it was answered.
        others = 1  # the token's own
        sent = {(one.source, one.id) for one in senders.told}
        assert check_log(connection) == len(sent) + others
        check_acknowledged(connection, senders.told)
    check_projections(dsn)
    return done, senders.retried


def test_a_service_killed_anywhere_loses_nothing_and_doubles_nothing(
    data, orderproof, serving, migrated_database
):
    # C-01, short
    done, retried = kills(Service(data, orderproof, serving), migrated_database, 4)

    assert done == 4
    assert retried >= 4


@pytest.mark.faults
def test_two_hundred_kills_of_a_service_as_far_as_the_time_goes(
    data, orderproof, serving, migrated_database, fault_seconds
):
    # C-01
    service = Service(data, orderproof, serving)
    done, retried = kills(service, migrated_database, 200, time.monotonic() + fault_seconds)

    sys.stderr.write(f"\n{done} of 200 kills of a service, {retried} batches sent again\n")
    assert done >= 2
    assert retried >= done


def test_a_service_killed_between_commit_and_answer_answers_the_retry_as_it_would_have(
    data, orderproof, serving, migrated_database
):
    # C-02: the answer never comes, since the commit is seen before it can be sent.
    service = Service(data, orderproof, serving)
    service.start()
    with httpx.Client(timeout=10, trust_env=False) as client:
        first = service.post(client, [cloudevent("before")])
        [before] = first.json()["events"]
        here = before["position"]
        host, port = service.url.removeprefix("http://").rstrip("/").split(":")
        body = json.dumps([cloudevent("a"), cloudevent("b", "de/2")]).encode()
        head = "".join(f"{name}: {value}\r\n" for name, value in service.headers.items())
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                f"POST /v1/events HTTP/1.1\r\nHost: x\r\n{head}"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            until(lambda: _stored(migrated_database) == here + 2)
            service.kill()
        service.start()

        again = service.post(client, [cloudevent("a"), cloudevent("b", "de/2")])
        usual = service.post(client, [cloudevent("before")])

    assert again.status_code == first.status_code == 202
    assert [(one["id"], one["position"], one["version"]) for one in again.json()["events"]] == [
        ("a", here + 1, 2), ("b", here + 2, 1),
    ]  # fmt: skip
    assert usual.content == first.content
    with connect(migrated_database) as connection:
        assert check_log(connection) == here + 2


def test_a_service_without_file_handles_goes_on_when_it_has_some_again(
    data, orderproof, serving, migrated_database
):
    # C-20
    service = Service(data, orderproof, serving)
    service.start()
    host, port = service.url.removeprefix("http://").rstrip("/").split(":")
    told, refused = [], 0
    with httpx.Client(timeout=10, trust_env=False) as client:
        told += _answer(service.post(client, [cloudevent("before")]))
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (64, 4096))
        idle = [socket.create_connection((host, int(port)), timeout=5) for _ in range(100)]
        try:
            for n in range(20):  # over a connection that is open, and over new ones
                told += _answer(service.post(client, [cloudevent(f"kept-{n}")]))
                found = _try_anew(service, n)
                refused += not found
                told += found
        finally:
            for each in idle:
                each.close()
        assert refused >= 10
        until(lambda: _try_anew(service, 99))
        assert service.process.poll() is None
        told += _answer(service.post(client, [cloudevent("after")]))
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(20) == 0
    with connect(migrated_database) as connection:
        check_acknowledged(connection, told)
        check_log(connection)


def _try_anew(service, n):
    with httpx.Client(timeout=1, trust_env=False) as client:
        try:
            return _answer(service.post(client, [cloudevent(f"new-{n}")]))
        except httpx.TransportError:
            return []


def _answer(answer):
    assert answer.status_code in (202, 503), answer.text
    if answer.status_code == 503:
        assert answer.headers["retry-after"]
        return []
    return [
        Acknowledged(one["source"], one["id"], one["position"], one["version"])
        for one in answer.json()["events"]
    ]


def _stored(dsn):
    with connect(dsn) as connection, transaction(connection) as cursor:
        cursor.execute("SELECT position FROM log_head")
        [(position,)] = cursor.fetchall()
    return position
