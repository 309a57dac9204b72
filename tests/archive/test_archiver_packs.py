"""An archive run that puts the histories of orders into packs."""

import pytest

from archive import limits, manifest, member, note, pack, placing
from archive.layout import Layout, parse_pack_path
from archive.log_source import LogAlteredError
from archive.sealing import seal_streams
from archive.verify import verify_history
from tests.archive.archive_builder import members, read_pack
from tests.archive.archive_scene import SIGNER, comparable, files, order, run
from tests.archive.memory_log import MemoryLog
from tests.archive.test_archiver import assert_archive_holds, histories


@pytest.fixture
def root(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def log():
    return MemoryLog()


def packed(log, root, streams, **changes):
    return run(log, root, streams, chosen=Layout.PACK, **changes)


def packs(found):
    names = (name for name in found if name.startswith("packs/"))
    return sorted(names, key=parse_pack_path)


def headers(found):
    return [read_pack(found[name])[0] for name in packs(found)]


def test_orders_go_into_one_pack_and_other_streams_into_files(log, root):
    streams = [order(log, number) for number in range(5)]
    log.record("system/policy", "policy.changed")

    result = packed(log, root, [*streams, "system/policy"])

    found = files(root)
    assert_archive_holds(found, log)
    pack_name = f"packs/{result.log_size}/00000.jsonl.gz"
    listing = manifest.parse(found[f"manifests/{result.size}.json"])
    assert set(listing.files) == {
        pack_name,
        "system/policy_20240501_r1.jsonl.gz",
        "README.txt",
        "orderproof-verify.py",
        "spec/archive-format.md",
        "viewer/index.html",
        "trust/keyring.1.json",
    }
    assert (result.sealed, result.histories, result.files) == (6, 6, 7)
    header, rows, _ = read_pack(found[pack_name])
    assert [row[:2] for row in rows] == [[stream, 1] for stream in streams]
    assert header == {
        "class": "default",
        "histories": 5,
        "log_size": result.log_size,
        "orderproof": 1,
        "origin": "proof.example.org/shop",
        "shop": "de",
        "year": 2028,
    }
    stored = found[f"log/checkpoints/{result.log_size}"]
    assert members(found[pack_name])[-2][2] == note.only(stored, SIGNER.vkeys[0])


def test_a_history_out_of_a_pack_is_the_file_that_it_would_have_been(root, tmp_path):
    in_files, in_pack = MemoryLog(), MemoryLog()
    for log in (in_files, in_pack):
        streams = [order(log, number) for number in range(5)]
    run(in_files, tmp_path / "files", streams)

    packed(in_pack, root, streams)

    alone = {n: d for n, d in files(tmp_path / "files").items() if n.startswith("orders/")}
    data = files(root)["packs/20/00000.jsonl.gz"]
    read = pack.parse(data)
    disclosed = {
        member.compress(pack.disclose(pack.text_of(data, row), read.checkpoint))
        for row in read.rows
    }
    assert disclosed == set(alone.values())


def test_a_disclosed_history_verifies_by_itself(log, root, tmp_path):
    packed(log, root, [order(log, "1001"), order(log, "1002")])
    (name,) = packs(files(root))
    data = files(root)[name]
    read = pack.parse(data)
    text = pack.disclose(pack.text_of(data, read.rows[1]), read.checkpoint)
    (tmp_path / "1002_20240501_r1.jsonl.gz").write_bytes(member.compress(text))

    report = verify_history(
        tmp_path / "1002_20240501_r1.jsonl.gz", keyring=root / "trust/keyring.1.json"
    )

    assert report.verdict == "intact"


def test_a_pack_holds_orders_of_one_shop(log, root):
    streams = []
    for number in range(4):
        for shop in ("de", "fr"):
            streams.append(f"order/{shop}/{number}")
            log.record(streams[-1], "order.placed", placed_at="2024-05-01")

    packed(log, root, streams)

    found = files(root)
    assert_archive_holds(found, log)
    read = [read_pack(found[name]) for name in packs(found)]
    assert [header["shop"] for header, _, _ in read] == ["de", "fr"]
    assert [[row[0] for row in rows] for _, rows, _ in read] == [streams[::2], streams[1::2]]


def test_a_pack_holds_histories_that_may_go_in_one_year(log, root):
    first, second = order(log, "1001"), order(log, "1002")
    log.clock = "2024-12-31T23:59:59.000000Z"
    packed(log, root, [first])
    log.clock = "2025-01-01T00:00:00.000000Z"
    log.record(first)
    packed(log, root, [first, second])

    found = files(root)
    assert_archive_holds(found, log)
    assert [(h["year"], h["histories"]) for h in headers(found)] == [(2028, 1), (2029, 2)]


def test_seals_that_a_killed_run_left_go_by_their_own_year(log, root):
    streams = [order(log, "1001"), order(log, "1002")]
    seal_streams(log, streams[:1], "2024-12-31T23:59:59.000000Z")
    log.clock = "2025-01-01T00:00:00.000000Z"

    packed(log, root, streams)

    found = files(root)
    assert_archive_holds(found, log)
    assert [(h["year"], h["histories"]) for h in headers(found)] == [(2028, 1), (2029, 1)]


def test_packs_are_cut_by_number_and_by_size(log, root, monkeypatch):
    monkeypatch.setattr(placing, "_PACKED_TOGETHER", 10)
    monkeypatch.setattr(limits, "PACK", pack._AROUND + 3000)
    streams = [order(log, number) for number in range(24)]

    packed(log, root, streams)

    found = files(root)
    assert_archive_holds(found, log)
    counts = [header["histories"] for header in headers(found)]
    assert packs(found) == [f"packs/96/{n:05}.jsonl.gz" for n in range(len(counts))]
    assert sum(counts) == 24
    assert max(counts) < 10
    assert len(counts) > 3


def test_a_history_too_long_for_a_pack_is_a_file_of_its_own(log, root, monkeypatch):
    monkeypatch.setattr(limits, "PACKED", 1100)
    small = order(log, "1001")
    large = order(log, "1002", events=200)

    packed(log, root, [small, large])

    found = files(root)
    assert_archive_holds(found, log)
    names = list(histories(found))
    assert any(name.startswith("packs/") and "order/de/1001" in name for name in names)
    assert any(name.startswith("orders/de/") and "1002_20240501" in name for name in names)


def test_later_revisions_go_into_later_packs_or_into_files_as_is_chosen_then(log, root):
    stream = order(log, "1001")
    packed(log, root, [stream])
    log.record(stream)
    run(log, root, [stream])
    log.record(stream)
    packed(log, root, [stream])

    found = files(root)
    assert_archive_holds(found, log)
    revisions = [parsed.header["revision"] for name, parsed in histories(found).items()
                 if parsed.header.get("order")]  # fmt: skip
    assert sorted(revisions) == [1, 2, 3]
    assert len(packs(found)) == 2


def test_the_same_log_gives_the_same_packs(root, tmp_path):
    logs = MemoryLog(), MemoryLog()
    for log, place in zip(logs, (root, tmp_path / "again"), strict=True):
        packed(log, place, [order(log, number) for number in range(20)])

    assert comparable(files(root)) == comparable(files(tmp_path / "again"))


def test_a_seal_that_becomes_another_while_the_run_is_on_is_refused(log, root):
    stream = order(log, "1001")
    real = log.seals_at

    def other(positions):
        return [_moved(line) for line in real(positions)]

    log.seals_at = other

    with pytest.raises(LogAlteredError, match=r"position 4 .* not the one that it just was"):
        packed(log, root, [stream])


def _moved(line):
    values = {name: getattr(line, name) for name in line.__struct_fields__}
    values["body"] = line.body.replace(b"2028-03-31", b"2099-03-31")
    return type(line)(**values)


@pytest.mark.parametrize("shown", [slice(0, 1), slice(1, 2), slice(0, 0)])
def test_a_seal_that_is_gone_while_the_run_is_on_is_refused(log, root, shown):
    streams = [order(log, "1001"), order(log, "1002")]
    real = log.seals_at
    log.seals_at = lambda positions: real(positions)[shown]

    with pytest.raises(LogAlteredError, match="not the one that it just was"):
        packed(log, root, streams)
