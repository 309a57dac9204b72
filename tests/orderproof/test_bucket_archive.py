"""The main job with the archive in a bucket of a real S3 server."""

import json
import shutil
from pathlib import Path
from uuid import uuid4

import pytest

from archive.s3_client import connect
from archive.store import REPLACED
from eventstore.archive_log import ArchiveLog
from orderproof import installation, postgres
from orderproof.bootstrap import open_store

CASES = Path(__file__).parents[1] / "data" / "claim_cases"
NEWS = {
    "specversion": "1.0",
    "id": "late-1",
    "source": "/shop/example",
    "type": "order.closed",
    "subject": "example/C07",
    "time": "2026-03-01T10:00:00+00:00",
    "data": {"outcome": "refunded"},
}


@pytest.fixture
def archived(address, data, orderproof):
    assert orderproof("import", CASES / "events.jsonl", "--data", data).code == 0
    done = orderproof("archive", "--all", "--data", data, "--json")
    assert (done.code, done.json["archive"]) == (0, address), done.err
    return address


def test_an_archive_in_a_bucket_answers_and_verifies_when_all_else_is_gone(
    archived, data, orderproof
):
    shutil.rmtree(data)

    verify = orderproof("verify", archived, "--json")
    claim = orderproof("claim", "C07", "--from-archive", archived, "--json")

    assert (verify.code, verify.json["findings"]) == (0, [])
    assert (claim.code, claim.json["verdict"]) == (0, "FAILED_NOT_REISSUED")
    assert claim.json["integrity"]["verdict"] == "intact"


def history_of(bucket, start="orders/"):
    return next(name for name, _ in bucket.versions(start) if "C07" in name or start != "orders/")


def test_one_history_of_a_bucket_is_verified_as_one_of_a_folder_is(
    archived, data, bucket, orderproof, tmp_path
):
    name = history_of(bucket)
    shutil.rmtree(data)

    in_bucket = orderproof("verify", f"{archived}/{name}", "--json")
    claim = orderproof("claim", "C07", "--from-archive", f"{archived}/{name}", "--json")
    for each, _ in bucket.versions(""):
        (tmp_path / "copy" / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "copy" / each).write_bytes(bucket.read(each)[1])
    in_folder = orderproof("verify", tmp_path / "copy" / name, "--json")

    assert (in_bucket.code, in_bucket.json["verdict"]) == (0, "intact")
    assert in_bucket.json == in_folder.json
    assert (claim.code, claim.json["verdict"]) == (0, "FAILED_NOT_REISSUED")


def test_a_history_that_lies_in_a_bucket_by_itself_needs_a_keyring(
    archived, bucket, orderproof, tmp_path
):
    alone = bucket.beside("handed/out")
    history = bucket.read(history_of(bucket))[1]
    alone.ask("put_object", "mine.jsonl.gz", Body=history)
    alone.ask("put_object", "changed.jsonl.gz", Body=history[:-4] + b"????")
    (tmp_path / "keyring.json").write_bytes(bucket.read("trust/keyring.1.json")[1])
    trusted = ("--keyring", tmp_path / "keyring.json", "--json")

    def verify(name, *more):
        return orderproof("verify", f"{alone.place.address}/{name}", *more)

    assert verify("mine.jsonl.gz", "--json").json["verdict"] == "cannot_tell"
    assert (verify("mine.jsonl.gz", *trusted).code, verify("changed.jsonl.gz", *trusted).code) == (
        0, 3,
    )  # fmt: skip


def test_a_history_of_a_bucket_that_was_hidden_or_changed_is_found(archived, bucket, orderproof):
    name = history_of(bucket)
    bucket.ask("put_object", name, Body=b"something else")

    over = orderproof("verify", f"{archived}/{name}", "--json")
    bucket.ask("delete_object", name)
    hidden = orderproof("verify", f"{archived}/{name}", "--json")

    for done in (over, hidden):
        assert [each["code"] for each in done.json["findings"]] == ["HIDDEN"]
        assert done.json["checked"]["events"] > 1, "what was stored first is read"


def test_another_part_of_an_archive_in_a_bucket_is_no_history(archived, bucket, orderproof):
    opened = history_of(bucket, "open/")

    part = orderproof("verify", f"{archived}/{opened}", "--json")
    nothing = orderproof("verify", f"{archived}/orders/none.jsonl.gz", "--json")

    assert part.code == 2
    assert f"Verify all of it: orderproof verify {archived}" in part.json["error"]
    assert nothing.code == 2
    assert "holds no archive" in nothing.json["error"]


