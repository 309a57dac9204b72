"""`orderproof record`: one event or a batch, answered with position and version."""

import json
import stat
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest


def event(id, **changes):
    return {
        "specversion": "1.0",
        "id": id,
        "source": "/shop",
        "type": "order.placed",
        "subject": "de/1",
        "time": "2025-03-03T09:00:00Z",
        "data": {"total": 12800, "currency": "EUR"},
        **changes,
    }


@pytest.fixture
def record(orderproof, data, tmp_path):
    def run(*events):
        file = tmp_path / "events.json"
        file.write_text(json.dumps(events[0] if len(events) == 1 else events))
        return orderproof("record", file, "--data", data, "--json")

    return run


def test_one_event_is_answered_with_position_and_version(record):
    done = record(event("a"))

    assert done.code == 0
    assert done.json["events"] == [
        {"result": "recorded", "source": "/shop", "id": "a", "position": 1, "version": 1}
    ]
    assert done.json["rejects_file"] is None


def test_a_repeat_gets_the_first_answer(record):
    record(event("a"), event("b"))

    done = record(event("b"))

    assert done.code == 0
    [answer] = done.json["events"]
    assert (answer["result"], answer["position"], answer["version"]) == ("duplicate", 2, 2)


def test_of_a_batch_each_event_has_its_own_answer_in_the_order_of_the_input(record):
    done = record(event("a"), event("b", subject="no slash"), event("c", subject="fr/1"))

    assert done.code == 7
    assert [answer["result"] for answer in done.json["events"]] == [
        "recorded", "rejected", "recorded",
    ]  # fmt: skip
    assert [answer.get("position") for answer in done.json["events"]] == [1, None, 2]


def test_what_is_refused_is_kept_with_both_digests_for_its_owner_alone(record):
    # O-02
    record(event("a"))

    done = record(event("a", data={"total": 1, "currency": "EUR"}))

    [answer] = done.json["events"]
    assert (done.code, answer["result"], answer["position"]) == (7, "mismatch", 1)
    rejects = Path(done.json["rejects_file"])
    row = json.loads(rejects.read_text())
    assert row["code"] == "idempotency-mismatch"
    assert (row["digest"], row["recorded_digest"]) == (answer["digest"], answer["recorded_digest"])
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600


def test_people_read_a_line_for_each_event(orderproof, data, tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(event("a")) + "\nnot json\n")

    done = orderproof("record", file, "--data", data)

    assert done.code == 7
    first, second, where = done.out.splitlines()
    assert first == "recorded    /shop a: position 1, version 1"
    assert second.startswith("rejected    line 2")
    assert where.startswith("What was refused is in ")


def test_a_file_that_is_not_there_is_named(orderproof, data, tmp_path):
    done = orderproof("record", tmp_path / "nothing.json", "--data", data)

    assert done.code == 2
    assert "nothing.json cannot be read" in done.err


def test_it_records_with_a_writers_rights_alone_and_says_what_is_missing(record, migrated_database):
    connection = psycopg2.connect(migrated_database)
    with closing(connection), connection, connection.cursor() as cursor:
        cursor.execute(
            "DO $$ BEGIN EXECUTE 'REVOKE EXECUTE ON FUNCTION '"
            " || 'append'::regproc::oid::regprocedure || ' FROM orderproof_writer'; END $$"
        )

    done = record(event("e1"))

    assert done.code == 5
    assert "roles" in done.json["error"]
