"""C-01, C-02, C-03: a process that records is killed, at random and at the worst moments."""

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from eventstore.connection import connect, transaction
from tests.faults.blocking import Held, until, waiting_for_a_lock
from tests.faults.facts import fact
from tests.faults.invariants import check, check_acknowledged, check_log
from tests.faults.recorder_client import Client


def some_facts(draw, n):
    """Return one call's facts: new ones, and at times one that many calls have."""
    facts = [
        fact(f"{n}/{m}", draw.randrange(12), personal=draw.random() < 0.3)
        for m in range(draw.choice([1, 1, 1, 2, 5]))
    ]
    if draw.random() < 0.2:
        facts.append(fact(f"shared/{n % 7}", n % 7))
    return facts


def kills(dsn, rounds, deadline=None):
    """Kill recorders at random moments; return how many kills left calls without an answer."""
    seed = random.randrange(2**32)
    print("seed", seed)
    draw = random.Random(seed)
    client = Client(dsn)
    done = interrupted = 0
    while done < rounds and (deadline is None or time.monotonic() < deadline):
        client.start()
        for n in range(60):
            client.send(some_facts(draw, 1_000 * done + n))
        target = len(client.told) + draw.randrange(60)
        client.wait(lambda target=target: len(client.told) >= target)
        time.sleep(draw.random() / 300)
        client.end(signal.SIGKILL)
        done += 1
        interrupted += bool(client.open)
        with connect(dsn) as connection:
            check_log(connection)
            check_acknowledged(connection, client.told)
    client.start()
    assert client.end() == 0
    assert not client.open
    assert not client.refused
    check(dsn, client.told)
    return done, interrupted


def test_a_recorder_killed_anywhere_loses_nothing_and_doubles_nothing(migrated_database):
    # C-01, short
    done, interrupted = kills(migrated_database, 6)

    assert done == 6
    assert interrupted >= 3


@pytest.mark.faults
def test_two_hundred_kills_of_a_recorder_as_far_as_the_time_goes(migrated_database, fault_seconds):
    # C-01
    done, interrupted = kills(migrated_database, 200, time.monotonic() + fault_seconds)

    sys.stderr.write(f"\n{done} of 200 kills of a recorder, {interrupted} with open calls\n")
    assert done >= 3
    assert interrupted * 2 >= done


def test_a_recorder_killed_between_commit_and_answer_answers_the_retry_as_it_would_have(
    migrated_database,
):
    # C-02
    client = Client(migrated_database)
    client.start()
    client.send([fact("before")])
    client.send([fact("a", 2, personal=True), fact("b", 2)], keep=True)
    until(lambda: position(migrated_database) == 3)
    client.end(signal.SIGKILL)
    with connect(migrated_database) as connection, transaction(connection) as cursor:
        cursor.execute(
            "SELECT k.source, k.id, e.position, e.version FROM events e"
            " JOIN event_ids k USING (position) WHERE e.stream = 'order/de/2'"
        )
        stored = cursor.fetchall()

    client.start()
    assert client.end() == 0

    assert set(stored) <= set(map(tuple, client.told))
    assert check(migrated_database, client.told) == 3


def test_the_verb_killed_between_commit_and_answer_answers_the_retry_as_it_would_have(
    data, orderproof, migrated_database, tmp_path
):
    # C-02: nobody reads the answer, so the command stands still after its commit.
    file = tmp_path / "event.json"
    event = {
        "specversion": "1.0", "id": "a", "source": "/shop", "type": "order.closed",
        "subject": "de/1", "time": "2025-03-03T09:00:00Z", "data": {"outcome": "done"},
    }  # fmt: skip
    file.write_text(json.dumps(event))
    arguments = ["record", str(file), "--data", str(data), "--json"]
    read, write = full_pipe()
    process = subprocess.Popen([sys.executable, "-m", "orderproof", *arguments], stdout=write)
    os.close(write)
    until(lambda: position(migrated_database) == 1)
    process.kill()
    assert process.wait(60) == -signal.SIGKILL
    os.close(read)

    done = orderproof(*arguments)

    [answer] = done.json["events"]
    assert (done.code, answer["result"]) == (0, "duplicate")
    assert (answer["position"], answer["version"]) == (1, 1)
    with connect(migrated_database) as connection:
        assert check_log(connection) == 1


def full_pipe():
    read, write = os.pipe()
    os.set_blocking(write, False)
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    try:
        while True:
            os.write(write, b"x" * 512)
    except BlockingIOError:
        os.set_blocking(write, True)
        return read, write


def test_a_recorder_killed_in_mid_batch_leaves_no_number_out_and_uses_none_twice(
    migrated_database,
):
    # C-03: its call is in the database and waits for the lock as it dies; others wait behind it.
    client = Client(migrated_database)
    client.start()
    with Held(migrated_database):
        for n in range(16):
            client.send([fact(f"e{n}", n % 3), fact(f"all-{n % 2}", n % 2)])
        until(lambda: waiting_for_a_lock(migrated_database))
        client.end(signal.SIGKILL)
    assert len(client.open) == 16

    client.start()
    assert client.end() == 0

    assert len(client.told) == 32
    assert check(migrated_database, client.told) == 18


def position(dsn):
    with connect(dsn) as connection, transaction(connection) as cursor:
        cursor.execute("SELECT position FROM log_head")
        return cursor.fetchone()[0]
