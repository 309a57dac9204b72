"""Failing disks, other people's folders, and floods of findings: what a report says of them."""

import errno
import io
import json

import pytest

from archive import member
from archive.verify import verify_archive, verify_history
from tests.archive.archive_attacks import about, check, codes, only
from tests.archive.archive_builder import Installation, gunzip, gz


@pytest.mark.parametrize("stray", ["trust/notes.txt", "log/other", "trust/keyring.1.json"])
def test_a_lone_file_below_a_folder_that_is_no_archive_is_not_accused(shop, tmp_path, stray):
    name = only(shop.files, "202405002")
    keyring = tmp_path / "keyring"
    keyring.write_bytes(shop.keyring())
    (tmp_path / stray).parent.mkdir()
    (tmp_path / stray).write_bytes(b"something else")
    lone = tmp_path / "downloads" / name.rpartition("/")[2]
    lone.parent.mkdir()
    lone.write_bytes(shop.files[name])

    report = verify_history(lone, keyring=keyring)

    assert report.verdict == "intact"


def test_a_link_does_not_make_a_folder_an_archive(shop, tmp_path):
    name = only(shop.files, "202405002")
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_bytes(shop.files[name])
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust/keyring.1.json").symlink_to("/dev/null")

    report = verify_history(tmp_path / name)

    assert report.verdict == "cannot_tell"


def test_a_disk_that_fails_in_the_middle_of_the_open_lines_is_a_finding(
    shop, tmp_path, monkeypatch
):
    root = shop.write(tmp_path / "archive")
    real = member.chunks

    def failing(file, limit):
        if isinstance(file, io.BytesIO):  # a history, read already
            yield from real(file, limit)
            return
        yield next(real(file, limit))
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("archive.verify.open_part.member.chunks", failing)

    report = verify_archive(root)

    (found,) = about(report, "FILE_UNREADABLE")
    assert found.object.startswith("open/")
    assert "Input/output error" in found.detail
    assert report.steps[-1].name == "files"


def test_every_history_with_a_hole_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("archive.verify.coverage._TAGS", 10)
    shop = Installation()
    for number in range(130):
        shop.record(f"order/de/{number}", "order.placed", hidden=True)
    shop.run()

    report = check(shop.files, tmp_path)

    assert report.total["EVENT_OMITTED"] == 130


def test_every_fault_in_the_logs_versions_is_counted(tmp_path):
    shop = Installation()
    for _ in range(150):
        shop.record("order/de/1", "order.placed", version=1, hidden=True)
    shop.record("order/de/1", "order.placed", version=9, hidden=True)
    shop.run()

    report = check(shop.files, tmp_path)

    assert report.total["ORDER_FORK"] == 149
    assert report.total["SEQUENCE_GAP"] == 1
    assert len(about(report, "ORDER_FORK")) == 100


@pytest.mark.parametrize("where", ["open/", "202405001"])
def test_every_wrong_line_of_a_file_is_counted(tmp_path, where):
    shop = Installation()
    stream = shop.order("202405001")
    for number in range(1500):
        shop.record(stream, "message.received", {"count": number})
    shop.run(*([] if where == "open/" else [stream]))
    name = only(shop.files, where, ".gz")
    shop.files[name] = gz(gunzip(shop.files[name]).replace(b'"count":', b'"count" :'))

    report = check(shop.files, tmp_path)

    (more,) = [each for each in report.findings if "more of these" in each.detail][:1]
    assert (more.code, more.detail) == ("EVENT_MALFORMED", "1497 more of these in the file")


def test_a_history_that_was_compressed_anew_is_altered_and_looked_into(files, tmp_path):
    name = only(files, "202405002")
    files[name] = b"\x1f\x8b\x08\x00\x01" + files[name][5:]

    report = check(files, tmp_path)

    assert codes(report) == {"FILE_ALTERED"}
    assert json.dumps(report.as_dict())


def test_a_signature_line_that_stands_twice_is_noticed(files, tmp_path):
    name = "log/checkpoints/14"
    files[name] += files[name].partition(b"\n\n")[2]

    report = check(files, tmp_path)

    assert [each.object for each in about(report, "FILE_ALTERED")] == [name]


def test_a_huge_file_is_told_by_its_size_and_not_read(files, shop, tmp_path):
    root = shop.write(tmp_path / "archive")
    with (root / only(files, "202405002")).open("ab") as file:
        file.truncate(1 << 40)  # sparse: takes no room

    report = verify_archive(root)

    assert report.verdict == "altered"
    assert "FILE_TOO_LARGE" in codes(report)
