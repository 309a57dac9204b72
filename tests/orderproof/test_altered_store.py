"""Somebody who controls the database changes what was recorded; the archive is out of reach."""

import hashlib
import json
from pathlib import Path

import psycopg2
import pytest

from domain.line import Line, first_prev, line_hash
from eventstore import log
from eventstore.connection import connect

CASES = Path(__file__).parents[1] / "data" / "claim_cases" / "events.jsonl"
STREAM = "order/example/C07"


@pytest.fixture
def archived(data, orderproof):
    assert orderproof("import", CASES, "--data", data).code == 0
    assert orderproof("archive", "--all", "--data", data).code == 0
    return data


@pytest.fixture
def owner(migrated_database):
    """A connection of the tables' owner with the triggers off: the strongest attacker."""
    connection = psycopg2.connect(migrated_database)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield cursor
    connection.close()


def rechain(owner, dsn, old, new):
    """Change one body of the stream, and make every hash behind it fit again."""
    with connect(dsn) as reading:
        lines = log.stream_lines(reading, STREAM)
    prev = first_prev(STREAM)
    for line in lines:
        body = line.body.replace(old, new)
        forged = Line(
            position=line.position, stream=line.stream, version=line.version, type=line.type,
            recorded_at=line.recorded_at, prev=prev, body=body,
        )  # fmt: skip
        digest = line_hash(forged.encode())
        owner.execute(
            "UPDATE events SET body = %s, prev = %s, hash = %s WHERE position = %s",
            (body, bytes.fromhex(prev), digest, line.position),
        )
        prev = digest.hex()
    owner.execute("UPDATE streams SET head = decode(%s, 'hex') WHERE stream = %s", (prev, STREAM))


def test_a_claim_sees_that_an_archived_event_was_changed_and_chained_again(
    archived, orderproof, owner, migrated_database
):
    rechain(owner, migrated_database, b"expired_or_canceled_card", b"lost_or_stolen_card_____")

    done = orderproof("claim", "C07", "--data", archived, "--json")

    assert (done.code, done.json["verdict"]) == (3, "EVIDENCE_CONFLICT")
    assert done.json["integrity"]["verdict"] == "altered"


def test_a_changed_body_is_seen_before_anything_is_archived(
    data, orderproof, owner, migrated_database
):
    orderproof("import", CASES, "--data", data)
    owner.execute(
        "UPDATE events SET body = replace(encode(body, 'escape'), '12800', '12900')::bytea"
        " WHERE stream = %s AND version = 2",
        (STREAM,),
    )

    done = orderproof("claim", "C07", "--data", data, "--json")

    assert (done.code, done.json["verdict"]) == (3, "EVIDENCE_CONFLICT")


def test_a_damaged_checkpoint_is_not_called_no_archive(archived, orderproof):
    checkpoint = archived / "archive" / "log" / "checkpoint"
    checkpoint.chmod(0o644)
    checkpoint.write_bytes(b"garbage")

    done = orderproof("claim", "C07", "--data", archived, "--json")

    assert done.json["integrity"]["checkpoint"] is None
    assert done.json["integrity"]["not_checked"] == [
        "the archive cannot be read, or not all of it: verify it"
    ]


def test_dropped_newest_events_are_seen(archived, orderproof, owner):
    owner.execute("DELETE FROM events WHERE stream = %s AND version >= 8", (STREAM,))

    done = orderproof("claim", "C07", "--data", archived, "--json")

    assert done.code == 3


def test_a_body_that_is_no_event_ends_with_altered_and_no_traceback(archived, orderproof, owner):
    owner.execute("UPDATE events SET body = 'garbage' WHERE stream = %s", (STREAM,))

    for command in (["claim", "C07"], ["order", "C07"], ["rebuild"]):
        done = orderproof(*command, "--data", archived)
        assert done.code == 3, command
        assert "Traceback" not in done.err
        assert "File " not in done.err


def test_the_archiver_signs_nothing_over_a_changed_event(
    data, orderproof, owner, migrated_database, tmp_path
):
    # More events than one bundle of the log holds, so that the changed one is not in the last.
    many = tmp_path / "many.jsonl"
    late = tmp_path / "late.jsonl"
    events = [
        {
            "specversion": "1.0", "id": f"x{n}", "source": "/t", "type": "order.closed",
            "subject": f"example/X{n}", "time": "2025-03-03T09:00:00Z", "data": {"outcome": "done"},
        }
        for n in range(300)
    ]  # fmt: skip
    many.write_text("".join(json.dumps(event) + "\n" for event in events))
    late.write_text(json.dumps({**events[0], "id": "late", "subject": "example/C07"}))
    orderproof("import", CASES, many, "--data", data)
    assert orderproof("archive", "--all", "--data", data).code == 0
    rechain(owner, migrated_database, b"expired_or_canceled_card", b"lost_or_stolen_card_____")
    assert orderproof("import", late, "--data", data).code == 0
    before = digests(data / "archive")

    done = orderproof("archive", "--all", "--data", data)

    assert done.code == 3
    assert STREAM in done.err
    assert digests(data / "archive") == before
    assert orderproof("verify", data / "archive").code == 0


def digests(folder):
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }
