"""Whoever writes an archive in a bucket is the only one: archiver, holds and keys take turns."""

import pytest

from archive.folder import Folder
from eventstore.archive_log import ArchiveLog
from orderproof import installation, key_changes
from orderproof.bootstrap import open_store
from tests.orderproof.erase_scene import MAX, lines, placed
from tests.orderproof.test_outside_keys import witness_key

BUSY = "another archiver is writing this archive"
WHY = ("--reason", "case 7", "--by", "staff-1", "--json")


@pytest.fixture
def shop(data, orderproof, tmp_path):
    """Archive an order where the settings say, and run verbs."""

    def shop(*arguments):
        return orderproof(*arguments, "--data", data)

    def archived():
        file = tmp_path / "events.jsonl"
        file.write_text(lines([placed("de/1", MAX)]))
        assert shop("import", file).code == 0
        assert shop("archive", "--all").code == 0
        (data / "keys/root-1.pem").rename(tmp_path / "root.pem")

    shop.archived = archived
    shop.root = ("--root", tmp_path / "root.pem", "--json")
    return shop


@pytest.fixture
def archiver(data):
    """Another process's archiver, as its lock looks: let it go to end it."""
    with open_store(installation.find(data)) as store:

        def begin():
            assert ArchiveLog(store.connection).be_the_archiver()

        yield begin, store.connection.close


def held(bucket):
    names = [name for name, _ in bucket.versions("orders/")]
    said = [bucket.ask("head_object", name).get("ObjectLockLegalHoldStatus") for name in names]
    return [status == "ON" for status in said]


def test_a_hold_beside_an_archiver_is_in_force_and_put_on_by_the_next_run(
    address, bucket, shop, archiver
):
    begin, end = archiver
    shop.archived()
    begin()

    done = shop("hold", "add", "de/1", *WHY)
    before = held(bucket)
    listed = shop("hold", "list", "--json").json["holds"]
    end()
    assert shop("archive").code == 0

    assert (done.code, done.json["objects_held"]) == (7, None)
    assert [each["hold_id"] for each in listed] == [done.json["hold_id"]]
    assert (before, held(bucket)) == ([False], [True])
    assert shop("hold", "add", "de/1", *WHY).json["objects_held"] == 1, "nobody writes now"
    assert shop("verify", address).code == 0


@pytest.mark.parametrize(
    "verb",
    [
        ("rotate",),
        ("revoke", "NAMED", "--reason", "lost"),
        ("witness", "add", witness_key()),
    ],
    ids=lambda verb: verb[0],
)
def test_keys_do_not_change_beside_an_archiver(address, data, shop, archiver, verb):
    begin, end = archiver
    shop.archived()
    keys = sorted(each.name for each in (data / "keys").iterdir())
    before = shop("key", "list", "--json").json
    arguments = [before["keys"][0]["key"] if part == "NAMED" else part for part in verb]
    begin()

    refused = shop("key", *arguments, *shop.root)
    after = shop("key", "list", "--json").json
    left = sorted(each.name for each in (data / "keys").iterdir())
    end()
    done = shop("key", *arguments, *shop.root)

    assert (refused.code, refused.json["error"]) == (5, BUSY)
    assert (after, left) == (before, keys)
    assert (done.code, done.json["in_force"]) == (0, True)
    assert shop("archive").code == 0
    assert shop("verify", address).code == 0


def test_an_archiver_does_not_begin_while_keys_change(address, data, shop, monkeypatch):
    shop.archived()
    beside = []
    signed_size = key_changes._signed_size

    def while_archiving(store):
        size = signed_size(store)
        beside.append(shop("archive", "--all", "--json"))
        return size

    monkeypatch.setattr(key_changes, "_signed_size", while_archiving)

    assert shop("key", "rotate", *shop.root).code == 0
    assert [(each.code, each.json["error"]) for each in beside] == [(5, BUSY)]


def test_a_hold_beside_an_archiver_of_a_folder_is_in_force_as_well(data, shop):
    shop.archived()
    with Folder(data / "archive"):
        done = shop("hold", "add", "de/1", *WHY)
        told = shop("hold", "add", "de/1", *WHY[:-1])

    assert (done.code, done.json["objects_held"]) == (7, None)
    assert "by the next run of orderproof archive" in told.out
    assert len(shop("hold", "list", "--json").json["holds"]) == 2
