"""A-35: one person's keys are destroyed. Tried by somebody who has everything that is left."""

import gzip
import subprocess

import pytest

from domain.line import decode
from domain.stream import stream_id
from eventstore import log, sealing
from eventstore.connection import connect, transaction
from eventstore.errors import KeyMissingError
from orderproof import postgres
from orderproof.keys import Keys
from tests.orderproof.erase_scene import DECISION, MAX, ZOE, closed_long_ago, lines, story

ZOES = {"order/de/1", "order/de/2", "order/de/3"}
MAXS = {"order/de/9", "order/fr/1"}
ALL = ("--purpose", "contact", "--purpose", "tax", "--purpose", "fraud")


@pytest.fixture
def recorded(data, orderproof, tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text(lines([*story(), closed_long_ago("de/1")]))
    assert orderproof("import", file, "--data", data).code == 0
    assert orderproof("archive", "--all", "--data", data).code == 0
    return data


@pytest.fixture
def erase(recorded, orderproof):
    def erase():
        done = orderproof("erase", ZOE["email"], *DECISION, *ALL, "--yes", "--data", recorded)
        assert done.code == 0, done.err

    return erase


@pytest.fixture
def dump(programs, migrated_database):
    """Make a backup of the database, as text."""

    def dump():
        return subprocess.run(
            [programs / "pg_dump", migrated_database], check=True, capture_output=True, text=True
        ).stdout

    return dump


@pytest.fixture
def restored(programs, database, monkeypatch):
    """Bring a backup back into a new database, and point commands at it."""

    def restore(text):
        subprocess.run(
            [programs / "psql", "-v", "ON_ERROR_STOP=1", "-q", "-d", database],
            input=text, check=True, capture_output=True, text=True,
        )  # fmt: skip
        monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(database))

    return restore


def every_key(dsn, folder):
    """Return every key that the database still has, unwrapped with the key-encryption key."""
    with connect(dsn) as connection, transaction(connection) as cursor:
        cursor.execute("SELECT wrapped FROM stream_keys WHERE wrapped IS NOT NULL")
        wrapped = [bytes(row) for (row,) in cursor.fetchall()]
    return [sealing.unwrap_key(Keys(folder).personal_data, each) for each in wrapped]


def opened_by(keys, events):
    """Return the streams of which a key opens a box, whatever stream and purpose it is of."""
    found = set()
    for event in events:
        for purpose, box in event.boxes.items():
            for key in keys:
                try:
                    sealing.unseal(key, purpose, event.stream, event.source, event.id, box)
                except KeyMissingError:
                    continue
                found.add(event.stream)
    return found


def attachments_opened_by(keys, found, stores):
    """Return which attachments a key opens, of whatever stream and purpose it is, and where."""
    opened = set()
    for where, sealed in stores.items():
        for one in found:
            for key in keys:
                for purpose in ("contact", "tax", "fraud"):
                    stream = f"order/{one['shop']}/{one['order']}"
                    digest = bytes.fromhex(one["sha256"])
                    try:
                        sealing.unseal_file(
                            key, purpose, stream, digest, sealed[one["sealed_sha256"]]
                        )
                    except KeyMissingError:
                        continue
                    opened.add((where, one["id"]))
    return opened


def sealed_files(dsn, folder):
    """Return the sealed files of the store and of the archive, by their digests."""
    with connect(dsn) as connection, transaction(connection) as cursor:
        cursor.execute("SELECT encode(sha256, 'hex'), sealed FROM attachments")
        stored = {digest: bytes(sealed) for digest, sealed in cursor.fetchall()}
    archived = {f.name: f.read_bytes() for f in folder.rglob("evidence/??/*")}
    return {"store": stored, "archive": archived}


def events_of_store(dsn):
    with connect(dsn) as connection:
        return list(log.events(connection, 0, log.size(connection)))


def events_of_archive(folder):
    texts = [gzip.decompress(f.read_bytes()) for f in folder.rglob("orders/**/*.jsonl.gz")]
    texts += [gzip.decompress(f.read_bytes()) for f in folder.rglob("open/*.jsonl.gz")]
    rows = [row.rpartition(b"\t")[2] for text in texts for row in text.split(b"\n")]
    return [decode(row, 0) for row in rows if row.startswith(b'{"event":{')]


