"""What goes on without a key, what does not, and what a backup of it brings back: rehearsed."""

import shutil

import pytest

from eventstore.connection import connect, transaction
from tests.orderproof.erase_scene import DECISION, MAX, ZOE, event, lines, placed, story

PAID = event("de/9", "paid", "payment.captured", {
    "payment_id": "p9", "psp": "stripe", "amount": 12800, "currency": "EUR"})  # fmt: skip


@pytest.fixture
def write(tmp_path):
    def write(*events):
        file = tmp_path / "events.jsonl"
        file.write_text(lines(events))
        return file

    return write


@pytest.fixture
def recorded(data, orderproof, write, tmp_path):
    assert orderproof("import", write(*story()), "--data", data).code == 0
    assert orderproof("archive", "--all", "--data", data).code == 0
    assert orderproof("order", "de/1", "--data", data).code == 0
    shutil.copytree(data / "keys", tmp_path / "backup of the keys")
    return data


@pytest.fixture
def bring_back(recorded, tmp_path):
    def bring_back(name):
        shutil.copy2(tmp_path / "backup of the keys" / name, recorded / "keys" / name)

    return bring_back


def keys_made(dsn):
    with connect(dsn) as connection, transaction(connection) as cursor:
        cursor.execute("SELECT count(*) FROM stream_keys")
        return cursor.fetchone()


def test_without_the_key_encryption_key_claims_are_answered_and_the_archive_goes_on(
    recorded, orderproof, write, bring_back
):
    before = orderproof("claim", "de/1", "--data", recorded, "--json").json
    (recorded / "keys" / "personal-data.key").unlink()

    assert orderproof("import", write(PAID), "--data", recorded).code == 0  # nothing personal
    assert orderproof("archive", "--all", "--data", recorded).code == 0
    assert orderproof("verify", recorded / "archive").code == 0
    assert orderproof("order", "de/1", "--data", recorded).code == 0
    after = orderproof("claim", "de/1", "--data", recorded, "--json")
    assert (after.code, after.json["verdict"]) == (0, before["verdict"])

    later = write(placed("de/77", MAX), placed("de/78", MAX))
    for command in (
        ("import", later), ("record", later), ("order", "de/1", "--personal"),
        ("order", ZOE["email"]), ("erase", "de/1", *DECISION, "--yes"),
        ("claim", "de/1", "--customer", ZOE["email"]),
    ):  # fmt: skip
        done = orderproof(*command, "--data", recorded)
        assert done.code == 5, command
        assert "personal-data.key" in done.err
        assert "backup" in done.err

    bring_back("personal-data.key")

    assert orderproof("order", "de/77", "--data", recorded).code == 6  # nothing was recorded
    assert orderproof("import", later, "--data", recorded).code == 0
    assert orderproof("order", "de/77", "--data", recorded).code == 0
    shown = orderproof("order", ZOE["phone"], "--personal", "--data", recorded, "--json").json
    assert shown["events"][0]["data"]["buyer"] == ZOE


def test_a_wrong_key_encryption_key_seals_nothing_not_even_of_new_orders(
    recorded, orderproof, write, bring_back, migrated_database
):
    before = keys_made(migrated_database)
    (recorded / "keys" / "personal-data.key").write_text("11" * 32 + "\n")

    done = orderproof("import", write(placed("de/77", MAX)), "--data", recorded)

    assert done.code == 5
    assert "another key-encryption key" in done.err
    assert keys_made(migrated_database) == before
    bring_back("personal-data.key")
    assert orderproof("order", "de/77", "--data", recorded).code == 6


def test_without_the_tag_key_or_the_log_key_all_but_the_archive_goes_on(
    recorded, orderproof, write, bring_back
):
    for name in ("tag.key", "log-ed25519.pem", "log-mldsa44.pem"):
        (recorded / "keys" / name).unlink()

        assert orderproof("import", write(placed("de/77", MAX)), "--data", recorded).code == 0
        assert orderproof("order", "de/9", "--personal", "--data", recorded).code == 0
        assert orderproof("verify", recorded / "archive").code == 0
        lost = orderproof("archive", "--all", "--data", recorded)
        assert lost.code == 5
        assert name in lost.err
        from_archive = orderproof("claim", "de/1", "--from-archive", recorded / "archive")
        assert from_archive.code == 0

        bring_back(name)
        assert orderproof("archive", "--all", "--data", recorded).code == 0
        assert orderproof("verify", recorded / "archive").code == 0


def test_blind_indexes_that_are_lost_are_made_again(recorded, orderproof, migrated_database):
    with connect(migrated_database) as connection, transaction(connection) as cursor:
        cursor.execute("SELECT digest FROM views.person_index ORDER BY 1")
        before = cursor.fetchall()
        cursor.execute("DELETE FROM views.person_index")
    assert orderproof("order", ZOE["phone"], "--data", recorded).code == 6

    assert orderproof("rebuild", "person_index", "--data", recorded).code == 0

    assert orderproof("order", ZOE["phone"], "--data", recorded).code == 0
    with connect(migrated_database) as connection, transaction(connection) as cursor:
        cursor.execute("SELECT digest FROM views.person_index ORDER BY 1")
        assert [bytes(d) for (d,) in cursor.fetchall()] == [bytes(d) for (d,) in before]


def test_init_never_makes_a_lost_key_anew(recorded, orderproof):
    (recorded / "keys" / "personal-data.key").unlink()

    assert orderproof("init", "--data", recorded).code == 5
    assert not (recorded / "keys" / "personal-data.key").exists()
