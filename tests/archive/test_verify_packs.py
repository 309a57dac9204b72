"""Archives whose histories lie in packs: whole, tampered with, and one order out of them."""

import json
import random

import pytest

from archive import pack
from archive.layout import Layout
from archive.verify import (
    find_orders,
    read_order,
    search_orders,
    verify_archive,
    verify_history,
)
from tests.archive.archive_attacks import about, check, codes, repair_manifests
from tests.archive.archive_builder import canonical, gz, members, read_pack
from tests.archive.archive_scene import files as files_of
from tests.archive.archive_scene import order, run
from tests.archive.memory_log import MemoryLog

FIRST = "order/de/1001"


@pytest.fixture(scope="module")
def log():
    """Three runs: two with packs and one with files, so that one order lies in all of them."""
    return MemoryLog()


@pytest.fixture(scope="module")
def packed(log, tmp_path_factory):
    """The files of that archive, not to be changed."""
    root = tmp_path_factory.mktemp("packed") / "archive"
    streams = [order(log, number) for number in range(1001, 1007)]
    log.record("order/fr/1001", "order.placed", total=7)
    run(log, root, [*streams, "order/fr/1001"], chosen=Layout.PACK)
    log.record(FIRST, "refund.settled", amount=100)
    run(log, root, [FIRST])
    log.record(FIRST, "message.received", count=9)
    log.record(streams[1], "message.received", count=9)
    run(log, root, [FIRST, streams[1]], chosen=Layout.PACK)
    order(log, "open")
    run(log, root, [])
    return files_of(root)


@pytest.fixture
def files(packed):
    """The same, to be changed at will."""
    return dict(packed)


def packs(files):
    return sorted(name for name in files if name.startswith("packs/"))


def rebuilt(header, rows, texts, checkpoint):
    """Return a pack that is sound in itself, of texts without their checkpoint."""
    body, places = [], []
    for row, text in zip(rows, texts, strict=True):
        body.append(gz(text))
        places.append([*row[:2], sum(map(len, body[:-1])), len(body[-1])])
    listing = b"".join(canonical(each) + b"\n" for each in [header, *places])
    return b"".join([*body, gz(checkpoint), gz(listing)])


def change(data, **changes):
    """Rebuild a pack after changes to its header, rows, texts or checkpoint."""
    *packed, (_, _, checkpoint), _ = members(data)
    header, rows, _ = read_pack(data)
    parts = {"header": header, "rows": rows, "texts": [t for *_, t in packed],
             "checkpoint": checkpoint}  # fmt: skip
    for name, how in changes.items():
        parts[name] = how(parts[name])
    return rebuilt(**parts)


def test_an_archive_of_packs_is_intact(log, files, tmp_path):
    report = check(files, tmp_path)

    assert report.as_dict()["findings"] == []
    assert report.verdict == "intact"
    assert report.checked["events"] == len(log.rows) == report.checked["size"]
    assert report.as_dict() == check(files, tmp_path, jobs=2).as_dict()


def test_one_order_is_read_out_of_packs_files_and_open_lines(log, files, tmp_path):
    check(files, tmp_path)
    root = tmp_path / "archive-0"

    lines, report = read_order(root, FIRST)

    assert report.as_dict()["findings"] == []
    assert [p for p, _ in lines] == log.streams[FIRST]
    assert [text for _, text in lines] == [log.rows[p - 1].encode() for p in log.streams[FIRST]]
    assert find_orders(root, "1001") == [FIRST, "order/fr/1001"]
    assert find_orders(root, "fr/1001") == ["order/fr/1001"]
    assert find_orders(root, "101") == []
    assert search_orders(root, lambda text: b'"total":7' in text) == ["order/fr/1001"]
    assert verify_archive(root, order="de/1003").verdict == "intact"


def test_a_disclosed_history_verifies_by_itself(files, tmp_path):
    name = packs(files)[0]
    keyring = tmp_path / "keyring"
    keyring.write_bytes(files["trust/keyring.1.json"])
    file = tmp_path / "disclosed.jsonl.gz"
    parsed = pack.parse(files[name])

    for row in parsed.rows:
        text = pack.disclose(pack.text_of(files[name], row), parsed.checkpoint)
        file.write_bytes(gz(text))
        assert verify_history(file, keyring=keyring).verdict == "intact"
        file.write_bytes(gz(text.replace(b'"version":1', b'"version":2')))
        assert verify_history(file, keyring=keyring).verdict == "altered"


def test_a_changed_line_in_a_pack_names_the_order_and_no_other(files, tmp_path):
    name = packs(files)[0]
    files[name] = change(
        files[name],
        texts=lambda t: [t[0], t[1].replace(b'"total":100', b'"total":999'), *t[2:]],
    )
    repair_manifests(files)

    report = check(files, tmp_path)

    assert report.verdict == "altered"
    assert [e.object for e in about(report, "EVENT_NOT_LOGGED")] == ["order de/1002, event 1"]
    assert check(files, tmp_path, order="de/1002").verdict == "altered"


def dropped(parts):
    return parts[:1] + parts[2:]


