"""One order out of an archive, and a history file by itself."""

import random

import pytest

from archive.verify import (
    find_orders,
    read_history_lines,
    read_order,
    verify_archive,
    verify_history,
)
from tests.archive.archive_attacks import about, check, codes, only, put_together, take_apart
from tests.archive.archive_builder import Installation, gunzip, gz, small

FIRST = "order/de/202405001"


@pytest.fixture
def root(shop, tmp_path):
    return shop.write(tmp_path / "archive")


@pytest.mark.parametrize(
    ("order", "streams"),
    [
        ("202405001", [FIRST]),
        ("de/202405001", [FIRST]),
        ("fr/202405001", []),
        ("202405003", ["order/fr/202405003"]),
        ("fr/202405003", ["order/fr/202405003"]),
        ("王/../5 ", ["order/fr/王/../5 "]),
        ("fr/王/../5 ", ["order/fr/王/../5 "]),
        ("5", []),
        ("", []),
        ("2024050", []),
        ("../../etc/passwd", []),
        ("\ud800", []),
        ("\0", []),
    ],
)
def test_orders_are_found_by_number_with_or_without_shop(root, order, streams):
    assert find_orders(root, order) == streams


def test_a_number_that_two_shops_have_has_two_candidates(tmp_path):
    shop = Installation()
    shop.order("7", shop="de")
    shop.order("7", shop="fr")
    long = "x" * 300
    shop.order(long, shop="s" * 200)
    shop.run("order/de/7", f"order/{'s' * 200}/{long}")
    root = shop.write(tmp_path / "archive")

    assert find_orders(root, "7") == ["order/de/7", "order/fr/7"]
    assert find_orders(root, f"{'s' * 200}/{long}") == [f"order/{'s' * 200}/{long}"]
    assert find_orders(root, long) == [f"order/{'s' * 200}/{long}"]
    assert verify_archive(root, order="7").checked["streams"] == 2


def test_an_order_is_read_across_revisions_and_open_lines(tmp_path):
    shop = small()
    shop.record(FIRST, "message.sent", {"message_id": "m9"})
    shop.run()
    root = shop.write(tmp_path / "archive")

    lines, report = read_order(root, FIRST)

    assert report.verdict == "intact"
    assert [p for p, _ in lines] == shop.streams[FIRST]
    assert [line for _, line in lines] == [shop.lines[p - 1][2] for p in shop.streams[FIRST]]
    assert report.checked["events"] == len(lines) == 8


def test_verifying_one_order_says_what_it_left_out(root):
    report = verify_archive(root, order="202405002")

    assert report.verdict == "intact"
    assert report.checked["events"] == 5
    assert any("only this order was looked at" in text for text in report.not_checked)


def test_an_unknown_order_is_not_found(root):
    report = verify_archive(root, order="999")

    assert report.found is False
    assert report.exit_code == 6
    assert report.verdict == "intact"


def test_an_unknown_order_in_a_damaged_archive_is_not_just_unknown(files, tmp_path):
    files["manifests/14.json"] = b"garbage"

    report = check(files, tmp_path, order="999")

    assert report.found is False
    assert report.exit_code == 3


def test_an_order_whose_files_are_gone_is_missing_and_not_unknown(files, tmp_path):
    name = only(files, "202405002")
    del files[name]

    report = check(files, tmp_path, order="202405002")

    assert report.found is True
    assert report.verdict == "incomplete"
    assert about(report, "FILE_MISSING")[0].object == name


def test_damage_to_another_order_leaves_this_one_intact(files, tmp_path):
    files[only(files, "202405002")] = b"garbage"

    assert check(files, tmp_path, order="202405001").verdict == "intact"
    assert check(files, tmp_path).verdict == "altered"


@pytest.mark.parametrize("part", ["r1.jsonl.gz", "r2.jsonl.gz"])
def test_a_missing_revision_of_the_order_is_found(files, tmp_path, part):
    del files[only(files, "202405001", part)]

    report = check(files, tmp_path, order="202405001")

    assert report.verdict == "incomplete"
    assert {"FILE_MISSING", "EVENT_OMITTED"} <= codes(report)


def test_a_missing_open_line_of_the_order_is_found(tmp_path):
    shop = small()
    shop.record(FIRST, "refund.failed", {"refund_id": "r"}, hidden=True)
    shop.run()

    report = check(shop.files, tmp_path, order="202405001")

    assert about(report, "EVENT_OMITTED")[0].object == "order de/202405001"
    assert check(shop.files, tmp_path, order="202405002").verdict == "intact"


