"""What was deleted after its retention is proved to have been due; nothing else may be missing."""

import hashlib
from datetime import date

import pytest

from archive import canonical, expiry, layout, member, retired
from archive.errors import FormatError
from archive.folder import Folder
from archive.index import rows, writer
from archive.layout import Layout
from archive.verify import verify_archive
from tests.archive.archive_scene import ORIGIN, order, run
from tests.archive.memory_log import MemoryLog
from tests.archive.retention_scene import (
    NOON_2024,
    NOON_2030,
    POLICY,
    announce,
    deleted,
    listed,
)


@pytest.fixture
def log():
    return MemoryLog(NOON_2024)


@pytest.fixture
def streams(log):
    return [order(log, number) for number in ("1", "2", "3")]


@pytest.fixture
def root(tmp_path, log, streams):
    run(log, tmp_path / "archive", streams)
    return tmp_path / "archive"


def rewritten(root, digest, change):
    """Store a list that an insider changed, under the name of its own digest."""
    file = root / layout.retired_path(digest)
    header, *rows = member.decompress(file.read_bytes(), 1 << 20).splitlines()
    values = [canonical.decode(header), *map(canonical.decode, rows)]
    values = change(values)
    data = member.compress(b"".join(canonical.encode(value) + b"\n" for value in values))
    other = hashlib.sha256(data).hexdigest()
    (root / layout.retired_path(other)).write_bytes(data)
    file.unlink()
    return other


def codes(root):
    return set(verify_archive(root).total)


#
def test_an_archive_of_which_something_was_deleted_in_time_is_intact_and_says_so(
    log, root, streams
):
    log.clock = NOON_2030
    deleted(log, root, streams[:2])

    report = verify_archive(root)

    assert (report.verdict, report.checked["deleted_after_retention"]) == ("intact", 2)
    assert any("deleted after retention" in text for text in report.not_checked)
    assert [p.name[0] for p in (root / "orders").rglob("*.gz")] == ["3"]


def test_an_order_goes_with_all_of_its_revisions_and_can_go_on_later(log, root, streams):
    log.record(streams[0])
    run(log, root, streams[:1])
    log.clock = NOON_2030
    deleted(log, root, streams[:1])
    assert not list((root / "orders").rglob("1_*"))

    log.record(streams[0])
    run(log, root, streams[:1])

    report = verify_archive(root)
    assert (report.verdict, report.checked["deleted_after_retention"]) == ("intact", 2)
    assert [p.name for p in (root / "orders").rglob("1_*")] == ["1_20240501_r3.jsonl.gz"]


def test_files_that_a_list_names_may_still_be_there(log, root, streams):
    log.clock = NOON_2030
    listed(log, root, streams)

    report = verify_archive(root)

    assert (report.verdict, report.checked.get("deleted_after_retention")) == ("intact", None)


# RETENTION_TOO_SHORT: the seller has the log's keys and lists what is not due.
def test_a_history_that_was_listed_before_its_day_is_missing_and_named(log, root, streams):
    log.clock = "2028-03-31T23:00:00.000000Z"  # the last day itself
    deleted(log, root, streams[:1])

    assert codes(root) == {"RETENTION_TOO_SHORT", "FILE_MISSING", "EVENT_OMITTED"}


def test_a_later_date_in_the_list_or_in_the_events_data_does_not_help(log, root, streams):
    with Folder(root) as store:
        files = expiry.expiring_files(store, set(streams[:1]))
        [digest] = expiry.store_lists(store, ORIGIN, files, date(2040, 1, 1))
    announce(log, digest, as_of="2040-01-01")
    run(log, root, [POLICY])
    with Folder(root) as store:
        expiry.delete_listed(store, digest, set())

    assert "RETENTION_TOO_SHORT" in codes(root)


def test_a_file_that_no_list_names_is_missing(log, root, streams):
    log.clock = NOON_2030
    deleted(log, root, streams[:1])
    next((root / "orders").rglob("2_*")).unlink()

    assert codes(root) == {"FILE_MISSING", "EVENT_OMITTED"}


def test_a_list_that_no_event_names_excuses_nothing(log, root, streams):
    log.clock = NOON_2030
    with Folder(root) as store:
        files = expiry.expiring_files(store, set(streams[:1]))
        [digest] = expiry.store_lists(store, ORIGIN, files, date(2030, 5, 1))
    interrupted = verify_archive(root)
    with Folder(root) as store:
        expiry.delete_listed(store, digest, set())

    assert (interrupted.verdict, set(interrupted.total)) == ("incomplete", {"FILE_UNEXPECTED"})
    assert codes(root) == {"FILE_UNEXPECTED", "FILE_MISSING", "EVENT_OMITTED"}


