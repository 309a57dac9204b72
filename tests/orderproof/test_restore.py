"""The event store again, from an archive alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archive import contents
from archive.verify.files import Folder
from eventstore.connection import connect, transaction
from orderproof import postgres
from tests.faults.invariants import check_log

CASES = Path(__file__).parents[1] / "data" / "claim_cases"
ORIGIN = "proof.example.org/shop"
CUSTOMER = "k16@example.org"
KILLED_BEFORE_THE_COMMIT = """
import os, signal, sys
from eventstore import refilling
refilling._refuse_other = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from orderproof import cli
sys.argv = ["orderproof", *sys.argv[1:]]
sys.exit(cli.run())
"""

KILLED_BEFORE_PUBLISHING = """
import os, signal, sys
from archive import archiver
archiver.write_open_lines = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
from orderproof import cli
sys.argv = ["orderproof", *sys.argv[1:]]
sys.exit(cli.run())
"""


@pytest.fixture(params=["per-order", "pack"])
def archived(data, orderproof, request, monkeypatch):
    """An archive with histories, a second revision and open lines."""
    monkeypatch.setenv("ORDERPROOF_LAYOUT", request.param)
    record(orderproof, data, CASES / "events.jsonl")
    assert orderproof("archive", "--all", "--data", data).code == 0
    late = data.parent / "late.jsonl"
    late.write_text(event("late-1", "example/C07") + event("late-2", "example/C08"))
    record(orderproof, data, late)
    assert orderproof("archive", "--all", "--data", data).code == 0
    late.write_text(event("late-3", "example/C07") + event("new-1", "example/NEW"))
    record(orderproof, data, late)
    assert orderproof("archive", "--closed-before", "2001-01-01", "--data", data).code == 0
    return data / "archive"


@pytest.fixture
def other(data, archived, orderproof, monkeypatch, tmp_path, other_database):
    """A new data folder beside an empty database, with the keys and the name of the old one."""
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(other_database))
    folder = tmp_path / "other"
    folder.mkdir()
    shutil.copytree(data / "keys", folder / "keys")
    shutil.copy(data / "settings.toml", folder / "settings.toml")
    return folder


def record(orderproof, data, file):
    assert orderproof("import", file, "--data", data).code == 0


def event(id, subject):
    data = {"refund_id": "r1", "amount": 100, "currency": "EUR", "reason_code": "late"}
    return (
        json.dumps(
            {
                "specversion": "1.0", "id": id, "source": "/example", "type": "refund.requested",
                "subject": subject, "time": "2025-05-01T09:00:00Z", "data": data,
            }
        )
        + "\n"
    )  # fmt: skip


def interrupt_a_run(orderproof, data):
    """Archive once more, and be killed before the run is published."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_PUBLISHING, "archive", "--all", "--data", data],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL


def rows(dsn, upto):
    """All of the log up to a position, as the tables hold it."""
    with connect(dsn) as connection, transaction(connection) as cursor:
        cursor.execute(
            "SELECT position, stream_id::text, stream, version, type, recorded_at::text,"
            " encode(prev, 'hex'), encode(hash, 'hex'), encode(body, 'hex') FROM events"
            " WHERE position <= %s ORDER BY position",
            (upto,),
        )
        events = cursor.fetchall()
        cursor.execute("SELECT * FROM event_ids WHERE position <= %s ORDER BY position", (upto,))
        return events, cursor.fetchall()


#
def test_a_restored_store_is_the_one_that_was_archived(
    other, archived, orderproof, migrated_database, other_database
):
    done = orderproof("restore", "--from-archive", archived, "--data", other, "--json")

    assert done.code == 0, done.err
    size = done.json["size"]
    assert (done.json["events"], done.json["continues"]) == (size, True)
    assert rows(other_database, size) == rows(migrated_database, size)  # I5
    with connect(other_database) as connection:
        assert check_log(connection) == size  # I1 to I3
    assert orderproof("projection", "diff", "--data", other).code == 0  # I4