def test_a_changed_line_of_the_order_is_found_and_still_read(shop, files, tmp_path):
    name = only(files, "202405002")
    header, lines, proof = take_apart(files[name])
    lines[1] = lines[1].replace(b"4200", b"4299")
    files[name] = put_together(header, lines, proof)
    shop = Installation()
    shop.files = files
    root = shop.write(tmp_path / "archive")

    read, report = read_order(root, "order/de/202405002")

    assert report.verdict == "altered"
    assert about(report, "EVENT_NOT_LOGGED")[0].object == "order de/202405002, event 2"
    assert [line for _, line in read] == lines


def test_a_history_in_its_archive_verifies_with_the_archives_keyring(shop, root):
    for name in [n for n in shop.files if n.startswith(("orders/", "system/"))]:
        report = verify_history(root / name)

        assert report.verdict == "intact", name
        assert any("identity of the signer" in text for text in report.not_checked)


def test_a_lone_history_needs_a_keyring(shop, tmp_path):
    name = only(shop.files, "202405002")
    file = tmp_path / "received.jsonl.gz"
    file.write_bytes(shop.files[name])
    keyring = tmp_path / "keyring"
    keyring.write_bytes(shop.keyring())

    alone, pinned = verify_history(file), verify_history(file, keyring=keyring)

    assert (alone.verdict, alone.exit_code) == ("cannot_tell", 5)
    assert (pinned.verdict, pinned.exit_code) == ("intact", 0)
    assert any("as of size 13" in text for text in pinned.not_checked)


def test_a_lone_history_that_is_altered_is_altered_without_a_keyring(shop, tmp_path):
    name = only(shop.files, "202405002")
    header, lines, proof = take_apart(shop.files[name])
    lines[1] = lines[1].replace(b"4200", b"4299")
    file = tmp_path / "received.jsonl.gz"
    file.write_bytes(put_together(header, lines, proof))

    report = verify_history(file)

    assert report.verdict == "altered"
    assert about(report, "CHAIN_BROKEN")[0].object == "order de/202405002, event 3"


def test_a_lone_second_revision_is_incomplete_without_the_first(shop, tmp_path):
    keyring = tmp_path / "keyring"
    keyring.write_bytes(shop.keyring())
    first = only(shop.files, "202405001", "r1.jsonl.gz")
    second = only(shop.files, "202405001", "r2.jsonl.gz")
    file = tmp_path / second.rpartition("/")[2]
    file.write_bytes(shop.files[second])

    alone = verify_history(file, keyring=keyring)
    (tmp_path / first.rpartition("/")[2]).write_bytes(shop.files[first])
    lines, both = read_history_lines(file, keyring=keyring)

    assert alone.verdict == "incomplete"
    assert codes(alone) == {"REVISION_GAP"}
    assert both.verdict == "intact"
    assert [position for position, _ in lines] == shop.streams[FIRST]


def test_a_lone_history_of_another_key_is_found(shop, tmp_path):
    keyring = tmp_path / "keyring"
    keyring.write_bytes(shop.keyring())
    forged = small(seed=8)
    file = tmp_path / "received.jsonl.gz"
    file.write_bytes(forged.files[only(forged.files, "202405002")])

    report = verify_history(file, keyring=keyring)

    assert report.verdict == "altered"
    assert "KEYRING_UNTRUSTED" in codes(report)


def test_every_changed_byte_of_a_lone_historys_text_is_found(shop, tmp_path):
    keyring = tmp_path / "keyring"
    keyring.write_bytes(shop.keyring())
    text = gunzip(shop.files[only(shop.files, "202405002")])
    chance = random.Random(7)
    file = tmp_path / "received.jsonl.gz"
    # The positions before the seal are told by the whole log only.
    free = range(text.index(b'"positions":['), text.index(b"]"))

    for place in chance.sample(range(len(text)), 300):
        if place in free:
            continue
        changed = bytearray(text)
        changed[place] ^= 1 << chance.randrange(8)
        file.write_bytes(gz(bytes(changed)))

        assert verify_history(file, keyring=keyring).verdict in ("altered", "incomplete"), place


def test_a_history_whose_checkpoint_contradicts_the_archive_is_found(shop, files, tmp_path):
    fork = Installation()
    for number in range(10):
        fork.order(str(number))
    files["log/checkpoints/13"] = fork.note(13)
    shop = Installation()
    shop.files = files
    root = shop.write(tmp_path / "archive")

    report = verify_history(root / only(files, "202405002"))

    assert "LOG_FORKED" in codes(report)
