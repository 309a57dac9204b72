"""C-10: the server of a URL is away as a command starts. And it goes away under an import."""

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from multiprocessing.connection import Connection as Pipe

import msgspec
import pytest
from psycopg2.extensions import make_dsn

from eventstore.connection import connect, transaction
from orderproof import import_pool, postgres, worker_process
from orderproof.errors import CommandError
from tests.faults.blocking import terminate, until
from tests.faults.invariants import check_log

COMMAND = [sys.executable, "-m", "orderproof"]
NOBODY = "postgresql+psycopg2://nobody@127.0.0.1:1/nowhere"


@pytest.fixture
def environment(monkeypatch):
    return lambda **values: {**os.environ, **values}


def test_a_command_waits_for_a_server_that_comes_up_late(
    server_folder, programs, environment, tmp_path
):
    # C-10
    start = lambda: postgres.running(  # noqa: E731
        server_folder / "pg", server_folder / "password", programs, {"fsync": "off"}
    )
    with start() as dsn:
        url = postgres.sqlalchemy_url(dsn)  # its socket, wherever it runs
    said = tmp_path / "said"
    with said.open("w") as errors:
        process = subprocess.Popen(
            [*COMMAND, "init", "--data", str(tmp_path / "data"), "--json"],
            stdout=subprocess.PIPE, stderr=errors, text=True,
            env=environment(ORDERPROOF_DATABASE_URL=url, ORDERPROOF_DATABASE_WAIT="60"),
        )  # fmt: skip
    try:
        until(lambda: "waiting for it up to 60 s" in said.read_text())
        with start():
            out, _ = process.communicate(timeout=60)
    finally:
        process.kill()

    assert process.returncode == 0, said.read_text()
    assert json.loads(out)
    assert said.read_text().count("\n") == 1


def test_a_command_gives_a_server_up_with_the_next_step(data, orderproof, monkeypatch):
    # C-10
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", NOBODY)
    monkeypatch.setenv("ORDERPROOF_DATABASE_WAIT", "0.2")

    done = orderproof("order", "de/1", "--data", data)

    assert done.code == 5
    waiting, given_up = done.err.splitlines()
    assert waiting == "the database does not answer; waiting for it up to 0.2 s"
    assert "did not answer within 0.2 s. Next: start it" in given_up


@pytest.mark.parametrize("wrong", [{"dbname": "no_such_database"}, {"user": "no_such_user"}])
def test_a_server_that_refuses_the_login_is_not_waited_for(
    data, orderproof, monkeypatch, migrated_database, wrong
):
    url = postgres.sqlalchemy_url(make_dsn(migrated_database, **wrong))
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", url)

    done = orderproof("order", "de/1", "--data", data)

    assert done.code == 5
    assert "waiting" not in done.err
    assert "refuses the connection. Next: check the user" in done.err
    assert "no_such" not in done.err


@pytest.mark.parametrize("value", ["-1", "3601", "soon"])
def test_a_wait_that_cannot_be_meant_is_refused(data, orderproof, monkeypatch, value):
    monkeypatch.setenv("ORDERPROOF_DATABASE_WAIT", value)

    assert orderproof("order", "de/1", "--data", data).code == 2


@pytest.fixture
def large_file(tmp_path):
    """Enough for the worker processes of an import."""
    file = tmp_path / "large.jsonl"
    with file.open("w") as out:
        for n in range(20_000):
            event = {
                "specversion": "1.0", "id": f"e{n}", "source": "/shop", "type": "order.closed",
                "subject": f"de/{n % 500}", "time": "2025-03-03T09:00:00Z",
                "data": {"outcome": "x" * 150},
            }  # fmt: skip
            out.write(json.dumps(event) + "\n")
    return file


@pytest.mark.parametrize("at", [1, 9_000])
def test_an_import_whose_database_goes_away_says_so_and_the_next_run_goes_on(
    data, orderproof, migrated_database, large_file, environment, at
):
    arguments = ["import", str(large_file), "--data", str(data), "--json"]
    with ExitStack() as stack:
        watching = stack.enter_context(connect(migrated_database))
        process = subprocess.Popen(
            [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        stack.callback(process.kill)
        until(lambda: process.poll() is not None or position(watching) >= at)
        watching.close()
        assert terminate(migrated_database, "true") >= 2
        out, errors = process.communicate(timeout=60)

    assert process.returncode == 5, errors
    assert "database cannot be reached or went away" in json.loads(out)["error"]
    assert "run the same command again" in json.loads(out)["error"]
    assert "Traceback" not in errors

    done = orderproof(*arguments)

    assert (done.code, done.json["read"]) == (0, 20_000)
    assert done.json["recorded"] + done.json["duplicates"] == 20_000
    assert done.json["duplicates"] >= at - 1
    with connect(migrated_database) as connection:
        assert check_log(connection) == 20_000


def position(connection):
    with transaction(connection) as cursor:
        cursor.execute("SELECT position FROM log_head")
        return cursor.fetchone()[0]


def test_a_worker_that_failed_before_it_was_spoken_to_is_heard():
    ours, theirs = socket.socketpair()
    with Pipe(theirs.detach()) as worker:
        worker.send_bytes(msgspec.msgpack.encode(worker_process.Failed("the reason", 5)))
    process = subprocess.Popen([sys.executable, "-c", ""])
    seen = worker_process.Worker(process, Pipe(ours.detach()), "the import")

    with pytest.raises(CommandError, match="the reason"):
        seen.send(import_pool._Setup("", b""))

    seen.stop()
