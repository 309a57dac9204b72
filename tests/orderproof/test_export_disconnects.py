"""N-08: whoever goes away in the middle of a download leaves nothing open."""

import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg2
import pytest

from tests.orderproof.many_rows import fill
from tests.orderproof.worker_process import until

ROWS = 30_000
CALLERS = 12
ROUNDS = 15
POOL = 8


@pytest.fixture
def served(data, orderproof, serving, migrated_database):
    """A service with an export of 15 MB: its process, address, the client's header, and the id."""
    assert orderproof("rebuild", "--data", data).code == 0
    fill(migrated_database, ROWS)
    made = orderproof("token", "new", "--role", "auditor", "--data", data, "--json").json
    process, url = serving()
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {made['token']}"}, timeout=60,
        trust_env=False,
    ) as client:  # fmt: skip
        own = client.post("v1/exports", json={"kind": "events", "reason": "downloads"}).json()["id"]
        assert until(lambda: client.get(f"v1/exports/{own}").json()["state"] == "done", 60)
        yield process, client, own


def leave(client, path, after, *, reset):
    """Ask for a file, read so many bytes of it, and go away; return how many there were."""
    at = urlsplit(str(client.base_url))
    with socket.create_connection((at.hostname, at.port)) as caller:
        head = f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\n"
        caller.sendall(f"{head}Authorization: {client.headers['authorization']}\r\n\r\n".encode())
        found = b""
        while len(found) < after:
            found += caller.recv(min(65536, after - len(found)))
        assert b"HTTP/1.1 200".startswith(found[:12])
        if reset:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return len(found)


def open_files(process):
    found = []
    for each in Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            found.append(str(each.readlink()))
        except FileNotFoundError:
            continue
    return found


def sessions(dsn):
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT state FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            return [state for (state,) in cursor.fetchall()]
    finally:
        connection.close()


# N-08
def test_nothing_stays_open_when_callers_leave_in_the_middle(served, migrated_database):
    process, client, own = served
    size = int(client.get(f"v1/exports/{own}/data", headers={"Range": "bytes=0-0"}).headers[
        "content-range"].rpartition("/")[2])  # fmt: skip
    assert size > 5_000_000
    path = f"/v1/exports/{own}/data"

    def call(number):
        for n in range(ROUNDS):
            after = (0, 1, 1_000, 100_000, 1_000_000)[(number + n) % 5]
            assert leave(client, path, after, reset=bool(n % 2)) == after

    with ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(call, range(CALLERS)))

    def left():
        return [name for name in open_files(process) if own in name]

    assert until(lambda: not left(), 10), left()
    # Sockets: one that listens, the client's, and those to the database.
    assert until(
        lambda: (
            sum("socket:" in name for name in open_files(process))
            <= len(sessions(migrated_database)) + 6
        )
    ), open_files(process)
    assert until(lambda: set(sessions(migrated_database)) <= {"idle"})
    # Each connection of the pools can be lent: more callers than connections, all answered at once.
    gate = threading.Barrier(2 * POOL)

    def ask(_):
        gate.wait()
        return client.get("v1/orders", params={"limit": 1}).status_code

    began = time.monotonic()
    with ThreadPoolExecutor(2 * POOL) as callers:
        assert set(callers.map(ask, range(2 * POOL))) == {200}
    assert time.monotonic() - began < 20  # a lost connection is waited for 30 s
    assert len(client.get(f"v1/exports/{own}/data").content) == size


# N-08
def test_a_job_goes_on_when_whoever_asked_for_it_leaves(served, migrated_database):
    _, client, _ = served
    at = urlsplit(str(client.base_url))
    body = b'{"kind": "events", "format": "csv", "reason": "gone with the answer"}'
    head = (
        f"POST /v1/exports HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Type: application/json\r\n"
        f"Authorization: {client.headers['authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((at.hostname, at.port)) as caller:
        caller.sendall(head.encode() + body)
        assert caller.recv(1) == b"H"
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    jobs = []
    while ("csv", "done") not in jobs:
        assert ("csv", "failed") not in jobs
        time.sleep(0.2)  # no more often than a token may ask
        items = client.get("v1/exports").json()["items"]
        jobs = [(one["format"], one["state"]) for one in items]
    assert until(lambda: set(sessions(migrated_database)) <= {"idle"})
