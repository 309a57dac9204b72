"""`orderproof evidence`, end to end: files attached to orders, sealed, and handed out again."""

import hashlib
import os
import shutil
import stat

import psycopg2
import pytest

from eventstore import attaching
from orderproof import postgres
from tests.domain.test_media_type import PNG
from tests.orderproof.erase_scene import DECISION, MAX, ZOE, event, lines, placed

REFUND = [
    event("de/1", "paid", "payment.captured", {
        "payment_id": "p1", "psp": "stripe", "amount": 12800, "currency": "EUR",
        "instrument": {"kind": "card", "brand": "visa", "last4": "4242"}}),
    event("de/1", "asked", "refund.requested", {
        "refund_id": "r1", "amount": 12800, "currency": "EUR"}),
    event("de/1", "back", "refund.succeeded", {
        "refund_id": "r1", "psp_refund_id": "re_1", "kind": "refund",
        "psp_at": "2025-03-04T09:00:00+01:00"}),
    event("de/1", "settled", "refund.settled", {
        "refund_id": "r1", "amount": 12800, "currency": "EUR", "settled_on": "2025-03-05",
        "destination": {"kind": "card", "brand": "visa", "last4": "4242"}}),
    event("de/1", "reference", "refund.reference_recorded", {
        "refund_id": "r1", "reference_type": "arn", "reference": "74987500000000000000001",
        "reference_status": "available"}),
]  # fmt: skip
SECRET = b"statement of Zoe Canaryname: the money never came\n"


