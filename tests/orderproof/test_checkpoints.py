"""Showing, publishing and comparing checkpoints, and a database that was set back."""

import gzip
import hashlib
import json
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, parse_dsn

from archive import checkpoint, merkle, note
from orderproof import postgres
from tests.archive.authority import serving


def event(number, data):
    return {
        "specversion": "1.0", "id": f"e{number}", "source": "/test", "type": "order.placed",
        "subject": f"de/{number}", "time": "2025-03-03T09:00:00Z", "data": data,
    }  # fmt: skip


@pytest.fixture
def record(data, orderproof, tmp_path):
    def record(*numbers):
        file = tmp_path / "events.json"
        events = [event(number, {"total": 1, "currency": "EUR"}) for number in numbers]
        file.write_text(json.dumps(events))
        assert orderproof("record", file, "--data", data).code == 0

    return record


@pytest.fixture
def archived(data, orderproof, record):
    """Record an order and archive everything; returns the size of the log."""

    def archived(number):
        record(number)
        done = orderproof("archive", "--all", "--data", data, "--json")
        assert done.code == 0
        return done.json["run"]["size"]

    return archived


@pytest.fixture
def copy(data, migrated_database, monkeypatch):
    """Copy the database as it is; what is returned sets the installation back to the copy."""
    name = parse_dsn(migrated_database)["dbname"]
    other = f"{name}_copy"
    _administer(migrated_database, f"CREATE DATABASE {other} TEMPLATE {name}")

    def set_back():
        dsn = psycopg2.extensions.make_dsn(migrated_database, dbname=other)
        monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(dsn))

    yield set_back
    _administer(migrated_database, f"DROP DATABASE {other} WITH (FORCE)")


def _administer(dsn, statement):
    connection = psycopg2.connect(psycopg2.extensions.make_dsn(dsn, dbname="postgres"))
    try:
        connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        connection.cursor().execute(statement)
    finally:
        connection.close()


def test_the_newest_checkpoint_is_shown_to_be_read_aloud(data, orderproof, archived):
    size = archived(1)

    shown = orderproof("checkpoint", "show", "--data", data, "--json").json
    text = orderproof("checkpoint", "show", "--data", data).out

    note_text = note.parse(shown["note"].encode()).text
    assert shown["size"] == size
    assert shown["note"].encode() == (data / "archive" / "log" / "checkpoint").read_bytes()
    assert shown["fingerprint"] == hashlib.sha256(note_text.encode()).hexdigest()
    rows = text.splitlines()[-4:]
    assert "".join(rows).replace(" ", "") == shown["fingerprint"]


def test_before_the_first_run_there_is_none(data, orderproof):
    for verb in ("show", "compare"):
        done = orderproof("checkpoint", verb, "--data", data, "--json")
        assert (done.code, "nothing is archived yet" in done.json["error"]) == (6, True)


def test_what_is_published_proves_that_the_log_only_grew(data, orderproof, archived, tmp_path):
    website = tmp_path / "website"
    website.mkdir()
    first = archived(1)
    orderproof("checkpoint", "publish", website, "--data", data)
    second = archived(2)
    done = orderproof("checkpoint", "publish", website, "--data", data, "--json").json

    names = [f"checkpoint-{second}.txt", f"consistency-{first}-{second}.txt"]
    assert [Path(each).name for each in done["written"]] == names
    head, _, signed = (website / names[1]).read_bytes().partition(b"\n\n")
    old, *lines = head.decode().split("\n")
    assert old == f"old {first}"
    assert signed == (website / names[0]).read_bytes()
    before = said(website / f"checkpoint-{first}.txt")
    after = said(website / names[0])
    path = [note.strict_base64.decode(line) for line in lines]
    assert merkle.verify_consistency(first, second, path, before.root, after.root)


def said(file):
    return checkpoint.parse(note.parse(file.read_bytes()).text)


def test_a_kept_checkpoint_is_found_again(data, orderproof, archived, tmp_path):
    archived(1)
    kept = tmp_path / "kept.txt"
    orderproof("checkpoint", "publish", kept, "--data", data)
    archived(2)

    done = orderproof("checkpoint", "compare", kept, "--data", data)
    with serving(lambda *_: (200, {}, kept.read_bytes())) as url:
        over_http = orderproof("checkpoint", "compare", url, "--data", data, "--json")

    assert (done.code, done.out.count("live log and archive contain it")) == (0, 2)
    assert over_http.code == 0
    assert [each["problem"] for each in over_http.json["compared"]] == ["", ""]


def test_a_database_older_than_the_last_checkpoint_is_shouted_about(
    data, orderproof, archived, record, tmp_path, request
):
    archived(1)
    set_back = request.getfixturevalue("copy")
    newest = archived(2)
    kept = tmp_path / "kept.txt"
    orderproof("checkpoint", "publish", kept, "--data", data)
    before = orderproof("checkpoint", "compare", kept, "--data", data)
    set_back()

    after = orderproof("checkpoint", "compare", kept, "--data", data)

    assert before.code == 0
    assert after.code == 3
    assert f"HISTORY WAS REWOUND: the log was signed at size {newest}" in after.out
    assert "Next: " in after.out
    for number in range(3, 12):  # and it shouts when the log has grown beyond again
        record(number)
    grown = orderproof("checkpoint", "compare", kept, "--data", data)
    assert grown.code == 3
    assert "HISTORY WAS REWRITTEN" in grown.out


def test_an_archive_that_was_set_back_is_shouted_about(data, orderproof, archived, tmp_path):
    archived(1)
    log = data / "archive" / "log"
    old = (log / "checkpoint").read_bytes()
    newest = archived(2)
    kept = tmp_path / "kept.txt"
    orderproof("checkpoint", "publish", kept, "--data", data)
    (log / "checkpoint").unlink()
    (log / "checkpoint").write_bytes(old)

    done = orderproof("checkpoint", "compare", kept, "--data", data)

    assert done.code == 3
    assert f"THE ARCHIVE WAS SET BACK: the log was signed at size {newest}" in done.out


@pytest.mark.parametrize("change", [b"x", b"", "signature"])
def test_what_the_log_did_not_sign_accuses_nobody(data, orderproof, archived, tmp_path, change):
    archived(1)
    kept = tmp_path / "kept.txt"
    orderproof("checkpoint", "publish", kept, "--data", data)
    whole = kept.read_bytes()
    kept.write_bytes(whole.replace(b"\n", b"\nother/", 1) if change == "signature" else change)

    done = orderproof("checkpoint", "compare", kept, "--data", data, "--json")

    assert done.code == 5
    assert not any(each["rewound"] for each in done.json["compared"])


@pytest.mark.parametrize("answer", [(404, {}, b""), (302, {"Location": "/"}, b""), (200, {}, b"")])
def test_an_address_without_a_checkpoint_cannot_tell(data, orderproof, archived, answer):
    archived(1)
    with serving(lambda *_: answer) as url:
        done = orderproof("checkpoint", "compare", url, "--data", data)

    assert done.code == 5


def test_archiving_records_a_heartbeat(data, orderproof):
    run = orderproof("archive", "--data", data, "--json").json["run"]

    (history,) = (data / "archive").glob("system/archive_*_r1.jsonl.gz")
    assert run["size"] == 3, "heartbeat, seal, run"
    assert b'"type":"archive.heartbeat"' in gzip.decompress(history.read_bytes())