def test_no_key_that_is_left_opens_anything_in_store_or_archive_and_all_hashes_verify(
    recorded, erase, orderproof, migrated_database
):
    #
    keys = every_key(migrated_database, recorded / "keys")
    assert opened_by(keys, events_of_store(migrated_database)) == ZOES | MAXS
    assert opened_by(keys, events_of_archive(recorded / "archive")) == ZOES | MAXS
    before = {f: f.read_bytes() for f in (recorded / "archive").rglob("orders/**/*.gz")}

    erase()

    keys = every_key(migrated_database, recorded / "keys")
    assert opened_by(keys, events_of_store(migrated_database)) == MAXS
    assert opened_by(keys, events_of_archive(recorded / "archive")) == MAXS
    assert orderproof("verify", recorded / "archive").code == 0
    assert orderproof("archive", "--all", "--data", recorded).code == 0
    assert orderproof("verify", recorded / "archive").code == 0
    assert before == {file: file.read_bytes() for file in before}
    for order in ("de/1", "de/9"):
        claim = orderproof("claim", order, "--data", recorded, "--json")
        assert (claim.code, claim.json["integrity"]["verdict"]) == (0, "intact")


def test_no_key_that_is_left_opens_an_attachment_in_store_or_archive_and_all_hashes_verify(
    recorded, erase, orderproof, migrated_database, tmp_path
):
    #
    archive = recorded / "archive"
    note = tmp_path / "note.txt"
    note.write_text("a canary note")
    zoe, other = (
        orderproof("evidence", "add", order, note, "--data", recorded, "--json").json
        for order in ("de/1", "de/9")
    )
    assert orderproof("archive", "--all", "--data", recorded).code == 0
    sealed = sealed_files(migrated_database, archive)
    assert sealed["store"] == sealed["archive"]
    assert all(b"canary" not in data for data in sealed["store"].values())
    keys = every_key(migrated_database, recorded / "keys")
    assert attachments_opened_by(keys, [zoe, other], sealed) == {
        (where, one["id"]) for where in ("store", "archive") for one in (zoe, other)
    }

    erase()

    keys = every_key(migrated_database, recorded / "keys")
    assert sealed_files(migrated_database, archive) == sealed
    assert attachments_opened_by(keys, [zoe, other], sealed) == {
        ("store", other["id"]),
        ("archive", other["id"]),
    }
    assert orderproof("archive", "--all", "--data", recorded).code == 0
    report = orderproof("verify", archive, "--json")
    assert (report.code, report.json["checked"]["attachments"]) == (0, 2)
    shown = orderproof("order", "de/1", "--data", recorded, "--json").json["events"]
    [attached] = [e["data"] for e in shown if e["type"] == "evidence.attached"]
    assert attached["sha256"] == zoe["sha256"]
    assert "name" not in attached


def test_no_read_model_and_no_blind_index_of_the_person_is_left(
    recorded, erase, orderproof, migrated_database
):
    #
    def rows_of(streams):
        ids = [str(stream_id(stream)) for stream in streams]
        with connect(migrated_database) as connection, transaction(connection) as cursor:
            cursor.execute(
                "SELECT stream_id::text, kind FROM views.person_index"
                " WHERE stream_id = ANY (%s::uuid[]) ORDER BY 1, 2",
                (ids,),
            )
            return cursor.fetchall()

    orderproof("order", "de/1", "--data", recorded)  # brings the read models up to date
    others = rows_of(MAXS)
    assert rows_of(ZOES)

    erase()

    assert rows_of(ZOES) == []
    assert rows_of(MAXS) == others
    assert orderproof("rebuild", "--data", recorded).code == 0
    assert rows_of(ZOES) == []
    assert rows_of(MAXS) == others


def test_a_backup_from_after_the_erasure_holds_no_key_of_the_person(
    recorded, erase, dump, restored, orderproof, database
):
    #
    erase()
    restored(dump())

    shown = orderproof("order", "de/1", "--personal", "--data", recorded, "--json")
    assert shown.json["events"][0]["data"]["buyer"] == {}
    assert opened_by(every_key(database, recorded / "keys"), events_of_store(database)) == MAXS
    other = orderproof("order", "de/9", "--personal", "--data", recorded, "--json")
    assert other.json["events"][0]["data"]["buyer"] == MAX


def test_a_backup_from_before_still_opens_so_it_has_to_go_or_be_erased_again(
    recorded, erase, dump, restored, orderproof, database
):
    # this is why backups live 30 days at most, and what to do after one came back.
    backup = dump()
    erase()
    restored(backup)
    assert opened_by(every_key(database, recorded / "keys"), events_of_store(database)) == (
        ZOES | MAXS
    )

    erase()

    assert opened_by(every_key(database, recorded / "keys"), events_of_store(database)) == MAXS


def test_a_backup_from_before_is_of_no_use_without_the_key_encryption_key(
    recorded, erase, dump, restored, orderproof
):
    backup = dump()
    erase()
    restored(backup)
    (recorded / "keys" / "personal-data.key").write_text("11" * 32 + "\n")

    assert orderproof("order", "de/1", "--personal", "--data", recorded).code == 5