@pytest.fixture
def recorded(data, orderproof, tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text(lines([placed("de/1", ZOE), *REFUND, placed("de/2", MAX)]))
    assert orderproof("import", file, "--data", data).code == 0
    return data


@pytest.fixture
def evidence(recorded, orderproof):
    def evidence(verb, *arguments):
        return orderproof("evidence", verb, *arguments, "--data", recorded, "--json")

    return evidence


@pytest.fixture
def picture(tmp_path):
    file = tmp_path / "parcel at the door.png"
    file.write_bytes(PNG)
    return file


@pytest.fixture
def statement(tmp_path):
    file = tmp_path / "statement of Zoe.txt"
    file.write_bytes(SECRET)
    return file


def count(database):
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM attachments")
        return cursor.fetchone()[0]


def test_a_file_is_attached_listed_and_handed_out(evidence, picture, tmp_path):
    added = evidence("add", "de/1", picture, "--kind", "handover_note", "--by", "staff-1",
                     "--note", "the courier's photo")  # fmt: skip
    listed = evidence("list", "de/1").json["attachments"]
    out = tmp_path / "out.png"
    got = evidence("get", "de/1", added.json["id"], "--out", out)

    assert (added.code, got.code) == (0, 0)
    assert added.json["new"] is True
    assert added.json["sha256"] == hashlib.sha256(PNG).hexdigest()
    [one] = listed
    assert (one["kind"], one["name"], one["media_type"], one["size"], one["by"], one["note"]) == (
        "handover_note", picture.name, "image/png", len(PNG), "staff-1", "the courier's photo"
    )  # fmt: skip
    assert out.read_bytes() == PNG
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert one["inline"] is True
    assert evidence("list", "de/2").json == {"attachments": []}


def test_what_is_handed_out_never_replaces_a_file(evidence, picture, tmp_path):
    id_ = evidence("add", "de/1", picture).json["id"]
    there, link = tmp_path / "there", tmp_path / "link"
    there.write_text("mine")
    link.symlink_to(tmp_path / "elsewhere")

    for out in (there, link):
        assert evidence("get", "de/1", id_, "--out", out).code == 2

    assert there.read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


def test_attaching_again_changes_nothing(evidence, picture, migrated_database, orderproof, data):
    first = evidence("add", "de/1", picture).json
    again = evidence("add", "de/1", picture, "--note", "once more").json

    assert again == first | {"new": False}
    assert count(migrated_database) == 1
    events = orderproof("order", "de/1", "--data", data, "--json").json["events"]
    assert [e["type"] for e in events].count("evidence.attached") == 1


def test_the_same_file_of_two_orders_is_sealed_twice(evidence, picture, migrated_database):
    first, second = (evidence("add", order, picture).json for order in ("de/1", "de/2"))

    assert first["sha256"] == second["sha256"]
    assert first["sealed_sha256"] != second["sealed_sha256"]
    assert count(migrated_database) == 2


# Killed between the file and its event, it leaves a file that nobody sees.
def test_a_kill_before_the_event_leaves_nothing_to_see(
    evidence, statement, monkeypatch, migrated_database
):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(attaching.appending, "append", killed)
        assert evidence("add", "de/1", statement, "--kind", "statement").code == 130

    assert (count(migrated_database), evidence("list", "de/1").json["attachments"]) == (1, [])
    assert evidence("add", "de/1", statement, "--kind", "statement").json["new"] is True
    assert count(migrated_database) == 1


def test_a_statement_stands_against_a_paid_refund(evidence, statement, orderproof, recorded):
    before = orderproof("claim", "de/1", "--data", recorded, "--json").json
    added = evidence("add", "de/1", statement, "--kind", "statement", "--refund", "r1",
                     "--note", "not on it")  # fmt: skip
    after = orderproof("claim", "de/1", "--data", recorded, "--json").json
    events = orderproof("order", "de/1", "--personal", "--data", recorded, "--json").json["events"]

    assert (before["verdict"], after["verdict"]) == ("SETTLED_REFERENCE_GIVEN", "EVIDENCE_CONFLICT")
    against = events[-1]
    assert (against["type"], against["data"]) == ("claim.counter_evidence", {
        "refund_id": "r1", "evidence_digest": added.json["sha256"], "statement": "not on it"
    })  # fmt: skip
    assert against["id"] in after["evidence"]


def test_a_statement_about_a_second_refund_is_recorded_without_a_second_file(
    evidence, statement, orderproof, recorded, tmp_path, migrated_database
):
    file = tmp_path / "more.jsonl"
    file.write_text(lines([event("de/1", "second", "refund.requested", {
        "refund_id": "r2", "amount": 1, "currency": "EUR"})]))  # fmt: skip
    assert orderproof("import", file, "--data", recorded).code == 0

    for refund in ("r1", "r2", "r2"):
        assert (
            evidence("add", "de/1", statement, "--kind", "statement", "--refund", refund).code == 0
        )

    events = orderproof("order", "de/1", "--data", recorded, "--json").json["events"]
    about = [e["data"]["refund_id"] for e in events if e["type"] == "claim.counter_evidence"]
    assert (about, count(migrated_database)) == (["r1", "r2"], 1)


def test_a_refund_that_the_order_does_not_know_is_refused(evidence, statement):
    done = evidence("add", "de/1", statement, "--kind", "statement", "--refund", "r9")

    assert done.code == 2
    assert evidence("list", "de/1").json["attachments"] == []


def test_a_digest_alone_stands_for_a_file_that_is_kept_elsewhere(evidence, tmp_path):
    digest = hashlib.sha256(b"the call").hexdigest()
    added = evidence("add", "de/1", "--digest", digest, "--size", 8, "--kind", "recording",
                     "--media-type", "audio/wav")  # fmt: skip
    got = evidence("get", "de/1", added.json["id"], "--out", tmp_path / "out")

    assert (added.json["sha256"], added.json["sealed_sha256"]) == (digest, None)
    assert added.json["inline"] is False
    assert (got.code, (tmp_path / "out").exists()) == (6, False)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["--digest", "abc", "--size", "1"], 2),
        (["--digest", "a" * 64], 2),
        (["--digest", "a" * 64, "--size", "0"], 2),
        (["--kind", "nonsense", "--digest", "a" * 64, "--size", "1"], 2),
        (["--by", " ", "--digest", "a" * 64, "--size", "1"], 2),
    ],
)
def test_what_is_not_said_well_is_refused(evidence, arguments, code):
    assert evidence("add", "de/1", *arguments).code == code
    assert evidence("list", "de/1").json["attachments"] == []