def test_a_restored_store_answers_and_its_log_goes_on(
    other, data, archived, orderproof, monkeypatch, migrated_database
):
    here = os.environ["ORDERPROOF_DATABASE_URL"]
    assert orderproof("restore", "--from-archive", archived, "--data", other).code == 0
    answers = [orderproof("claim", "C07", "--data", other, "--json").json]
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(migrated_database))
    answers.append(orderproof("claim", "C07", "--data", data, "--json").json)
    for answer in answers:
        del answer["seconds"], answer["integrity"]
    assert answers[0] == answers[1]

    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", here)
    shutil.copytree(archived, other / "archive")
    assert orderproof("archive", "--all", "--data", other, "--json").json["run"]["histories"] > 0
    verified = orderproof(
        "verify", other / "archive", "--checkpoint", archived / "log" / "checkpoint", "--json"
    )
    assert verified.json["verdict"] == "intact"


def test_personal_data_is_read_again_with_the_keys_of_the_old_store(
    other, data, archived, orderproof, monkeypatch, migrated_database, tmp_path
):
    here = os.environ["ORDERPROOF_DATABASE_URL"]
    bundle = tmp_path / "keys.jsonl"
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(migrated_database))
    assert orderproof("export", "keys", "--out", bundle, "--by", "op", "--data", data).code == 0
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", here)
    restore = ["restore", "--from-archive", archived, "--data", other, "--json"]
    assert orderproof(*restore).json["keys"] == 0
    assert orderproof("order", CUSTOMER, "--data", other).code != 0

    done = orderproof(*restore, "--keys", bundle)

    assert (done.code, done.json["keys"]) == (0, len(bundle.read_text().splitlines()))
    assert orderproof("order", CUSTOMER, "--data", other, "--json").json["order"] == "C07"
    assert orderproof("projection", "diff", "--data", other).code == 0


def test_what_is_no_bundle_of_keys_is_refused(other, archived, orderproof, tmp_path):
    bundle = tmp_path / "keys.jsonl"
    bundle.write_text('{"key":"secret"}\n')

    done = orderproof("restore", "--from-archive", archived, "--data", other, "--keys", bundle)

    assert done.code == 2
    assert "secret" not in done.err


#
def test_restoring_twice_changes_nothing(other, archived, orderproof, other_database):
    assert orderproof("restore", "--from-archive", archived, "--data", other).code == 0
    before = rows(other_database, 10**9)

    again = orderproof("restore", "--from-archive", archived, "--data", other, "--json")

    assert (again.code, again.json["events"]) == (0, 0)
    assert rows(other_database, 10**9) == before


#
def test_a_store_that_holds_other_events_is_refused_and_left_alone(
    other, archived, orderproof, tmp_path, other_database
):
    file = tmp_path / "one.jsonl"
    file.write_text(event("x", "example/OTHER"))
    record(orderproof, other, file)
    before = rows(other_database, 10**9)

    refused = orderproof("restore", "--from-archive", archived, "--data", other, "--json")

    assert refused.code == 8
    assert "empty database" in refused.json["error"]
    assert rows(other_database, 10**9) == before


def test_an_archive_that_is_not_intact_is_not_restored(other, archived, orderproof, other_database):
    for file in [*archived.glob("orders/example/*/C10_*"), *archived.glob("packs/*/*")]:
        file.unlink()

    refused = orderproof("restore", "--from-archive", archived, "--data", other, "--json")

    assert (refused.code, refused.json["verdict"]) == (4, "incomplete")
    assert rows(other_database, 10**9) == ([], [])


def test_a_kill_before_the_commit_leaves_an_empty_store(
    other, archived, orderproof, other_database
):
    command = [sys.executable, "-c", KILLED_BEFORE_THE_COMMIT, "restore", "--data", other]
    killed = subprocess.run([*command, "--from-archive", archived], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert rows(other_database, 10**9) == ([], [])
    assert orderproof("restore", "--from-archive", archived, "--data", other).code == 0


def test_under_another_name_the_first_event_names_the_old_log(
    data, archived, orderproof, monkeypatch, tmp_path, other_database
):
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(other_database))
    monkeypatch.setenv("ORDERPROOF_ORIGIN", ORIGIN)
    folder = tmp_path / "new"
    assert orderproof("init", "--data", folder).code == 0
    for _ in range(2):
        done = orderproof("restore", "--from-archive", archived, "--data", folder, "--json")
        assert (done.code, done.json["continues"]) == (0, False)

    said = contents.newest_checkpoint(Folder(archived))
    events, _ = rows(other_database, 10**9)
    named = [json.loads(bytes.fromhex(row[8])) for row in events[said.size :]]
    assert [each["data"] for each in named] == [
        {"from": said.origin, "log_size": said.size, "root": said.root.hex()}
    ]
    # Its archive holds everything once more, proved under the new name.
    assert orderproof("archive", "--all", "--data", folder).code == 0
    verified = orderproof("verify", folder / "archive", "--json")
    assert verified.json["verdict"] == "intact"
    assert verified.json["checked"]["size"] > said.size
    claim = orderproof("claim", "C07", "--from-archive", folder / "archive", "--json")
    assert claim.json["integrity"]["verdict"] == "intact"


