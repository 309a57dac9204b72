"""Reading an archive in a bucket that somebody with the archiver's access key was at."""

import pickle
from datetime import UTC, datetime, timedelta

import pytest

from archive.bucket import BucketStore
from archive.bucket_files import BucketFiles
from archive.errors import MissingFileError, NoArchiveError, TooLargeError
from archive.s3_errors import RefusedError
from archive.store import NewObject
from archive.verify import read_order, verify_archive
from tests.archive.archive_scene import order, run
from tests.archive.memory_log import MemoryLog


def archive(log, bucket, streams):
    return run(log, bucket, streams, folder=BucketStore)


@pytest.fixture
def archived(bucket):
    """An archive of two orders in a bucket."""
    log = MemoryLog()
    streams = [order(log, "1"), order(log, "2")]
    archive(log, bucket, streams)
    return bucket


def history_of(bucket, number):
    [name] = [n for n, _ in bucket.versions("orders/") if f"/{number}_" in n]
    return name


def found(report):
    return {(finding.code, finding.object) for finding in report.findings}


def test_an_untouched_archive_is_intact(archived):
    report = verify_archive(BucketFiles(archived))

    assert (report.verdict, report.findings) == ("intact", [])
    assert not any("locks" in text for text in report.not_checked)


def test_a_delete_marker_hides_and_the_content_below_is_checked(archived):  # A-32 N-06
    name = history_of(archived, "1")
    archived.ask("delete_object", name)

    report = verify_archive(BucketFiles(archived))

    assert found(report) == {("HIDDEN", name)}
    assert (report.verdict, report.checked["histories"]) == ("incomplete", 2)


def test_a_hidden_order_is_still_read(archived):
    archived.ask("delete_object", history_of(archived, "1"))

    lines, _ = read_order(BucketFiles(archived), "order/de/1")

    assert len(lines) == 4


def test_an_order_that_is_not_hidden_is_intact(archived):
    archived.ask("delete_object", history_of(archived, "1"))

    _, report = read_order(BucketFiles(archived), "order/de/2")

    assert (report.verdict, report.findings) == ("intact", [])


def test_what_was_put_over_an_object_is_named_and_not_believed(archived):
    name = history_of(archived, "1")
    archived.ask("put_object", name, Body=b"forged")

    report = verify_archive(BucketFiles(archived))

    assert found(report) == {("HIDDEN", name)}
    assert report.checked["events"] == verify_archive(BucketFiles(archived)).checked["events"]


def test_the_same_content_put_over_an_object_accuses_nobody(archived):
    name = history_of(archived, "1")
    archived.ask("put_object", name, Body=archived.read(name)[1])

    assert verify_archive(BucketFiles(archived)).verdict == "intact"


