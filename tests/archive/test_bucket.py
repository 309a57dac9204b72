"""The archive in a bucket of a real S3 server: created once, locked, read back."""

from datetime import UTC, date, datetime, timedelta

import pytest

from archive import member
from archive.bucket import BucketStore
from archive.errors import StoreError
from archive.s3 import Bucket
from archive.s3_errors import BucketError, RefusedError
from archive.s3_place import Place, place_of
from archive.store import NewObject, ObjectDiffersError

UNTIL = date(2041, 3, 31)


@pytest.fixture
def store(bucket):
    with BucketStore(bucket) as opened:
        yield opened


def head(bucket, path, version=None):
    return bucket.ask("head_object", path, **({"VersionId": version} if version else {}))


def test_an_object_is_stored_with_its_lock_and_read_back(store, bucket):
    stored = store.put_new("orders/de/0a/1_20240501_r1.jsonl.gz", b"content", UNTIL)

    said = head(bucket, "orders/de/0a/1_20240501_r1.jsonl.gz", stored.version)
    assert stored.data == store.get("orders/de/0a/1_20240501_r1.jsonl.gz") == b"content"
    assert said["ObjectLockMode"] == "COMPLIANCE"
    assert said["ObjectLockRetainUntilDate"] == datetime(2041, 4, 1, tzinfo=UTC)


def test_an_object_without_a_date_is_not_locked(store, bucket):
    store.put_new("log/tile/0/000.p/7", b"content")

    assert "ObjectLockMode" not in head(bucket, "log/tile/0/000.p/7")


def test_a_lock_that_would_be_over_already_is_not_asked_for(store):
    assert store.put_new("manifests/3.json", b"content", date(2020, 1, 1)).version


def test_an_object_that_is_not_there_reads_as_none(store):
    assert store.get("manifests/3.json") is None
    assert not store.has("manifests/3.json")
    with pytest.raises(BucketError, match="is not there"), store.reading("manifests/3.json"):
        pass


def test_a_batch_is_stored_in_its_order(store):
    objects = [NewObject(f"orders/de/{n:02x}/a", b"content %d" % n, UNTIL) for n in range(50)]

    stored = store.put_batch(objects)

    assert [each.data for each in stored] == [each.data for each in objects]
    assert len({each.version for each in stored}) == 50
    assert store.get("orders/de/07/a") == b"content 7"


def test_the_same_bytes_again_make_no_second_version(store, bucket):
    first = store.put_new("manifests/3.json", b"content", UNTIL)

    again = store.put_new("manifests/3.json", b"content", UNTIL)

    assert again == first
    assert len(bucket.versions_of("manifests/3.json")) == 1


def test_the_same_text_compressed_otherwise_keeps_the_stored_bytes(store, monkeypatch):
    text = b"a line that compresses well\n" * 100
    monkeypatch.setattr(member, "LEVEL", 1)
    fast = member.compress(text)
    monkeypatch.undo()
    first = store.put_new("orders/a.jsonl.gz", fast, UNTIL)

    assert store.put_new("orders/a.jsonl.gz", member.compress(text), UNTIL) == first


def test_another_content_is_refused_and_the_stored_one_stays(store, bucket):
    store.put_new("manifests/3.json", b"content", UNTIL)

    with pytest.raises(ObjectDiffersError, match=r"manifests/3\.json is there already"):
        store.put_new("manifests/3.json", b"Content", UNTIL)

    assert store.get("manifests/3.json") == b"content"
    assert len(bucket.versions_of("manifests/3.json")) == 1


def test_a_lock_is_only_ever_extended(store, bucket):
    store.put_new("manifests/3.json", b"content", UNTIL)

    store.put_new("manifests/3.json", b"content", date(2040, 1, 1))
    shorter = head(bucket, "manifests/3.json")["ObjectLockRetainUntilDate"]
    store.put_new("manifests/3.json", b"content", date(2042, 1, 1))
    longer = head(bucket, "manifests/3.json")["ObjectLockRetainUntilDate"]

    assert (shorter.year, longer.year) == (2041, 2042)


def test_an_object_that_was_left_without_its_lock_gets_it(store, bucket):
    """Who was killed between two requests, or wrote with an older release, left it so."""
    bucket.ask("put_object", "manifests/3.json", Body=b"content")

    store.put_new("manifests/3.json", b"content", UNTIL)

    assert head(bucket, "manifests/3.json")["ObjectLockMode"] == "COMPLIANCE"


def test_nobody_can_shorten_or_delete_what_is_locked(store, bucket):
    stored = store.put_new("manifests/3.json", b"content", UNTIL)
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(days=1)}

    with pytest.raises(RefusedError):
        bucket.ask("delete_object", "manifests/3.json", VersionId=stored.version)
    with pytest.raises(RefusedError):
        bucket.ask(
            "put_object_retention", "manifests/3.json", VersionId=stored.version, Retention=shorter
        )

    assert store.get("manifests/3.json") == b"content"


def test_an_object_below_a_delete_marker_is_still_there(store, bucket):
    store.put_new("manifests/3.json", b"content", UNTIL)
    bucket.ask("delete_object", "manifests/3.json")

    assert store.get("manifests/3.json") == b"content"
    assert store.has("manifests/3.json")
    assert store.names("manifests") == ["3.json"]


def test_the_newest_checkpoint_is_replaced(store):
    store.replace("log/checkpoint", [b"old"])

    store.replace("log/checkpoint", [b"ne", b"w"])

    assert store.get("log/checkpoint") == b"new"