def test_files_that_cannot_be_read_are_told_apart_from_those_that_are_refused(
    evidence, tmp_path, monkeypatch
):
    empty, script, big = tmp_path / "empty", tmp_path / "run.sh", tmp_path / "big.txt"
    empty.touch()
    script.write_text("#!/bin/sh\n")
    big.write_bytes(b"a" * ((1 << 20) + 1))
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("ORDERPROOF_EVIDENCE_MAX_MIB", "1")

    codes = {
        name: evidence("add", "de/1", tmp_path / name).code
        for name in ("empty", "absent", ".", "pipe", "run.sh", "big.txt")
    }

    assert codes == {"empty": 2, "absent": 2, ".": 2, "pipe": 2, "run.sh": 8, "big.txt": 8}
    assert "script" in evidence("add", "de/1", script).json["error"]
    assert evidence("list", "de/1").json["attachments"] == []


def test_a_name_is_data_and_never_a_path(evidence, tmp_path):
    name = os.fsdecode(b"..%2f..\n\xe2\x80\xae\xffgpj.txt")
    (tmp_path / name).write_bytes(b"note\n")

    added = evidence("add", "de/1", tmp_path / name)

    assert (added.code, added.json["name"]) == (0, "..%2f..\n\u202e\\xffgpj.txt")


def test_an_erased_attachment_is_gone_for_good(evidence, statement, orderproof, recorded, tmp_path):
    first = evidence("add", "de/1", statement).json
    erased = orderproof("erase", "de/1", *DECISION, "--yes", "--data", recorded)
    assert erased.code == 0, erased.err
    [listed] = evidence("list", "de/1").json["attachments"]
    got = evidence("get", "de/1", first["id"], "--out", tmp_path / "out")

    assert (listed["name"], listed["sealed"], listed["sha256"]) == (None, True, first["sha256"])
    assert (got.code, "erased" in got.json["error"]) == (6, True)
    assert not (tmp_path / "out").exists()

    # What comes after it has a new key, and is another attachment.
    again = evidence("add", "de/1", statement).json
    assert again["id"] != first["id"]
    assert evidence("get", "de/1", again["id"], "--out", tmp_path / "new").code == 0
    assert evidence("get", "de/1", first["id"], "--out", tmp_path / "out").code == 6


def test_nobody_outside_records_an_attachment(orderproof, recorded, tmp_path):
    file = tmp_path / "forged.jsonl"
    file.write_text(lines([event("de/1", "x", "evidence.attached", {"sealed_sha256": "a" * 64})]))

    assert orderproof("record", file, "--data", recorded).code == 7


# --- the archive


def attached_files(archive):
    return {file.name: file.read_bytes() for file in archive.glob("evidence/??/*")}


@pytest.mark.parametrize("layout", ["per-order", "pack"])
@pytest.mark.parametrize("made", ["here", "in workers"])
def test_the_archive_holds_what_is_attached_and_a_store_is_rebuilt_with_it(
    evidence, recorded, orderproof, picture, statement, monkeypatch, tmp_path, other_database,
    layout, made
):  # fmt: skip
    if made == "in workers":
        monkeypatch.setattr("archive.file_writer._MANY", 1)
    monkeypatch.setenv("ORDERPROOF_LAYOUT", layout)
    archive = recorded / "archive"
    sealed = evidence("add", "de/1", picture).json
    assert orderproof("archive", "--all", "--data", recorded).code == 0
    openly = evidence("add", "de/2", statement).json
    assert orderproof("archive", "--closed-before", "2001-01-01", "--data", recorded).code == 0

    assert set(attached_files(archive)) == {sealed["sealed_sha256"], openly["sealed_sha256"]}
    assert not any(SECRET in data or PNG in data for data in attached_files(archive).values())
    report = orderproof("verify", archive, "--json")
    assert (report.code, report.json["checked"]["attachments"]) == (0, 2)

    keys = tmp_path / "keys.jsonl"
    assert orderproof("export", "keys", "--out", keys, "--by", "x", "--data", recorded).code == 0
    monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(other_database))
    other = tmp_path / "other"
    other.mkdir()
    shutil.copytree(recorded / "keys", other / "keys")
    shutil.copytree(recorded / "trust", other / "trust")
    shutil.copy(recorded / "settings.toml", other / "settings.toml")
    for events in (True, False):  # and once more, which changes nothing
        done = orderproof("restore", "--from-archive", archive, "--keys", keys, "--data", other,
                          "--json")  # fmt: skip
        assert (done.code, done.json["attachments"], done.json["events"] > 0) == (0, 2, events)
    for order, one, data in (("de/1", sealed, PNG), ("de/2", openly, SECRET)):
        out = tmp_path / f"{one['id']}.out"
        got = orderproof("evidence", "get", order, one["id"], "--out", out, "--data", other)
        assert (got.code, out.read_bytes()) == (0, data)
    shutil.copytree(archive, other / "archive")
    assert orderproof("archive", "--all", "--data", other).code == 0
    assert orderproof("verify", other / "archive").code == 0


