"""Making a data folder, also when something goes wrong in the middle of it."""

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import closing

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from orderproof import key_files, migrations, postgres


@pytest.mark.parametrize(
    "name", ["log-ed25519.pem", "log-mldsa44.pem", "tag.key", "personal-data.key"]
)
def test_a_lost_key_is_never_replaced_by_a_new_one(data, orderproof, name):
    (data / "keys" / name).unlink()

    done = orderproof("init", "--data", data)

    assert done.code == 5
    assert name in done.err
    assert not (data / "keys" / name).exists()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_keep_every_text_is_refused_untouched(
    server, tmp_path, orderproof, monkeypatch, encoding
):
    connection = psycopg2.connect(server)
    connection.autocommit = True
    name = f"not_utf8_{encoding.lower()}"
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        )
        dsn = make_dsn(server, dbname=name)
        monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(dsn))
        try:
            done = orderproof("init", "--data", tmp_path / "data")
            assert migrations.current(dsn) is None
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")

    assert done.code == 2
    assert encoding in done.err
    assert "UTF8" in done.err


def test_an_init_killed_anywhere_is_finished_by_the_next(tmp_path, orderproof):
    for moment in range(12):
        folder = tmp_path / str(moment)
        process = subprocess.Popen(
            [sys.executable, "-m", "orderproof", "init", "--data", str(folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 30
        # The moments go from before the folder is there to after all files are.
        while time.monotonic() < deadline and process.poll() is None:
            if folder.exists() and sum(1 for _ in folder.rglob("*")) >= moment:
                break
        process.send_signal(signal.SIGKILL)
        process.wait()
        present = {f.name: f.read_bytes() for f in folder.glob("keys/*.key")}

        done = orderproof("init", "--data", folder)

        assert done.code == 0, done.err
        assert {f.name: f.read_bytes() for f in folder.glob("keys/*.key")}.items() >= (
            present.items()
        )


def test_a_secret_left_half_written_is_overwritten(tmp_path):
    (tmp_path / ".tag.key.new").write_bytes(b"half, and longer than what comes after it")

    key_files.write_secret(tmp_path / "tag.key", b"whole")

    assert [file.name for file in tmp_path.iterdir()] == ["tag.key"]
    assert (tmp_path / "tag.key").read_bytes() == b"whole"
    assert (tmp_path / "tag.key").stat().st_mode & 0o777 == 0o600


def test_an_origin_that_cannot_be_used_is_refused_before_anything_is_made(
    tmp_path, orderproof, monkeypatch
):
    monkeypatch.setenv("ORDERPROOF_ORIGIN", "two words")

    done = orderproof("init", "--data", tmp_path / "new")

    assert done.code == 2
    assert "origin" in done.err
    assert not list((tmp_path / "new").iterdir())


def test_the_demo_leaves_an_installation_in_the_environment_alone(tmp_path):
    mine = tmp_path / "mine"
    environment = {
        **os.environ,
        "ORDERPROOF_DATA": str(mine),
        "ORDERPROOF_DATABASE_URL": "postgresql+psycopg2://nobody@127.0.0.1:1/none",
        "ORDERPROOF_ARCHIVE_URL": f"file://{mine}",
    }

    done = subprocess.run(
        [sys.executable, "-m", "orderproof", "demo"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert not mine.exists()


def test_a_reader_that_goes_away_does_not_change_the_exit_code(data):
    words = [sys.executable, "-m", "orderproof", "claim", "nothing", "--data", str(data), "--json"]
    command = shlex.join(words)

    done = subprocess.run(
        ["bash", "-c", f"{command} | true; exit ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 6
    assert done.stderr == ""