def test_a_history_taken_out_of_a_pack_is_omitted(files, tmp_path):
    name = packs(files)[0]
    files[name] = change(
        files[name],
        rows=dropped,
        texts=dropped,
        header=lambda h: h | {"histories": h["histories"] - 1},
    )
    repair_manifests(files)

    report = check(files, tmp_path)

    assert report.verdict == "altered", "the logged manifest does not name this pack"
    assert [e.object for e in about(report, "EVENT_OMITTED")] == ["order de/1002"]
    assert "FILE_ALTERED" in codes(report)
    assert check(files, tmp_path, order="de/1002").verdict == "altered"
    assert check(files, tmp_path, order="de/1003").verdict == "altered"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"rows": lambda r: [r[1], r[0], *r[2:]]}, "EVENT_WRONG_ORDER"),
        ({"rows": lambda r: [[r[0][0], 2, *r[0][2:]], *r[1:]]}, "EVENT_WRONG_ORDER"),
        ({"header": lambda h: h | {"year": h["year"] + 1}}, "FILE_ALTERED"),
        ({"header": lambda h: h | {"class": "short"}}, "FILE_ALTERED"),
        ({"header": lambda h: h | {"log_size": 1}}, "FILE_ALTERED"),
        ({"header": lambda h: h | {"origin": "other.example.org"}}, "FILE_ALTERED"),
        ({"texts": lambda t: [t[1], t[0], *t[2:]]}, "EVENT_WRONG_ORDER"),
        ({"texts": lambda t: [b"garbage", *t[1:]]}, "FILE_ALTERED"),
        ({"checkpoint": lambda c: c.replace(b"\n26\n", b"\n25\n")}, "CHECKPOINT_SIGNATURE_BAD"),
        ({"checkpoint": lambda c: b"garbage"}, "FILE_ALTERED"),
    ],
)
def test_every_part_of_a_pack_is_held_to_the_rest(files, tmp_path, changes, code):
    name = packs(files)[0]
    size = json.loads(canonical(read_pack(files[name])[0]))["log_size"]
    if "checkpoint" in changes and code != "FILE_ALTERED":
        changes = {"checkpoint": lambda c: c.replace(b"\n%d\n" % size, b"\n%d\n" % (size - 1))}
    files[name] = change(files[name], **changes)
    repair_manifests(files)

    report = check(files, tmp_path)

    assert report.verdict == "altered"
    assert code in {e.code for e in report.findings if name in e.object + e.detail}


def test_a_pack_in_another_place_is_found(files, tmp_path):
    first, second = packs(files)[0], packs(files)[-1]
    files[first], files[second] = files[second], files[first]
    repair_manifests(files)

    report = check(files, tmp_path)

    assert {first, second} <= {e.object for e in about(report, "FILE_ALTERED")}


def test_a_missing_pack_is_missing(files, tmp_path):
    name = packs(files)[0]
    del files[name]

    report = check(files, tmp_path)
    for_order = check(files, tmp_path, order="de/1001")

    assert report.verdict == "incomplete"
    assert {"FILE_MISSING", "EVENT_OMITTED", "REVISION_GAP"} <= codes(report)
    assert for_order.verdict == "incomplete"
    assert {"FILE_MISSING", "REVISION_GAP"} <= codes(for_order)


def test_damage_to_another_pack_leaves_an_order_intact(files, tmp_path):
    files[packs(files)[-1]] = b"garbage"

    assert check(files, tmp_path, order="de/1004").verdict == "intact"
    assert check(files, tmp_path, order="de/1002").verdict == "altered"
    assert check(files, tmp_path).verdict == "altered"


def test_a_byte_changed_anywhere_in_a_pack_is_found(files, tmp_path):
    name = packs(files)[0]
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    whole = files[name]

    for place in chance.sample(range(len(whole)), 60):
        data = bytearray(whole)
        data[place] ^= 1 << chance.randrange(8)
        files[name] = bytes(data)
        report = check(files, tmp_path)

        assert report.verdict == "altered", place
    for data in (whole[:-1], whole + b"\0", whole + whole, b"", whole[: len(whole) // 2]):
        files[name] = data
        assert check(files, tmp_path).verdict == "altered", len(data)


def test_a_copy_of_a_pack_shows_its_events_a_second_time(files, tmp_path):
    name = packs(files)[0]
    stray = name.replace("00000", "00009")
    files[stray] = files[name]

    report = check(files, tmp_path)

    assert report.verdict == "altered"
    assert stray in {e.object for e in about(report, "FILE_ALTERED")}


def test_packs_of_a_run_that_was_interrupted_are_incomplete_and_never_altered(packed, tmp_path):
    sizes = sorted(int(n[10:-5]) for n in packed if n.startswith("manifests/"))
    log, root = MemoryLog(), tmp_path / "before"
    streams = [order(log, number) for number in range(1001, 1007)]
    log.record("order/fr/1001", "order.placed", total=7)
    run(log, root, [*streams, "order/fr/1001"], chosen=Layout.PACK)
    before = files_of(root)
    name = packs(packed)[-1]
    assert name not in before

    report = check(before | {name: packed[name]}, tmp_path)

    same = packed[f"log/checkpoints/{sizes[0]}"].partition(b"\n\n")[0]
    assert before["log/checkpoint"].startswith(same)
    assert report.verdict == "incomplete"
    assert [(e.code, e.object) for e in report.findings] == [("FILE_UNEXPECTED", name)]
