"""Holds and retention on the objects of a real bucket."""

from datetime import UTC, date, datetime, timedelta

import pytest

from archive.bucket import BucketStore
from archive.s3_errors import RefusedError
from archive.store import NewObject
from tests.orderproof.erase_scene import MAX, event, lines, placed


@pytest.fixture
def shop(bucket, s3, monkeypatch, data, orderproof, tmp_path):
    monkeypatch.setenv("ORDERPROOF_S3_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.credentials.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.credentials.secret)
    monkeypatch.setenv("ORDERPROOF_ARCHIVE_URL", bucket.place.address)

    def shop(*arguments):
        return orderproof(*arguments, "--data", data)

    def record(events, layout="per-order"):
        file = tmp_path / "events.jsonl"
        file.write_text(lines(events))
        assert shop("import", file).code == 0
        assert shop("archive", "--all", "--layout", layout).code == 0

    shop.record = record
    record([placed("de/1", MAX), placed("de/2", MAX)])
    return shop


def objects(bucket, order):
    found = [v for _, versions in bucket.versions("orders/") for v in versions if not v.marker]
    return {v.name: v for v in found if f"/{order}_" in v.name}


def head(bucket, version):
    return bucket.ask("head_object", version.name, VersionId=version.id)


def verified(shop, bucket):
    done = shop_verify(shop, bucket)
    return done.code, {found["code"] for found in done.json["findings"]}


def shop_verify(shop, bucket):
    return shop("verify", bucket.place.address, "--json")


def hold(shop, order):
    why = ("--reason", "case 7", "--by", "staff-1", "--json")
    return shop("hold", "add", order, *why)


#
def test_a_hold_lies_on_every_revision_until_it_is_released(shop, bucket):
    done = hold(shop, "de/1")
    shop.record([event("de/1", "late", "message.received", {"message_id": "m9"})])

    mine, others = objects(bucket, 1), objects(bucket, 2)
    on = {k: head(bucket, v).get("ObjectLockLegalHoldStatus") for k, v in mine.items()}
    off = {head(bucket, v).get("ObjectLockLegalHoldStatus", "OFF") for v in others.values()}
    assert (len(on), set(on.values()), off) == (2, {"ON"}, {"OFF"})
    assert verified(shop, bucket) == (0, set())

    shop("hold", "release", done.json["hold_id"], "--reason", "over", "--by", "staff-1")
    assert verified(shop, bucket) == (0, set())
    assert shop("archive").code == 0

    states = {head(bucket, v).get("ObjectLockLegalHoldStatus", "OFF") for v in mine.values()}
    assert states == {"OFF"}


def state(bucket, top):
    """Return the holds on the objects of a folder, and the years in which their locks end."""
    found = [v for _, versions in bucket.versions(top) for v in versions if not v.marker]
    heads = [head(bucket, version) for version in found]
    return (
        [each.get("ObjectLockLegalHoldStatus", "OFF") for each in heads],
        {each["ObjectLockRetainUntilDate"].year for each in heads},
    )


#
def test_a_packed_order_is_held_and_kept_longer_with_its_pack_and_its_copy(
    shop, bucket, monkeypatch
):
    shop.record([placed("de/5", MAX), placed("de/6", MAX)], layout="pack")
    first = hold(shop, "de/5").json
    assert first["objects_held"] == 1
    assert state(bucket, "packs/")[0] == ["ON"]
    assert shop("archive").code == 0  # copies what is held
    hold(shop, "de/6")
    assert shop("archive").code == 0
    assert (state(bucket, "packs/")[0], state(bucket, "holds/")[0]) == (["ON"], ["ON", "ON"])
    assert verified(shop, bucket) == (0, set())

    shop("hold", "release", first["hold_id"], "--reason", "over", "--by", "staff-1")
    assert verified(shop, bucket) == (0, set())
    assert shop("archive", "--all").code == 0

    assert state(bucket, "packs/")[0] == ["ON"]  # the other order lies in it
    assert sorted(state(bucket, "holds/")[0]) == ["OFF", "ON"]
    assert verified(shop, bucket) == (0, set())

    [before] = state(bucket, "packs/")[1]
    monkeypatch.setenv("ORDERPROOF_SELLER_SEAT", "FR")
    assert shop("retention", "apply", "--by", "staff-1", "--yes").code == 0

    assert state(bucket, "packs/")[1] == state(bucket, "holds/")[1] == {before + 7}
    assert verified(shop, bucket) == (0, set())


# HOLD_NOT_APPLIED: whoever may set holds took it off the object.
def test_a_hold_that_is_recorded_and_not_on_the_object_is_found(shop, bucket):
    hold(shop, "de/1")
    assert shop("archive", "--all").code == 0
    for version in objects(bucket, 1).values():
        bucket.ask("put_object_legal_hold", version.name, VersionId=version.id,
                   LegalHold={"Status": "OFF"})  # fmt: skip

    assert verified(shop, bucket) == (4, {"HOLD_NOT_APPLIED"})

    assert shop("archive", "--all").code == 0  # puts it on again
    assert verified(shop, bucket)[1] == set()


def test_what_is_locked_or_held_does_not_go(bucket):
    with BucketStore(bucket) as store:
        store.put_new("orders/de/0a/1_r1", b"locked", date(2041, 3, 31))
        store.put_new("orders/de/0a/2_r1", b"held")
        store.put_new("orders/de/0a/3_r1", b"free")
        store.hold("orders/de/0a/2_r1", on=True)
        for path in ("orders/de/0a/1_r1", "orders/de/0a/2_r1"):
            with pytest.raises(RefusedError):
                store.expire(path)
            assert store.has(path)

        store.expire("orders/de/0a/3_r1")

        assert not store.has("orders/de/0a/3_r1")
        assert bucket.versions_of("orders/de/0a/3_r1") == []


#
def test_a_lock_is_extended_and_never_shortened(bucket):
    with BucketStore(bucket) as store:
        store.put_new("orders/de/0a/1_r1", b"locked", date(2041, 3, 31))
        store.extend("orders/de/0a/1_r1", date(2040, 1, 1))
        first = store_lock(bucket)
        store.extend("orders/de/0a/1_r1", date(2045, 3, 31))

        assert (first.year, store_lock(bucket).year) == (2041, 2045)


def store_lock(bucket):
    return bucket.ask("head_object", "orders/de/0a/1_r1")["ObjectLockRetainUntilDate"]


# RETENTION_TOO_SHORT: the insider stores an object under a lock that ends before the seal's day.
def test_a_lock_that_ends_before_the_day_of_the_seal_is_found(shop, bucket, monkeypatch):
    short = datetime.now(UTC).date() + timedelta(days=30)
    real = BucketStore.put_batch
    monkeypatch.setattr(
        BucketStore, "put_batch",
        lambda self, new: real(self, [
            NewObject(each.path, each.data, short) if each.path.startswith("orders/") else each
            for each in new
        ]),
    )  # fmt: skip
    shop.record([placed("de/3", MAX)])

    assert verified(shop, bucket) == (4, {"RETENTION_TOO_SHORT"})


def test_a_class_that_became_longer_extends_the_locks(shop, bucket, monkeypatch):
    [version] = objects(bucket, 1).values()
    before = head(bucket, version)["ObjectLockRetainUntilDate"]
    monkeypatch.setenv("ORDERPROOF_SELLER_SEAT", "FR")

    done = shop("retention", "apply", "--by", "staff-1", "--yes", "--json")

    assert (done.code, done.json["done"]["extended"]) == (0, 2), done.err
    after = {head(bucket, v)["ObjectLockRetainUntilDate"].year for v in objects(bucket, 1).values()}
    assert after == {before.year + 7}
    assert verified(shop, bucket) == (0, set())


def attached(bucket):
    """Return hold and year of the lock, None for none, of each attachment."""
    found = [v for _, versions in bucket.versions("evidence/") for v in versions if not v.marker]
    states = {}
    for version in found:
        said = head(bucket, version)
        until = said.get("ObjectLockRetainUntilDate")
        on = said.get("ObjectLockLegalHoldStatus", "OFF")
        states[version.name.rpartition("/")[2]] = (on, until and until.year)
    return states


#
@pytest.mark.parametrize("layout", ["per-order", "pack"])
def test_attachments_are_locked_held_and_kept_longer_with_their_order(
    shop, bucket, monkeypatch, tmp_path, layout
):
    note = tmp_path / "note.txt"
    note.write_text("left with the porter")
    mine, other = (
        shop("evidence", "add", order, note, "--json").json["sealed_sha256"]
        for order in ("de/1", "de/2")
    )
    assert shop("archive", "--closed-before", "2001-01-01").code == 0
    # No seal dates them yet.
    assert attached(bucket) == {mine: ("OFF", None), other: ("OFF", None)}
    assert verified(shop, bucket) == (0, set())

    assert shop("archive", "--order", "de/1", "--layout", layout).code == 0
    year = attached(bucket)[mine][1]
    assert (year is not None, attached(bucket)[other]) == (True, ("OFF", None))
    assert verified(shop, bucket) == (0, set())

    held = hold(shop, "de/1").json
    assert attached(bucket)[mine] == ("ON", year)
    assert shop("archive", "--all", "--layout", layout).code == 0
    assert attached(bucket)[other] == ("OFF", year)
    assert verified(shop, bucket) == (0, set())

    shop("hold", "release", held["hold_id"], "--reason", "over", "--by", "staff-1")
    assert shop("archive", "--all", "--layout", layout).code == 0
    assert attached(bucket)[mine] == ("OFF", year)
    monkeypatch.setenv("ORDERPROOF_SELLER_SEAT", "FR")
    assert shop("retention", "apply", "--by", "staff-1", "--yes").code == 0
    assert attached(bucket) == {mine: ("OFF", year + 7), other: ("OFF", year + 7)}
    assert verified(shop, bucket) == (0, set())


def test_an_attachment_that_is_not_held_or_not_locked_for_so_long_is_found(shop, bucket, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("left with the porter")
    shop("evidence", "add", "de/1", note)
    assert shop("archive", "--all").code == 0
    hold(shop, "de/1")
    assert shop("archive", "--all").code == 0
    [name] = [n for n, _ in bucket.versions("evidence/")]
    with BucketStore(bucket) as store:
        store.hold(name, on=False)

    assert verified(shop, bucket) == (4, {"HOLD_NOT_APPLIED"})
