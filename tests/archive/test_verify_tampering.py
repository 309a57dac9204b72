"""Tampering by somebody who knows the format and repairs what they can, but has no key."""

import os
import random

import pytest

from archive.verify import verify_archive
from tests.archive.archive_attacks import (
    about,
    check,
    codes,
    only,
    put_together,
    rechain,
    rename_in_manifests,
    repair_manifests,
    reseal,
    take_apart,
)
from tests.archive.archive_builder import Installation, gunzip, gz, history_name, sha, small

FIRST = "order/de/202405001"
SEED = random.SystemRandom().randrange(2**32)


def bad(report):
    return report.verdict in ("altered", "incomplete")


def test_a_changed_amount_names_order_event_and_hashes(shop, files, tmp_path):
    name = only(files, "202405001", "r1.jsonl.gz")
    header, lines, proof = take_apart(files[name])
    changed = lines[2].replace(b'"amount":12800', b'"amount":1280000')
    files[name] = put_together(header, [*lines[:2], changed, *lines[3:]], proof)
    repair_manifests(files)

    report = check(files, tmp_path)

    (found,) = about(report, "EVENT_NOT_LOGGED")
    assert report.verdict == "altered"
    assert found.object == "order de/202405001, event 3"
    assert "refund.approved, id 202405001-refund.approved" in found.detail
    assert found.expected == sha(lines[2]).hex()
    assert found.found == sha(changed).hex()
    assert "Do not use it in a claim" in found.meaning
    assert not about(report, "CHAIN_BROKEN"), "the neighbours are as recorded"


def test_a_byte_changed_in_any_file_is_found(shop, files, tmp_path):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    shop.write(tmp_path / "archive")
    places = [
        (name, place)
        for name, data in files.items()
        for place in {0, len(data) - 1, *(chance.randrange(len(data)) for _ in range(16))}
    ]

    for name, place in places:
        data = bytearray(files[name])
        data[place] ^= 1 << chance.randrange(8)
        (tmp_path / "archive" / name).write_bytes(data)
        report = verify_archive(tmp_path / "archive")
        (tmp_path / "archive" / name).write_bytes(files[name])

        assert bad(report), (name, place)
        assert report.findings, (name, place)

    assert verify_archive(tmp_path / "archive").verdict == "intact"


def test_a_file_that_is_deleted_is_found(shop, tmp_path):
    for name in shop.files:
        files = {n: data for n, data in shop.files.items() if n != name}

        report = check(files, tmp_path)

        assert bad(report), name
        assert {"FILE_MISSING", "CHECKPOINT_MISSING"} & codes(report), name