def test_a_list_that_is_not_there_excuses_nothing_and_is_missing(log, root, streams):
    log.clock = NOON_2030
    digest = deleted(log, root, streams[:1])
    (root / layout.retired_path(digest)).unlink()

    report = verify_archive(root)

    assert set(report.total) == {"FILE_MISSING", "EVENT_OMITTED"}
    assert layout.retired_path(digest) in {found.object for found in report.findings}


@pytest.mark.parametrize("at", [0, 12, 40, -1])
def test_a_changed_byte_of_a_list_is_found(log, root, streams, at):
    log.clock = NOON_2030
    digest = deleted(log, root, streams[:1])
    file = root / layout.retired_path(digest)
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.chmod(0o600)
    file.write_bytes(data)

    assert "FILE_ALTERED" in codes(root)
    assert "EVENT_OMITTED" in codes(root)


def swap(values, **changes):
    return [values[0], values[1] | changes, *values[2:]]


# By the insider, who has the log's keys and names the forged list in the log.
@pytest.mark.parametrize(
    "change",
    [
        lambda v: swap(v, positions=[v[1]["positions"][0], 1, 1, 2]),
        lambda v: swap(v, positions=v[1]["positions"][:-1]),
        lambda v: swap(v, tag="0" * 32),
        lambda v: swap(v, revision=2),
        lambda v: swap(v, first_version=2, positions=v[1]["positions"][1:]),
        lambda v: swap(v, seal=v[1]["seal"].replace("2028-03-31", "2027-03-31")),
        lambda v: swap(v, seal=v[2]["seal"]),
        lambda v: swap(v, file=v[2]["file"]),
        lambda v: swap(v, file="packs/1/00000.jsonl.gz"),
        lambda v: swap(v, date="19990101"),
    ],
)
def test_a_forged_row_excuses_nothing(log, root, streams, change):
    log.clock = NOON_2030
    with Folder(root) as store:
        files = expiry.expiring_files(store, set(streams[:2]))
        [digest] = expiry.store_lists(store, ORIGIN, files, date(2030, 5, 1))
    forged = rewritten(root, digest, change)
    announce(log, forged)
    run(log, root, [POLICY])
    for path in files:
        (root / path).unlink()

    report = verify_archive(root)

    assert {"FILE_ALTERED", "FILE_MISSING", "EVENT_OMITTED"} <= set(report.total)
    assert report.checked["deleted_after_retention"] == 1


def test_a_list_of_another_log_is_named(log, root, streams):
    log.clock = NOON_2030
    with Folder(root) as store:
        files = expiry.expiring_files(store, set(streams[:1]))
        [digest] = expiry.store_lists(store, "other.example.org", files, date(2030, 5, 1))
    announce(log, digest)
    run(log, root, [POLICY])

    assert codes(root) == {"ORIGIN_MISMATCH"}


def test_a_list_reads_back_and_what_does_not_is_refused(log, root, streams):
    log.clock = NOON_2030
    digest = listed(log, root, streams)
    text = member.decompress((root / layout.retired_path(digest)).read_bytes(), 1 << 20)

    assert retired.encode(retired.parse(text)) == text
    for broken in (
        text[:-1], text + b"{}\n", text.replace(b'"as_of":"2030', b'"as_of":"x030'),
        text.replace(b'"histories":3', b'"histories":2'),
        text.replace(b'"orderproof":1', b'"orderproof":2'),
        text.replace(b'"revision":1', b'"revision":0'), text.replace(b'"prev":"', b'"prev":"x'),
        text.replace(b'"positions":[', b'"positions":[0,'),
    ):  # fmt: skip
        with pytest.raises(FormatError):
            retired.parse(broken)


def test_nothing_else_of_an_archive_is_ever_expired(root):
    with Folder(root) as store:
        for name in ("log/checkpoint", "manifests/1.json", "trust/keyring.1.json"):
            with pytest.raises(Exception, match="never deleted"):
                store.expire(name)


#
@pytest.mark.parametrize("chosen", Layout)
def test_an_order_left_out_of_the_index_is_found_though_another_was_deleted(
    tmp_path, monkeypatch, chosen
):
    grow, hidden = writer.grow, rows.key_of("order/fr/2")

    def hiding(index, new, *others):
        return grow(index, [row for row in new if row[:16] != hidden], *others)

    for name, changed in (("honest", grow), ("hiding", hiding)):
        log, root = MemoryLog(NOON_2024), tmp_path / name
        monkeypatch.setattr(writer, "grow", changed)
        log.record("order/fr/2")
        run(log, root, [order(log, "1"), "order/fr/2"], chosen=chosen)
        log.clock = NOON_2030
        deleted(log, root, ["order/de/1"])

    honest, report = verify_archive(tmp_path / "honest"), verify_archive(tmp_path / "hiding")

    assert honest.checked["deleted_after_retention"] == 1
    assert honest.verdict == "intact"
    assert [(one.code, one.object) for one in report.findings] == [("FILE_ALTERED", layout.INDEX)]
