"""`orderproof export subject`, end to end."""

import hashlib
import json
import re

import pytest

from eventstore import log
from eventstore.connection import connect
from tests.orderproof.erase_scene import DECISION, MAX, ZOE, event, lines, story


@pytest.fixture
def recorded(data, orderproof, tmp_path):
    file = tmp_path / "events.jsonl"
    gift = event("de/2", "gift", "order.recipient_contact_changed", {"after": MAX})
    file.write_text(lines([*story(), gift]))
    assert orderproof("import", file, "--data", data).code == 0
    return data


@pytest.fixture
def export(recorded, orderproof, tmp_path):
    def export(subject, *options, out=tmp_path / "out"):
        flags = ("--out", out, "--by", "staff-1", "--data", recorded)
        return orderproof("export", "subject", subject, *flags, *options)

    return export


def test_everything_of_the_person_is_written_in_the_clear_and_nothing_of_others_orders(
    export, tmp_path
):
    done = export(ZOE["email"], "--json")

    rows = [json.loads(row) for row in (tmp_path / "out" / "events.jsonl").read_text().splitlines()]
    assert done.code == 0, done.err
    assert {(row["shop"], row["order"]) for row in rows} == {("de", "1"), ("de", "2"), ("de", "3")}
    assert rows[0]["data"]["buyer"] == ZOE
    assert [row["data"]["body"] for row in rows if row["type"] == "message.received"] == [
        "a canary note"
    ]
    assert done.json["events"] == len(rows) == 6
    summary = (tmp_path / "out" / "summary.txt").read_text()
    assert ZOE["name"] in summary
    assert "order.placed" in summary


def test_events_that_name_somebody_else_are_named(export, tmp_path):
    done = export("de/1", "--json")

    assert [(o["order"], o["type"]) for o in done.json["others"]] == [
        ("de/2", "order.recipient_contact_changed")
    ]
    assert "somebody else" in export("de/1", out=tmp_path / "again").out


def test_the_manifest_has_the_digest_of_every_file_and_only_the_owner_can_read_them(
    export, tmp_path
):
    done = export(ZOE["email"], "--json")

    folder = tmp_path / "out"
    manifest = (folder / "manifest.json").read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == done.json["manifest_sha256"]
    listed = json.loads(manifest)["files"]
    assert {n: f["sha256"] for n, f in listed.items()} == {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
        if file.name != "manifest.json"
    }
    modes = [path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())]
    assert modes == [0o700, 0o600, 0o600, 0o600]


def test_that_it_was_handed_out_is_recorded_and_not_whose_it_was(
    export, recorded, migrated_database
):
    done = export(ZOE["email"], "--json")

    with connect(migrated_database) as connection:
        [line] = [
            line
            for line in log.lines(connection, 0, log.size(connection))
            if line.stream.startswith("system/access/")
        ]
    said = line.encode().decode()
    assert line.type == "export.produced"
    assert json.loads(said)["event"]["data"]["manifest_sha256"] == done.json["manifest_sha256"]
    assert "staff-1" in said
    assert not re.search(r"canary|5550|example\.org|C-1|de/1", said, re.IGNORECASE)


def test_what_is_there_is_not_overwritten(export, tmp_path):
    (tmp_path / "out").mkdir()

    assert export(ZOE["email"]).code == 2
    assert list((tmp_path / "out").iterdir()) == []


def test_after_an_erasure_only_what_is_left_is_handed_out(export, recorded, orderproof, tmp_path):
    orderproof("erase", "de/3", *DECISION, "--yes", "--data", recorded)

    done = export("de/3", "--json")

    text = (tmp_path / "out" / "events.jsonl").read_text()
    assert done.code == 0
    assert "canary" not in text.casefold()
    assert '"erased": ["contact"]' in text


def test_nobody_known_is_not_found(export, tmp_path):
    assert export("nobody@example.org").code == 6
    assert not (tmp_path / "out").exists()