def test_open_lines_are_deleted_with_every_version(store, bucket):
    store.replace("open/7.jsonl.gz", [b"old"])
    store.replace("open/7.jsonl.gz", [b"new"])
    store.replace("open/9.jsonl.gz", [b"newer"])

    store.delete("open/7.jsonl.gz")

    assert store.names("open") == ["9.jsonl.gz"]
    assert bucket.versions_of("open/7.jsonl.gz") == []


@pytest.mark.parametrize("path", ["manifests/3.json", "log/checkpoints/3", "open/3/x"])
def test_nothing_else_is_replaced_or_deleted(store, path):
    store.put_new(path, b"content")

    with pytest.raises(StoreError, match="never replaced"):
        store.replace(path, [b"other"])
    with pytest.raises(StoreError, match="never deleted"):
        store.delete(path)

    assert store.get(path) == b"content"


def test_a_legal_hold_is_put_on_and_taken_off(store, bucket):
    store.put_new("orders/a.jsonl.gz", b"content", UNTIL)

    store.hold("orders/a.jsonl.gz", on=True)
    held = head(bucket, "orders/a.jsonl.gz")["ObjectLockLegalHoldStatus"]
    store.hold("orders/a.jsonl.gz", on=False)
    released = head(bucket, "orders/a.jsonl.gz").get("ObjectLockLegalHoldStatus", "OFF")

    assert (held, released) == ("ON", "OFF")


def test_a_lock_is_extended_and_never_shortened(store, bucket):
    store.put_new("orders/a.jsonl.gz", b"content", UNTIL)

    store.extend("orders/a.jsonl.gz", date(2045, 1, 1))
    store.extend("orders/a.jsonl.gz", date(2042, 1, 1))

    until = head(bucket, "orders/a.jsonl.gz")["ObjectLockRetainUntilDate"]
    assert until == datetime(2045, 1, 2, tzinfo=UTC)


def test_only_what_is_neither_locked_nor_held_goes(store, bucket):
    store.put_new("orders/free", b"content")
    store.put_new("orders/held", b"content")
    store.put_new("orders/locked", b"content", UNTIL)
    store.hold("orders/held", on=True)

    store.expire("orders/free")
    for kept in ("orders/held", "orders/locked"):
        with pytest.raises(RefusedError):
            store.expire(kept)

    assert bucket.versions_of("orders/free") == []
    assert store.names("orders") == ["held", "locked"]


def test_what_is_not_there_cannot_be_held(store):
    with pytest.raises(BucketError, match="is not there"):
        store.hold("orders/a.jsonl.gz", on=True)


def test_names_are_those_directly_in_a_folder(store):
    for path in ("log/checkpoints/3", "log/checkpoints/12", "log/checkpoints/x/y", "log/other"):
        store.put_new(path, b"content")

    assert store.names("log/checkpoints") == ["12", "3"]
    assert store.names("log/nothing") == []


def test_objects_are_encrypted_as_asked(new_bucket):
    plain = new_bucket()
    place = Place(plain.place.bucket, "archive", plain.place.endpoint, encryption="AES256")
    encrypted = Bucket(place, plain._credentials)
    with BucketStore(encrypted) as store:
        store.put_new("manifests/3.json", b"content", UNTIL)

        assert head(encrypted, "manifests/3.json")["ServerSideEncryption"] == "AES256"
        assert store.get("manifests/3.json") == b"content"


def test_a_bucket_without_versions_is_refused(s3, new_bucket):
    plain = new_bucket()
    plain._client.create_bucket(Bucket="plain-one")
    bucket = Bucket(Place("plain-one", "", s3.endpoint), s3.credentials)
    with BucketStore(bucket) as store, pytest.raises(BucketError, match="keeps no versions"):
        store.put_new("manifests/3.json", b"content")


def test_where_one_version_cannot_be_insisted_on_the_first_is_kept(bucket):
    """Some servers ignore If-None-Match: a rerun finds by listing what it wrote before."""
    with BucketStore(bucket, create_once=False) as store:
        first = store.put_new("manifests/3.json", b"content", UNTIL)
        again = store.put_new("manifests/3.json", b"content", UNTIL)
        with pytest.raises(ObjectDiffersError):
            store.put_new("manifests/3.json", b"other", UNTIL)

    assert again == first
    assert len(bucket.versions_of("manifests/3.json")) == 1


@pytest.mark.parametrize(
    ("address", "bucket", "prefix"),
    [
        ("s3://proof", "proof", ""),
        ("s3://proof/", "proof", ""),
        ("s3://proof/a/b/", "proof", "a/b"),
        ("s3://my.proof-1/a%20b", "my.proof-1", "a b"),
    ],
)
def test_an_address_names_bucket_and_prefix(address, bucket, prefix):
    place = place_of(address)

    assert (place.bucket, place.prefix) == (bucket, prefix)
    assert place_of(place.address) == place


@pytest.mark.parametrize(
    "address",
    [
        "s3://",
        "s3:///a",
        "http://b",
        "s3://key:secret@b/a",
        "s3://b:80/a",
        "s3://b/a//c",
        "s3://b/..",
    ],
)
def test_other_addresses_are_refused_without_repeating_them(address):
    with pytest.raises(BucketError) as error:
        place_of(address)

    assert "secret" not in str(error.value)
