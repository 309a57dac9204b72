"""`orderproof retention`, end to end, with the database's clock set on."""

import gzip
import json
import re
import shutil
from datetime import timedelta

import psycopg2
import pytest

from archive import expiry
from archive.verify import heartbeats
from orderproof import postgres
from tests.orderproof.erase_scene import MAX, event, lines, placed

BY = ("--by", "staff-1", "--yes", "--json")


@pytest.fixture
def clock(migrated_database, monkeypatch):
    """Set the clock that events are recorded by. Years pass here without their heartbeats."""
    monkeypatch.setattr(heartbeats, "LONGEST_PAUSE", timedelta.max)

    def clock(moment):
        with psycopg2.connect(migrated_database) as connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION log_clock() RETURNS timestamptz LANGUAGE sql VOLATILE"
                f" AS $$ SELECT '{moment}'::timestamptz $$"
            )
        connection.close()

    clock("2024-05-05T10:00:00Z")
    return clock


@pytest.fixture(params=["per-order", "pack"])
def layout(request):
    return request.param


@pytest.fixture
def shop(clock, data, orderproof, tmp_path, layout):
    """Four orders, sealed in 2024: to Germany (2033), to Canada (2031), and two default (2028)."""

    def record(events):
        file = tmp_path / "more.jsonl"
        file.write_text(lines(events))
        assert orderproof("import", file, "--data", data).code == 0

    def shop(*arguments):
        return orderproof(*arguments, "--data", data)

    shop.record = record
    shop.archive = lambda: orderproof("archive", "--all", "--layout", layout, "--data", data)
    shop.files = lambda: {
        str(p.relative_to(data / "archive"))
        for top in ("orders", "packs")
        for p in (data / "archive" / top).rglob("*")
        if p.is_file()
    }
    record([
        placed("de/1", MAX, ship_to={"country": "DE"}),
        placed("de/2", MAX, ship_to={"country": "CA"}),
        placed("de/3", MAX),
        placed("de/4", MAX),
    ])  # fmt: skip
    assert shop.archive().code == 0
    return shop


def names(rows):
    return sorted(row["order"] for row in rows)


#
def test_the_report_says_what_expires_when_by_class_and_what_is_held(shop):
    hold = shop("hold", "add", "de/4", "--reason", "case 7", "--by", "staff-1", "--json").json
    assert shop.archive().code == 0
    now = shop("retention", "report", "--json").json
    later = shop("retention", "report", "--as-of", "2032-01-01", "--json").json

    classes = {one["class"]: one["until"] for one in now["classes"]}
    assert classes == {
        "default": {"2028-03-31": 2},
        "ca-income-tax": {"2031-03-31": 1},
        "de-vouchers": {"2033-03-31": 1},
    }
    assert (now["expired"], now["held"]) == ([], [])
    assert names(later["expired"]) == ["2", "3"]
    assert [(one["order"], one["hold_id"]) for one in later["held"]] == [("4", hold["hold_id"])]
    assert "case 7" in shop("retention", "report", "--as-of", "2032-01-01").out


def test_nothing_goes_on_the_last_day_and_without_yes_nothing_ever(shop, clock):
    before = shop.files()
    clock("2028-03-31T23:00:00Z")
    on_the_day = shop("retention", "apply", *BY)
    clock("2028-04-01T00:00:00Z")
    asked = shop("retention", "apply", "--by", "staff-1", "--json")

    assert (on_the_day.code, on_the_day.json["done"]["files"]) == (0, 0)
    assert asked.code == 2
    assert names(asked.json["plan"]["expired"]) == ["3", "4"]
    assert shop.files() == before


#
def test_only_what_is_expired_and_unheld_goes_and_the_archive_still_verifies(
    shop, clock, data, layout
):
    hold = shop("hold", "add", "de/4", "--reason", "case 7", "--by", "staff-1", "--json").json
    assert shop.archive().code == 0
    before = shop.files()
    clock("2032-01-01T00:00:00Z")

    first = shop("retention", "apply", *BY)
    left = shop.files()
    shop("hold", "release", hold["hold_id"], "--reason", "over", "--by", "staff-1")
    assert shop.archive().code == 0
    clock("2040-01-01T00:00:00Z")  # the hold's end was sealed in 2032, which counts from then
    second = shop("retention", "apply", *BY)

    assert first.code == second.code == 0, first.err + second.err
    # A pack goes as a whole: the two default orders lie in one.
    gone = {"per-order": 2, "pack": 1}[layout]
    assert first.json["done"]["files"] == len(before - left) == gone
    assert not {name for name in shop.files() if name in before}
    done = shop("verify", data / "archive", "--json")
    assert (done.code, done.json["verdict"]) == (0, "intact")