def test_a_lost_file_stops_the_archive_and_says_which(
    evidence, recorded, orderproof, picture, migrated_database
):
    one = evidence("add", "de/1", picture).json
    with psycopg2.connect(migrated_database) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE attachments DISABLE TRIGGER USER")
        cursor.execute("CREATE TABLE kept AS SELECT * FROM attachments")
        cursor.execute("DELETE FROM attachments")

    lost = orderproof("archive", "--all", "--data", recorded)
    assert (lost.code, one["sealed_sha256"] in lost.err) == (5, True)

    with psycopg2.connect(migrated_database) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO attachments SELECT * FROM kept")
    assert orderproof("archive", "--all", "--data", recorded).code == 0
    assert orderproof("verify", recorded / "archive").code == 0


def test_a_claim_names_what_is_attached_from_the_store_and_from_the_archive(
    evidence, recorded, orderproof, picture
):
    one = evidence("add", "de/1", picture).json
    assert orderproof("archive", "--all", "--data", recorded).code == 0

    live = orderproof("claim", "de/1", "--data", recorded, "--json").json
    archived = orderproof("claim", "de/1", "--from-archive", recorded / "archive", "--json").json

    assert one["event_id"] in live["evidence"]
    assert archived["evidence"] == live["evidence"]
    assert any(
        "attachments: 1 sealed file" in text for text in archived["integrity"]["not_checked"]
    )


def test_everything_about_a_person_holds_what_is_attached_to_their_orders(
    evidence, recorded, orderproof, picture, statement, tmp_path
):
    mine = [evidence("add", "de/1", file).json for file in (picture, statement)]
    evidence("add", "de/2", picture)
    evidence("add", "de/1", "--digest", "a" * 64, "--size", 1)

    done = orderproof("export", "subject", ZOE["email"], "--out", tmp_path / "out", "--by", "x",
                      "--data", recorded, "--json")  # fmt: skip

    names = [f"attachments/{mine[0]['id']}.png", f"attachments/{mine[1]['id']}.txt"]
    files = {name: f for name, f in done.json["files"].items() if name.startswith("attach")}
    assert {name: f["sha256"] for name, f in files.items()} == {
        names[0]: hashlib.sha256(PNG).hexdigest(),
        names[1]: hashlib.sha256(SECRET).hexdigest(),
    }
    assert [(tmp_path / "out" / name).read_bytes() for name in names] == [PNG, SECRET]
    modes = {(tmp_path / "out" / name).stat().st_mode & 0o777 for name in names}
    assert modes == {0o600}


def test_what_was_erased_is_not_handed_out(evidence, recorded, orderproof, statement, tmp_path):
    evidence("add", "de/1", statement)
    assert orderproof("erase", "de/1", *DECISION, "--yes", "--data", recorded).code == 0

    done = orderproof("export", "subject", "de/1", "--out", tmp_path / "out", "--by", "x",
                      "--data", recorded, "--json")  # fmt: skip

    assert done.code == 0, done.err
    assert not (tmp_path / "out" / "attachments").exists()
