"""What the verifier says about archives that are as they were written."""

import json

import pytest

from archive.errors import NoArchiveError
from archive.verify import verify_archive
from archive.verify.render import render
from tests.archive.archive_attacks import check
from tests.archive.archive_builder import Installation


def test_an_archive_as_it_was_written_is_intact(shop, tmp_path):
    report = check(shop.files, tmp_path)

    assert report.as_dict()["findings"] == []
    assert report.verdict == "intact"
    assert report.exit_code == 0
    assert report.checked["events"] == len(shop.lines) == report.checked["size"]
    assert report.checked["histories"] == 6
    assert report.checked["files"] == len(shop.files)


def test_a_report_is_the_json_of_the_interface(files, tmp_path):
    del files["README.txt"]

    report = check(files, tmp_path).as_dict()

    assert list(report) == ["verdict", "checked", "findings", "not_checked"]
    assert list(report["findings"][0]) == [
        "code",
        "severity",
        "object",
        "detail",
        "expected",
        "found",
        "meaning",
    ]
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("events", [1, 255, 256, 257, 511, 512, 700])
def test_logs_of_any_size_are_intact(events, tmp_path):
    shop = Installation()
    orders = [shop.order(str(n), events=1) for n in range(events)]
    shop.run(*orders[:3])
    shop.order("last")
    shop.run("order/de/last", *orders[3:5])

    report = check(shop.files, tmp_path)

    assert report.as_dict()["findings"] == []
    assert report.verdict == "intact"


def test_an_archive_whose_every_event_is_open_is_intact(tmp_path):
    shop = Installation()
    shop.order("1")
    shop.run()

    assert check(shop.files, tmp_path).verdict == "intact"


def test_events_with_any_text_are_intact(tmp_path):
    shop = Installation()
    text = 'quote " slash / back \\ tab \t null \0 emoji 😀 line \u2028 rtl \u202e'
    stream = f"order/sh op/{text}"
    shop.record(stream, "message.received", {"body": text})
    shop.record("order/x/" + "9" * 4000, "message.received", {"number": -(2**53)})
    shop.run(stream, "order/x/" + "9" * 4000)

    report = check(shop.files, tmp_path)

    assert report.as_dict()["findings"] == []
    assert report.verdict == "intact"


def test_the_report_says_what_it_did_not_check(shop, tmp_path):
    report = check(shop.files, tmp_path)
    text = "\n".join(report.not_checked)

    assert "identity of the signer" in text
    assert "no outside time" in text
    assert f"the log was not searched for a fork; this is as of size {shop.cut}" in text
    assert "nobody ever recorded" in text
    assert "tag" in text


def test_with_a_pinned_keyring_the_signer_is_known(shop, tmp_path):
    keyring = tmp_path / "keyring.json"
    keyring.write_bytes(shop.keyring())

    report = check(shop.files, tmp_path, keyring=keyring)

    assert report.verdict == "intact"
    assert not any("identity" in text for text in report.not_checked)


def test_a_checkpoint_from_earlier_is_a_prefix(shop, tmp_path):
    kept = tmp_path / "kept"

    for size in (1, 13, 14, shop.cut):
        kept.write_bytes(shop.note(size))
        assert check(shop.files, tmp_path, checkpoint=kept).verdict == "intact"


def test_progress_names_the_steps(shop, tmp_path):
    told = []

    check(shop.files, tmp_path, progress=lambda *step: told.append(step))

    steps = list(dict.fromkeys(name for name, _, _ in told))
    assert steps == [
        "trust",
        "checkpoint",
        "log",
        "histories",
        "open lines",
        "every event once",
        "manifests",
        "index",
        "files",
    ]
    assert ("histories", 6, 6) in told


def test_the_text_ends_with_the_verdict_and_what_to_do(files, shop, tmp_path):
    good = render(check(shop.files, tmp_path))
    del files["README.txt"]
    bad = render(check(files, tmp_path))

    assert good.splitlines()[-2] == "INTACT"
    assert "  histories         ok          6 files, 21 events" in good.splitlines()
    assert bad.splitlines()[-2] == "INCOMPLETE"
    assert "FILE_MISSING  README.txt" in bad
    assert bad.splitlines()[-1].startswith("Next: ")


def test_a_folder_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"")

    with pytest.raises(NoArchiveError):
        verify_archive(tmp_path)
    with pytest.raises(NoArchiveError):
        verify_archive(tmp_path / "nowhere")