#
def test_attachments_go_with_their_order_and_a_hold_keeps_them(shop, clock, data, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("left with the porter")
    kept, going, held = (
        shop("evidence", "add", order, note, "--json").json["sealed_sha256"]
        for order in ("de/1", "de/2", "de/4")
    )
    shop("hold", "add", "de/4", "--reason", "case 7", "--by", "staff-1")
    assert shop.archive().code == 0
    clock("2032-01-01T00:00:00Z")

    assert shop("retention", "apply", *BY).code == 0

    assert {p.name for p in (data / "archive").glob("evidence/??/*")} == {kept, held}
    done = shop("verify", data / "archive", "--json")
    assert (done.code, done.json["checked"]["attachments"]) == (0, 2)
    # The store keeps what it recorded, as it keeps the events.
    out = tmp_path / "out"
    [one] = shop("evidence", "list", "de/2", "--json").json["attachments"]
    assert one["sealed_sha256"] == going
    assert shop("evidence", "get", "de/2", one["id"], "--out", out).code == 0


def test_a_run_that_was_killed_before_it_deleted_goes_on(shop, clock, data, monkeypatch):
    clock("2040-01-01T00:00:00Z")
    before = shop.files()

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(expiry, "delete_listed", killed)
        assert shop("retention", "apply", *BY).code == 130
    assert shop.files() == before
    assert shop("verify", data / "archive").code == 0

    again = shop("retention", "apply", *BY)

    assert again.code == 0
    assert again.json["done"]["files"] == len(before)
    assert shop("verify", data / "archive").code == 0
    assert shop("retention", "apply", *BY).json["done"]["files"] == 0


def test_a_hold_that_comes_between_list_and_deletion_keeps_the_order(
    shop, clock, data, monkeypatch
):
    clock("2040-01-01T00:00:00Z")

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(expiry, "delete_listed", killed)
        shop("retention", "apply", *BY)
    shop("hold", "add", "de/2", "--reason", "case 7", "--by", "staff-1")

    shop("retention", "apply", *BY)

    assert len(shop.files()) == 1
    assert shop("verify", data / "archive").code == 0


#
def test_a_class_that_became_longer_extends_what_is_sealed_and_never_shortens(
    shop, clock, data, monkeypatch
):
    monkeypatch.setenv("ORDERPROOF_SELLER_SEAT", "FR")
    planned = shop("retention", "apply", "--by", "staff-1", "--json").json["plan"]
    done = shop("retention", "apply", *BY)
    monkeypatch.setenv("ORDERPROOF_SELLER_SEAT", "CA")
    after = shop("retention", "report", "--json").json

    assert names(planned["to_extend"]) == ["1", "2", "3", "4"]
    assert (done.json["done"]["extended"], done.json["done"]["files"]) == (4, 0)
    assert {one["class"]: one["until"] for one in after["classes"]} == {
        "fr-contract": {"2035-03-31": 4}
    }
    clock("2035-03-31T10:00:00Z")
    assert shop("retention", "apply", *BY).json["done"]["files"] == 0
    assert shop("verify", data / "archive").code == 0


def test_an_order_with_events_after_its_seal_stays(shop, clock):
    shop.record([event("de/3", "late", "message.received", {"message_id": "m9"})])
    clock("2029-01-01T00:00:00Z")

    report = shop("retention", "report", "--json").json

    assert names(report["expired"]) == ["4"]
    assert report["not_sealed"] == 1


def test_what_was_deleted_is_listed_without_anything_of_its_content(shop, clock, data):
    clock("2040-01-01T00:00:00Z")

    [digest] = shop("retention", "apply", *BY).json["done"]["lists"]

    listed = gzip.decompress((data / "archive" / "retired" / f"{digest}.jsonl.gz").read_bytes())
    header, *rows = map(json.loads, listed.splitlines())
    assert (header["as_of"], header["histories"]) == ("2040-01-01", 4)
    assert not re.search(r"placed|buyer|total", listed.decode())
    assert all('"type":"history.sealed"' in row["seal"] for row in rows)


@pytest.fixture
def deleted(shop, clock, data):
    """The archive after the four orders' time, with one that came in since."""
    clock("2040-01-01T00:00:00Z")
    assert shop("retention", "apply", *BY).code == 0
    shop.record([placed("de/5", MAX)])
    assert shop.archive().code == 0
    return data / "archive"


#
def test_a_claim_on_a_deleted_order_says_that_it_was_deleted_and_why(deleted, orderproof):
    gone = orderproof("claim", "de/3", "--from-archive", deleted, "--json")
    other = orderproof("claim", "de/33", "--from-archive", deleted, "--json")
    there = orderproof("claim", "de/5", "--from-archive", deleted, "--json")

    assert (gone.code, other.code, there.code) == (6, 6, 0)
    told = gone.json
    assert told["deleted_after_retention"] == {
        "kept_until": "2028-03-31", "listed_on": "2040-01-01",
    }  # fmt: skip
    assert "deleted_after_retention" not in other.out + other.err
    assert "was deleted" in orderproof("claim", "3", "--from-archive", deleted).err


@pytest.fixture
def restored(shop, orderproof, data, monkeypatch, tmp_path, other_database):
    """Restore the archive into an empty database, beside a copy of the keys."""

    def restored():
        monkeypatch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(other_database))
        folder = tmp_path / "other"
        folder.mkdir()
        shutil.copytree(data / "keys", folder / "keys")
        shutil.copy(data / "settings.toml", folder / "settings.toml")
        return orderproof("restore", "--from-archive", data / "archive", "--data", folder, "--json")

    return restored


#
def test_a_store_is_not_restored_from_an_archive_that_histories_were_deleted_from(
    deleted, restored, orderproof, other_database
):
    done = restored()

    told = done.json
    assert (done.code, told["deleted_after_retention"]) == (8, 4)
    assert orderproof("verify", deleted).code == 0
    with psycopg2.connect(other_database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events")
        assert cursor.fetchone() == (0,)
    connection.close()


def test_a_store_is_restored_from_an_archive_that_stood_still_for_a_month(
    shop, clock, restored, orderproof, data, monkeypatch
):
    monkeypatch.setattr(heartbeats, "LONGEST_PAUSE", timedelta(days=3))
    clock("2024-06-05T10:00:00Z")
    shop.record([placed("de/5", MAX)])
    assert shop.archive().code == 0
    [stalled] = orderproof("verify", data / "archive", "--json").json["findings"]

    done = restored()

    assert stalled["code"] == "LOG_STALLED"
    assert done.code == 0, done.err
