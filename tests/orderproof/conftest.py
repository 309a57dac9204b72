"""The command line, called as `main` calls it, without the cost of a new interpreter."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest

from orderproof import cli, postgres
from tests.orderproof.worker_process import Worker


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def orderproof(capsys, monkeypatch):
    """Run a command and return its exit code and what it printed."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["orderproof", *map(str, arguments)])
        capsys.readouterr()
        code = cli.run()
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return run


@pytest.fixture
def data(tmp_path, orderproof, migrated_database, monkeypatch):
    """A data folder on the test server's database, which saves a start of PostgreSQL a command."""
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(migrated_database))
    folder = tmp_path / "data folder"
    assert orderproof("init", "--data", folder).code == 0
    return folder


@pytest.fixture
def address(bucket, s3, monkeypatch):
    """The address of an empty archive in a bucket, which the environment leads to."""
    monkeypatch.setenv("ORDERPROOF_S3_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.credentials.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.credentials.secret)
    monkeypatch.setenv("ORDERPROOF_ARCHIVE_URL", bucket.place.address)
    return bucket.place.address


@pytest.fixture
def serving(data):
    """Start a service, and end it with SIGTERM."""
    started = []

    def run():
        command = [sys.executable, "-m", "orderproof", "serve", "--port", "0", "--json"]
        process = subprocess.Popen(
            [*command, "--data", str(data)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ),
        )  # fmt: skip
        started.append(process)
        lines = [process.stdout.readline() for _ in range(3)]
        return process, json.loads(b"".join(lines))["url"]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def worker(data, tmp_path):
    workers = []

    def start(role="project"):
        workers.append(Worker(data, role, tmp_path / f"worker-{len(workers)}.txt"))
        return workers[-1]

    yield start
    for each in workers:
        if each.process.poll() is None:
            each.end(signal.SIGKILL)


@pytest.fixture
def record(data, orderproof, tmp_path):
    """Record CloudEvents, all of which are taken."""

    def run(*told):
        file = tmp_path / "events.jsonl"
        file.write_text("".join(json.dumps(each) + "\n" for each in told))
        done = orderproof("record", file, "--data", data, "--json")
        assert done.code == 0, done.out

    return run


@pytest.fixture
def desk(data, orderproof):
    def run(*arguments):
        return orderproof("desk", *arguments, "--data", data)

    return run