def test_a_file_that_is_cut_or_grows_is_found(shop, tmp_path):
    for name, data in shop.files.items():
        for other in (data[:-1], data[: len(data) // 2], b"", data + b"\n", data + data):
            report = check(dict(shop.files, **{name: other}), tmp_path)

            assert bad(report), (name, len(data), len(other))


@pytest.mark.parametrize(
    "name",
    [
        "evil.txt",
        ".hidden",
        "log/checkpoints/7",
        "log/checkpoints/evil",
        "log/tile/0/001",
        "log/tile/0/000.p/7",
        "log/tile/9/000.p/1",
        "orders/de/e0/202405009_20240501_r1.jsonl.gz",
        "orders/readme",
        "manifests/7.json",
        "manifests/evil",
        "open/7.jsonl.gz",
        "open/24.txt",
        "trust/keyring.2.json",
        "packs/1",
    ],
)
def test_a_file_that_is_added_is_found(files, tmp_path, name):
    for data in (b"", b"anything", files["log/checkpoint"]):
        report = check(files | {name: data}, tmp_path)

        assert bad(report), name
        assert name in {each.object for each in report.findings}, name


def test_what_is_no_plain_file_is_found(shop, tmp_path):
    root = shop.write(tmp_path / "archive")
    (root / "link").symlink_to(root / "README.txt")
    (root / "folder").symlink_to(root / "orders")
    os.mkfifo(root / "pipe")

    report = verify_archive(root)

    assert {each.object for each in report.findings} == {"link", "folder", "pipe"}
    assert codes(report) == {"FILE_UNEXPECTED"}


def test_a_file_replaced_by_a_link_to_its_copy_is_found(shop, tmp_path):
    root = shop.write(tmp_path / "archive")
    (root / "README.txt").rename(tmp_path / "copy")
    (root / "README.txt").symlink_to(tmp_path / "copy")

    report = verify_archive(root)

    assert {"FILE_MISSING", "FILE_UNEXPECTED"} == codes(report)


def test_names_that_could_steer_a_terminal_are_escaped(files, tmp_path):
    report = check(files | {"\x1b[2J\u202eevil\n": b"x"}, tmp_path)

    assert report.findings[0].object == "\\x1b[2J\\u202eevil\\x0a"


def test_two_swapped_histories_are_found(files, tmp_path):
    one, two = only(files, "202405001", "r1.jsonl.gz"), only(files, "202405002")
    files[one], files[two] = files[two], files[one]

    for repaired in (False, True):
        if repaired:
            repair_manifests(files)
        report = check(files, tmp_path)

        assert report.verdict == "altered"
        assert {each.object for each in about(report, "EVENT_WRONG_ORDER")} == {one, two}


def test_a_dropped_event_is_found_after_everything_is_chained_anew(files, tmp_path):
    name = only(files, "202405002")
    header, lines, proof = take_apart(files[name])
    stream = "order/de/202405002"
    lines = rechain(reseal(lines[:2] + lines[3:], events=4), stream)
    positions = header["positions"]
    header.update(events=4, positions=[*positions[:2], 2, *positions[4:]])
    files[name] = put_together(header, lines, proof)
    repair_manifests(files)

    report = check(files, tmp_path)

    assert report.verdict == "altered"
    assert "order de/202405002, event 3" in {e.object for e in about(report, "EVENT_NOT_LOGGED")}
    assert "PROOF_INVALID" in codes(report)
    assert "order de/202405002" in {e.object for e in about(report, "EVENT_OMITTED")}


def test_an_event_taken_out_without_more_is_found(files, tmp_path):
    name = only(files, "202405002")
    header, lines, proof = take_apart(files[name])
    header.update(events=4, positions=[*header["positions"][:3], 2])
    files[name] = put_together(header, lines[:3] + lines[4:], proof)
    repair_manifests(files)

    report = check(files, tmp_path)

    assert {"SEQUENCE_GAP", "CHAIN_BROKEN", "EVENT_OMITTED"} <= codes(report)


def test_a_history_moved_to_another_order_is_found(files, tmp_path):
    old = only(files, "202405002")
    new = history_name("order/de/202409999", "20240501", 1)
    header, lines, proof = take_apart(files[old])
    header["order"] = "202409999"
    lines = rechain(lines, "order/de/202409999")
    files[old] = put_together(header, lines, proof)
    rename_in_manifests(files, old, new)
    repair_manifests(files)

    report = check(files, tmp_path)

    assert report.verdict == "altered"
    assert "order de/202409999, event 1" in {e.object for e in about(report, "EVENT_NOT_LOGGED")}


def test_a_renamed_history_whose_lines_are_left_is_found(files, tmp_path):
    old = only(files, "202405002")
    new = history_name("order/de/202409999", "20240501", 1)
    header, lines, proof = take_apart(files[old])
    header["order"] = "202409999"
    files[old] = put_together(header, lines, proof)
    rename_in_manifests(files, old, new)
    repair_manifests(files)

    report = check(files, tmp_path)

    assert "EVENT_WRONG_ORDER" in codes(report)


def test_a_torn_tail_is_found(files, tmp_path):
    for name in [n for n in files if n.endswith(".gz")]:
        text = gunzip(files[name])
        for length in (len(text) - 1, len(text) // 2, 10):
            torn = dict(files, **{name: gz(text[:length])})
            repair_manifests(torn)
            report = check(torn, tmp_path)

            assert bad(report), (name, length)
            assert {"FILE_ALTERED", "EVENT_OMITTED"} & codes(report)


def test_histories_of_another_installation_laid_over_are_found(shop, tmp_path):
    other = small(seed=2)
    histories = {n: d for n, d in other.files.items() if n.startswith("orders/")}

    laid_over = check(shop.files | histories, tmp_path)
    everything = check(shop.files | other.files, tmp_path)

    assert laid_over.verdict == "altered"
    assert "KEYRING_UNTRUSTED" in codes(laid_over)
    assert everything.verdict == "intact", "nothing of the first is left"


def test_another_installations_histories_beside_ours_are_found(shop, files, tmp_path):
    other = Installation("other.example.org", seed=3)
    other.order("777")
    other.run("order/de/777")
    files.update({n: d for n, d in other.files.items() if n not in files})

    report = check(files, tmp_path)

    assert report.verdict == "altered"
    assert {"ORIGIN_MISMATCH", "FILE_UNEXPECTED"} <= codes(report)
    assert only(other.files, "777") in {e.object for e in report.findings}


def test_stale_open_lines_are_found(shop, files, tmp_path):
    earlier = Installation()
    earlier.order("1")
    size = earlier.run()
    stale = {n: d for n, d in earlier.files.items() if n.startswith("open/")}

    report = check(files | stale, tmp_path)

    assert bad(report)
    assert {e.object for e in report.findings} == {f"open/{size}.jsonl.gz", f"open/{size}.sha256"}


def test_a_history_under_a_second_name_is_found(files, tmp_path):
    name = only(files, "202405002")
    copies = [
        name.replace("202405002_", "202405009_"),
        name.replace("20240501", "20240502"),
        name.replace("_r1", "_r2"),
    ]

    for copy in copies:
        report = check(files | {copy: files[name]}, tmp_path)

        assert report.verdict == "altered"
        assert copy in {e.object for e in report.findings}


def test_a_missing_first_revision_is_a_gap(files, tmp_path):
    del files[only(files, "202405001", "r1.jsonl.gz")]
    repair_manifests(files)

    report = check(files, tmp_path)

    assert bad(report)
    assert {"REVISION_GAP", "EVENT_OMITTED"} <= codes(report)
    assert about(report, "REVISION_GAP")[0].object == "order de/202405001"


def test_a_changed_open_line_is_found(shop, files, tmp_path):
    text = gunzip(files[f"open/{shop.cut}.jsonl.gz"])
    rows = text.splitlines(keepends=True)
    header = rows[0]

    def replaced(body):
        repaired = Installation()
        repaired.files = dict(files)
        repaired.put_open(shop.cut, body)
        return check(repaired.files, tmp_path)

    changed = replaced(text.replace(b'"total":12800', b'"total":12'))
    dropped = replaced(header.replace(b'"events":3', b'"events":2') + b"".join(rows[2:]))
    counted = replaced(header + b"".join(rows[2:]))
    turned = replaced(header + b"".join(reversed(rows[1:])))
    doubled = replaced(header.replace(b":3", b":4") + rows[1] + b"".join(rows[1:]))
    history = replaced(
        header.replace(b'"events":3', b'"events":4')
        + b"1\t"
        + shop.lines[0][2]
        + b"\n"
        + b"".join(rows[1:])
    )

    assert about(changed, "EVENT_NOT_LOGGED")[0].object == "order fr/202405003, event 1"
    assert about(dropped, "EVENT_OMITTED")[0].object == "order fr/202405003"
    assert {"FILE_ALTERED", "EVENT_OMITTED"} <= codes(counted)
    for report in (turned, doubled, history):
        assert report.verdict == "altered"
        assert "FILE_ALTERED" in codes(report)


def test_log_files_changed_together_do_not_fit_the_signature(shop, files, tmp_path):
    other = Installation()
    other.entries = list(shop.entries)
    other.entries[4] = other.entries[4].replace(b" 4 ", b" 5 ")
    other.publish(shop.cut)
    tiles = {n: d for n, d in other.files.items() if n.startswith("log/tile/")}

    report = check(files | tiles, tmp_path)

    assert report.verdict == "altered"
    assert "LOG_ALTERED" in codes(report)


def test_a_damaged_bundle_is_told_from_a_damaged_tile(shop, files, tmp_path):
    entries, hashes = f"log/tile/entries/000.p/{shop.cut}", f"log/tile/0/000.p/{shop.cut}"

    for name in (entries, hashes):
        data = files[name][:100] + b"0" + files[name][101:]
        report = check(files | {name: data}, tmp_path)

        assert {e.object for e in report.findings} == {name}
        assert codes(report) == {"FILE_ALTERED"}


def test_a_log_without_its_end_is_truncated(shop, files, tmp_path):
    del files[f"log/tile/entries/000.p/{shop.cut}"], files[f"log/tile/0/000.p/{shop.cut}"]

    report = check(files, tmp_path)

    assert bad(report)
    assert {"LOG_TRUNCATED", "FILE_MISSING"} <= codes(report)


def test_tiles_of_higher_levels_are_compared(tmp_path):
    shop = Installation()
    for number in range(600):
        shop.order(str(number), events=1)
    shop.run()
    names = [n for n in shop.files if n.startswith("log/tile/1/")]

    for name in names:
        data = bytes([shop.files[name][0] ^ 1]) + shop.files[name][1:]
        report = check(shop.files | {name: data}, tmp_path)

        assert {e.object for e in report.findings} == {name}
        assert codes(check({n: d for n, d in shop.files.items() if n != name}, tmp_path)) == {
            "FILE_MISSING"
        }
    assert names


def test_a_manifest_that_names_what_is_there_now_is_found(files, tmp_path):
    del files[only(files, "202405002")]
    repair_manifests(files)

    report = check(files, tmp_path)

    assert bad(report)
    assert {"FILE_ALTERED", "EVENT_OMITTED"} <= codes(report)
    assert "manifests/14.json" in {e.object for e in about(report, "FILE_ALTERED")}


def test_a_damaged_manifest_does_not_accuse_histories(files, tmp_path):
    right = files["manifests/14.json"]
    digest = sha(files["README.txt"]).hex().encode()

    for damaged in (b"garbage", right.replace(digest, b"0" * 64)):
        report = check(files | {"manifests/14.json": damaged}, tmp_path)

        found = [(each.code, each.object) for each in report.findings]
        assert found == [("FILE_ALTERED", "manifests/14.json")]


def test_many_findings_are_counted_and_some_are_listed(files, tmp_path):
    report = check(files | {f"extra/{n}": b"x" for n in range(300)}, tmp_path)

    assert len(about(report, "FILE_UNEXPECTED")) == 100
    assert report.total["FILE_UNEXPECTED"] == 300