def test_a_stored_object_cannot_be_destroyed_with_the_archivers_key(archived):
    name = history_of(archived, "1")
    [version] = archived.versions_of(name)
    sooner = {"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(days=1)}

    with pytest.raises(RefusedError):
        archived.ask("delete_object", name, VersionId=version.id)
    with pytest.raises(RefusedError):
        archived.ask("put_object_retention", name, VersionId=version.id, Retention=sooner)

    assert verify_archive(BucketFiles(archived)).verdict == "intact"


def test_an_older_checkpoint_put_back_is_seen(bucket):
    log = MemoryLog()
    archive(log, bucket, [order(log, "1")])
    older = bucket.read("log/checkpoint")[1]
    archive(log, bucket, [order(log, "2")])

    bucket.ask("put_object", "log/checkpoint", Body=older)

    assert verify_archive(BucketFiles(bucket)).verdict == "incomplete"


@pytest.mark.parametrize("lock", [None, "GOVERNANCE"])
def test_a_weak_lock_is_found(bucket, lock):
    class Careless(BucketStore):
        """An archiver that somebody changed."""

        def put_batch(self, objects):
            weak = [NewObject(each.path, each.data) for each in objects]
            stored = super().put_batch(weak)
            for each, there in zip(objects, stored, strict=True):
                if lock and each.retain_until:
                    until = datetime(2041, 3, 31, tzinfo=UTC)
                    bucket.ask(
                        "put_object_retention",
                        each.path,
                        VersionId=there.version,
                        Retention={"Mode": lock, "RetainUntilDate": until},
                    )
            return stored

    log = MemoryLog()
    run(log, bucket, [order(log, "1")], folder=Careless)

    report = verify_archive(BucketFiles(bucket))

    assert set(report.total) == {"LOCK_WEAK"}
    assert ("LOCK_WEAK", history_of(bucket, "1")) in found(report)
    assert {finding.found for finding in report.findings} == {lock or "no lock"}


def test_a_lock_that_ends_before_the_day_in_the_manifest_is_found(bucket):
    class Hasty(BucketStore):
        """An archiver that somebody changed."""

        def put_batch(self, objects):
            soon = datetime.now(UTC).date() + timedelta(days=30)
            return super().put_batch(
                [NewObject(each.path, each.data, each.retain_until and soon) for each in objects]
            )

    log = MemoryLog()
    run(log, bucket, [order(log, "1")], folder=Hasty)

    report = verify_archive(BucketFiles(bucket))

    assert ("RETENTION_TOO_SHORT", history_of(bucket, "1")) in found(report)
    assert set(report.total) == {"RETENTION_TOO_SHORT"}


def test_a_copy_of_the_bucket_says_that_its_versions_are_others(archived, new_bucket):
    copy = new_bucket()
    until = datetime(2045, 1, 1, tzinfo=UTC)
    for name, _ in archived.versions(""):
        lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        copy.ask("put_object", name, Body=archived.read(name)[1], **lock)

    report = verify_archive(BucketFiles(copy))

    assert (report.verdict, report.findings) == ("intact", [])
    assert any("as in a copy of the bucket" in text for text in report.not_checked)


def test_more_files_than_a_page_of_the_list_are_all_seen(bucket):  # N-06
    with BucketStore(bucket) as store:
        store.put_batch([NewObject(f"orders/de/{n:04}", b"%d" % n) for n in range(1_100)])
        store.put_new("log/checkpoints/1", b"note")
    for number in range(0, 1_100, 3):
        bucket.ask("delete_object", f"orders/de/{number:04}")

    files = BucketFiles(bucket)

    assert len(files.sizes) == 1_101
    assert len(files.odd) == 367
    assert files.read("orders/de/0999", 10) == b"999"


def test_versions_of_one_object_over_several_pages_stay_together(bucket, monkeypatch):  # N-06
    plain = bucket.ask
    for number in range(7):
        bucket.ask("put_object", "log/checkpoint", Body=b"%d" % number)
        bucket.ask("put_object", f"orders/{number}", Body=b"%d" % number)

    def in_small_pages(operation, path=None, **parameters):
        if operation == "list_object_versions":
            parameters["MaxKeys"] = 3
        return plain(operation, path, **parameters)

    monkeypatch.setattr(bucket, "ask", in_small_pages)

    listed = {name: len(versions) for name, versions in bucket.versions("")}

    assert listed == {"log/checkpoint": 7} | {f"orders/{number}": 1 for number in range(7)}
    assert BucketFiles(bucket).read("log/checkpoint", 10) == b"6"


def test_one_file_costs_one_request_and_no_list(archived, monkeypatch):
    asked = []
    plain = archived.ask

    def counting(operation, path=None, **parameters):
        asked.append(operation)
        return plain(operation, path, **parameters)

    monkeypatch.setattr(archived, "ask", counting)
    files = BucketFiles(archived)

    files.read("log/checkpoint", 10_000)
    files.read_range("README.txt", 5, 10)

    assert asked == ["get_object", "get_object"]


def test_a_part_of_a_file_is_that_part(archived):
    files = BucketFiles(archived)

    assert files.read_range("README.txt", 3, 9) == files.read("README.txt", 100_000)[3:12]


def test_a_file_that_is_missing_or_too_large_is_named_so(archived):
    files = BucketFiles(archived)

    with pytest.raises(MissingFileError):
        files.read("orders/none", 10)
    with pytest.raises(TooLargeError):
        files.read("README.txt", 10)
    with pytest.raises(MissingFileError):
        files.only(["log/checkpoint"]).read("README.txt", 100_000)


def test_an_empty_bucket_holds_no_archive(bucket):
    with pytest.raises(NoArchiveError, match="holds no archive"):
        verify_archive(BucketFiles(bucket))


def test_an_opened_archive_goes_to_another_process(archived):
    files = BucketFiles(archived)
    before = dict(files.sizes)

    other = pickle.loads(pickle.dumps(files))

    assert dict(other.sizes) == before
    assert other.read("README.txt", 100_000) == files.read("README.txt", 100_000)