def test_the_live_store_is_compared_with_the_bucket(archived, data, orderproof):
    done = orderproof("claim", "C07", "--data", data, "--json")

    assert (done.code, done.json["integrity"]["verdict"]) == (0, "intact")
    assert done.json["integrity"]["checkpoint"]["size"] > 0


def test_every_object_that_never_changes_is_locked(archived, bucket):
    weak = {
        name
        for name, versions in bucket.versions("")
        for version in versions
        if "ObjectLockMode" not in bucket.ask("head_object", name, VersionId=version.id)
    }

    assert "log/checkpoint" in weak
    assert all(".p/" in name or REPLACED.fullmatch(name) for name in weak)


def test_a_second_run_does_nothing_and_one_with_news_goes_on(
    archived, data, bucket, orderproof, tmp_path
):
    before = {name: len(versions) for name, versions in bucket.versions("")}

    again = orderproof("archive", "--all", "--data", data, "--json")
    after = {name: len(versions) for name, versions in bucket.versions("")}
    (tmp_path / "news.json").write_text(json.dumps(NEWS))
    assert orderproof("record", tmp_path / "news.json", "--data", data).code == 0
    news = orderproof("archive", "--all", "--data", data, "--json")
    verify = orderproof("verify", archived, "--json")

    assert (again.code, again.json["run"]) == (0, None)
    assert after == before
    assert news.json["run"]["sealed"] == 2
    assert (verify.code, verify.json["findings"]) == (0, [])


def test_a_store_is_restored_from_a_bucket(
    archived, new_database, orderproof, tmp_path, monkeypatch
):
    with new_database() as dsn:
        monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(dsn))
        monkeypatch.delenv("ORDERPROOF_ARCHIVE_URL")
        other = tmp_path / "other"
        assert orderproof("init", "--data", other).code == 0

        done = orderproof("restore", "--from-archive", archived, "--data", other, "--json")

        assert (done.code, done.json["continues"]) == (0, False)
        assert done.json["events"] == done.json["size"] > 0


def test_the_doctor_tells_what_it_tried_and_the_archiver_remembers(address, data, orderproof):
    told = orderproof("bucket", "doctor", "--data", data)
    as_json = orderproof("bucket", "doctor", "--data", data, "--json")

    assert (told.code, as_json.code) == (0, 0)
    assert "yes  its lock cannot be shortened" in told.out
    assert as_json.json["passed"]
    assert as_json.json["unfinished_uploads"] == []
    known = json.loads((data / "bucket-probe.json").read_text())
    assert (known["address"], known["create_once"]) == (address, True)


def test_nothing_is_archived_into_a_bucket_that_did_not_pass(
    address, s3, data, orderproof, monkeypatch
):
    name = f"plain-{uuid4().hex}"
    connect(s3.endpoint, s3.credentials).create_bucket(Bucket=name)
    monkeypatch.setenv("ORDERPROOF_ARCHIVE_URL", f"s3://{name}/shop")

    archive = orderproof("archive", "--all", "--data", data, "--json")
    doctor = orderproof("bucket", "doctor", "--data", data)

    assert (archive.code, doctor.code) == (8, 8)
    assert "Object Lock" in archive.json["error"]
    assert "NO   the bucket has Object Lock" in doctor.out
    assert not (data / "bucket-probe.json").exists()


def test_another_bucket_is_tried_again(archived, data, new_bucket, orderproof, monkeypatch):
    other = new_bucket().place.address
    monkeypatch.setenv("ORDERPROOF_ARCHIVE_URL", other)

    done = orderproof("bucket", "doctor", "--data", data, "--json")

    assert done.code == 0
    assert json.loads((data / "bucket-probe.json").read_text())["address"] == other


def test_a_folder_is_no_bucket(data, orderproof):
    done = orderproof("bucket", "doctor", "--data", data)

    assert (done.code, "ORDERPROOF_ARCHIVE_URL=s3://" in done.err) == (2, True)


def test_a_second_archiver_of_the_same_store_ends_at_once(address, data, orderproof):  # C-04
    with open_store(installation.find(data)) as store:
        assert ArchiveLog(store.connection).be_the_archiver()

        done = orderproof("archive", "--all", "--data", data, "--json")

    assert (done.code, done.json["error"]) == (5, "another archiver is writing this archive")
