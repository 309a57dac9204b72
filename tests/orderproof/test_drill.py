"""Random histories of the archive, compared with the store."""

import json
from pathlib import Path

import pytest

from eventstore.connection import connect, transaction
from tests.orderproof.worker_process import until

CASES = Path(__file__).parents[1] / "data" / "claim_cases"


@pytest.fixture(params=["per-order", "pack"])
def archived(data, orderproof, request, monkeypatch):
    monkeypatch.setenv("ORDERPROOF_LAYOUT", request.param)
    assert orderproof("import", CASES / "events.jsonl", "--data", data).code == 0
    assert orderproof("archive", "--all", "--data", data).code == 0
    return data


def recorded(dsn):
    """What the log says of the newest drill."""
    with connect(dsn) as connection, transaction(connection) as cursor:
        cursor.execute(
            "SELECT type, convert_from(body, 'UTF8') FROM events"
            " WHERE type LIKE 'archive.verif%%' ORDER BY position DESC LIMIT 1"
        )
        rows = cursor.fetchall()
    return [(type_, json.loads(body)["data"]) for type_, body in rows]


def change(dsn, stream):
    """Change a line of the store as somebody with the rights of its owner can."""
    with connect(dsn) as connection, transaction(connection) as cursor:
        cursor.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        cursor.execute(
            "UPDATE events SET body = convert_to(replace(convert_from(body, 'UTF8'), '12800',"
            " '12900'), 'UTF8') WHERE stream = %s AND version = 2",
            (stream,),
        )
        assert cursor.rowcount == 1
        cursor.execute("ALTER TABLE events ENABLE TRIGGER ALL")


def test_a_drill_compares_histories_and_the_log_says_so(archived, orderproof, migrated_database):
    done = orderproof("drill", "--histories", "3", "--data", archived, "--json")

    assert (done.code, done.json["verdict"], len(done.json["histories"])) == (0, "intact", 3)
    assert all(each["lines"] > 1 for each in done.json["histories"])
    [(type_, said)] = recorded(migrated_database)
    assert type_ == "archive.verified"
    assert (said["verdict"], said["log_size"]) == ("intact", done.json["size"])


def test_the_same_seed_chooses_the_same_histories(archived, orderproof):
    drills = [
        orderproof("drill", "--histories", "4", "--seed", seed, "--data", archived, "--json").json
        for seed in ("7", "7")
    ]

    assert drills[0]["histories"] == drills[1]["histories"]


def test_a_store_that_was_changed_differs_from_the_archive(archived, orderproof, migrated_database):
    change(migrated_database, "order/example/C10")

    done = orderproof("drill", "--histories", "50", "--data", archived, "--json")

    assert (done.code, done.json["verdict"]) == (3, "altered")
    [wrong] = [each for each in done.json["histories"] if each["verdict"] != "intact"]
    assert (wrong["order"], wrong["detail"]) == (
        "example/C10",
        "event 2 is another one in the store",
    )
    assert recorded(migrated_database)[0][0] == "archive.verification_failed"


def test_an_archive_that_was_changed_is_found(archived, orderproof, migrated_database):
    for file in [*archived.glob("archive/orders/*/*/*"), *archived.glob("archive/packs/*/*")]:
        file.chmod(0o644)
        data = file.read_bytes()
        file.write_bytes(data[:10] + bytes(byte ^ 1 for byte in data[10:]))

    done = orderproof("drill", "--histories", "2", "--data", archived, "--json")

    assert done.code == 3
    assert recorded(migrated_database)[0][1]["findings"] == 2


def test_events_after_the_last_run_are_no_difference(archived, orderproof, tmp_path):
    late = tmp_path / "late.jsonl"
    event = {
        "specversion": "1.0", "id": "late-1", "source": "/example", "type": "refund.reissued",
        "subject": "example/C07", "time": "2025-04-01T09:00:00Z",
        "data": {"refund_id": "r1-C07", "new_refund_id": "r2-C07"},
    }  # fmt: skip
    late.write_text(json.dumps(event))
    assert orderproof("import", late, "--data", archived).code == 0

    done = orderproof("drill", "--histories", "50", "--data", archived, "--json")

    assert (done.code, len(done.json["histories"])) == (0, 10)


def test_without_an_archive_nothing_can_be_told(data, orderproof):
    assert orderproof("drill", "--data", data).code == 5


def test_the_worker_drills_after_a_run(data, orderproof, worker, monkeypatch, migrated_database):
    assert orderproof("import", CASES / "events.jsonl", "--data", data).code == 0
    assert orderproof("archive", "--all", "--data", data).code == 0
    monkeypatch.setenv("ORDERPROOF_ARCHIVE_EVERY_HOURS", "0.001")

    one = worker("archive")

    assert until(lambda: recorded(migrated_database)), one.said
    assert recorded(migrated_database)[0][0] == "archive.verified"
    assert one.end() == 0
