"""The probe of a bucket: it believes what the bucket holds, not what it says."""

from datetime import datetime
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from archive.bucket_probe import CANARIES, creates_once, has_passed, probe, unfinished_uploads
from archive.s3 import Bucket
from archive.s3_client import Credentials, connect
from archive.s3_place import Place


def failed(checks):
    return {check.name: check.detail for check in checks if not check.passed}


@pytest.fixture
def made(s3):
    """Make a bucket as somebody would by mistake, and open it."""

    def make(*, lock=True, default=None):
        name = f"test-{uuid4().hex}"
        client = connect(s3.endpoint, s3.credentials)
        client.create_bucket(Bucket=name, **({"ObjectLockEnabledForBucket": True} if lock else {}))
        if default:
            client.put_object_lock_configuration(
                Bucket=name,
                ObjectLockConfiguration={
                    "ObjectLockEnabled": "Enabled",
                    "Rule": {"DefaultRetention": default},
                },
            )
        return Bucket(Place(name, "shop", s3.endpoint), s3.credentials)

    return make


def test_a_bucket_that_keeps_what_is_locked_passes_and_holds_nothing_but_a_canary(bucket):
    checks = probe(bucket)

    assert failed(checks) == {}
    assert has_passed(checks)
    assert creates_once(checks)
    left = dict(bucket.beside(CANARIES).versions(""))
    assert [len(versions) for versions in left.values()] == [1]
    assert list(bucket.versions("")) == []


def test_encryption_is_tried_where_it_is_asked_for(bucket, s3):
    place = Place(bucket.place.bucket, "archive", s3.endpoint, encryption="AES256")

    checks = probe(Bucket(place, s3.credentials))

    assert "it is encrypted as asked" in {check.name for check in checks}
    assert has_passed(checks)


@pytest.mark.parametrize(
    ("how", "check", "reason"),
    [
        ({"lock": False}, "the bucket has Object Lock", "make another one"),
        ({"default": {"Mode": "GOVERNANCE", "Days": 1}}, "no default retention", "GOVERNANCE"),
        ({"default": {"Mode": "COMPLIANCE", "Days": 30}}, "no default retention", "30 days"),
        ({"default": {"Mode": "COMPLIANCE", "Years": 1}}, "no default retention", "1 years"),
    ],
)
def test_a_bucket_that_would_not_do_is_named_with_the_reason(made, how, check, reason):
    bucket = made(**how)

    checks = probe(bucket)

    assert not has_passed(checks)
    assert reason in failed(checks)[check]
    assert list(bucket.beside(CANARIES).versions("")) == []


def test_an_imitation_that_lets_go_of_locks_is_found_out():
    """moto takes every attempt on a lock: what a green test there proves is nothing."""
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="imitation", ObjectLockEnabledForBucket=True)

        checks = probe(Bucket(Place("imitation", "shop"), Credentials("key", "secret")))

    assert not has_passed(checks)
    assert "its lock cannot be shortened" in failed(checks)


def test_uploads_in_parts_that_nobody_finished_are_listed_and_are_no_objects(bucket):  # C-07
    for name in ("orders/de/1", "orders/de/2"):
        begun = bucket.ask("create_multipart_upload", name)
        bucket.ask("upload_part", name, UploadId=begun["UploadId"], PartNumber=1, Body=b"half")

    found = unfinished_uploads(bucket)

    assert [each.name for each in found] == ["orders/de/1", "orders/de/2"]
    assert all(datetime.fromisoformat(each.begun).tzinfo for each in found)
    assert list(bucket.versions("")) == []