@pytest.mark.parametrize("archived", ["per-order"], indirect=True)
@pytest.mark.parametrize("old_keyring", [True, False])
def test_a_data_folder_of_the_old_name_gets_a_keyring_for_the_new_one(
    other, data, archived, orderproof, monkeypatch, old_keyring
):
    if old_keyring:
        shutil.copytree(data / "trust", other / "trust")
    monkeypatch.setenv("ORDERPROOF_ORIGIN", ORIGIN)

    restored = orderproof("restore", "--from-archive", archived, "--data", other)
    refused = orderproof("archive", "--all", "--data", other)

    assert "Next: orderproof key new --role log" in restored.out
    assert refused.code == 5
    assert "orderproof key new --role log" in refused.err
    made = orderproof("key", "new", "--role", "log", "--data", other)
    assert made.code == 0, made.err
    assert f"The log          {ORIGIN}" in made.out
    assert (other / "trust.before.1").exists() is old_keyring
    again = orderproof("key", "new", "--role", "log", "--data", other)
    assert again.code == 2
    assert "orderproof key rotate" in again.err
    assert orderproof("archive", "--all", "--data", other).code == 0
    assert orderproof("verify", other / "archive", "--json").json["verdict"] == "intact"
    kept = orderproof("key", "new", "--role", "log", "--data", other)
    assert "has a keyring already" in kept.err


def test_after_an_interrupted_run_only_another_name_may_go_on(
    other, archived, data, orderproof, monkeypatch, migrated_database, tmp_path, other_database
):
    here = os.environ["ORDERPROOF_DATABASE_URL"]
    before = (archived / "log" / "checkpoint").read_bytes()
    said = contents.newest_checkpoint(Folder(archived))
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(migrated_database))
    interrupt_a_run(orderproof, data)
    assert (archived / "log" / "checkpoint").read_bytes() == before
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", here)

    refused = orderproof("restore", "--from-archive", archived, "--data", other, "--json")

    assert refused.code == 8
    assert "would fork its log" in refused.json["error"]
    assert rows(other_database, 10**9) == ([], [])
    monkeypatch.setenv("ORDERPROOF_ORIGIN", ORIGIN)
    done = orderproof("restore", "--from-archive", archived, "--data", other, "--json")
    assert done.code == 0, done.err
    assert (done.json["size"], done.json["continues"]) == (said.size, False)


def test_another_name_needs_an_archive_of_its_own(
    data, archived, orderproof, monkeypatch, tmp_path, other_database
):
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(other_database))
    monkeypatch.setenv("ORDERPROOF_ORIGIN", ORIGIN)
    monkeypatch.setenv("ORDERPROOF_ARCHIVE_URL", archived.as_uri())
    folder = tmp_path / "new"
    assert orderproof("init", "--data", folder).code == 0

    refused = orderproof("restore", "--from-archive", archived, "--data", folder)

    assert refused.code == 8
    assert "ORDERPROOF_ARCHIVE_URL" in refused.err


def test_a_checkpoint_that_is_newer_than_the_archive_is_seen(
    other, archived, data, orderproof, monkeypatch, migrated_database, tmp_path, other_database
):
    old = tmp_path / "old archive"
    shutil.copytree(archived, old)
    here = os.environ["ORDERPROOF_DATABASE_URL"]
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(migrated_database))
    assert orderproof("archive", "--all", "--data", data).code == 0
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", here)
    kept = archived / "log" / "checkpoint"

    refused = orderproof(
        "restore", "--from-archive", old, "--checkpoint", kept, "--data", other, "--json"
    )

    assert (refused.code, refused.json["findings"][0]["code"]) == (4, "LOG_ROLLED_BACK")
    assert rows(other_database, 10**9) == ([], [])
