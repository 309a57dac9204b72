"""An archive run: what it writes, and that all of it can be proved without the log."""

import base64
import hashlib
import json
import random
import re
import shutil
import struct
import subprocess

import pytest

from archive import (
    entry,
    file_writer,
    history,
    manifest,
    member,
    merkle,
    note,
    placing,
    sealing,
    tiles,
    tree_writer,
    trust,
)
from archive.index.root import parse as parse_index
from archive.readme import readme
from archive.sealing import seal_streams
from archive.signing import open_checkpoint
from archive.verify import verify_archive
from tests.archive.archive_builder import canonical, open_text, read_open, read_pack
from tests.archive.archive_scene import ORIGIN, SIGNER, TAG_KEY, comparable, files, order, run
from tests.archive.memory_log import NOON, MemoryLog

LIMIT = 10_000_000


@pytest.fixture
def root(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def log():
    return MemoryLog()


def text(data):
    return member.decompress(data, LIMIT)


def checkpoint(data, keys=SIGNER.vkeys):
    return open_checkpoint(data, keys)


def histories(found):
    read = {name: history.parse(text(data)) for name, data in found.items() if "_r" in name}
    for name in [name for name in found if name.startswith("packs/")]:
        _, rows, texts = read_pack(found[name])
        for (stream, revision, _, _), packed in zip(rows, texts, strict=True):
            parsed = history.parse(packed)
            assert history.header_stream(parsed.header) == stream
            assert parsed.header["revision"] == revision
            read[f"{name} {stream} {revision}"] = parsed
    return read


def index_rows(found):
    """What the index must say; of a history in a pack without its date, as no name shows it."""
    for name, data in found.items():
        if "_r" in name:
            parsed = history.parse(text(data))
            date, revision = re.search(r"_(\d{8})_r(\d+)\.", name).groups()
            size = int(parsed.proof.checkpoint.split(b"\n")[1])
            places = [(history.header_stream(parsed.header), int(revision), 0, len(data))]
            pack, end = 0xFFFFFFFF, int(date).to_bytes(4, "big")
        elif name.startswith("packs/"):
            header, places, _ = read_pack(data)
            size, pack, end = header["log_size"], int(name[-14:-9]), b""
        else:
            continue
        for stream, revision, offset, length in places:
            key = hashlib.sha256(stream.encode()).digest()[:16]
            yield key + struct.pack(">QIQII", size, pack, offset, length, revision) + end


def assert_archive_holds(found, log):
    """Check the whole archive against the log with nothing of the archiver's own code.

    Histories and open lines hold every position up to the cut exactly once (I5), every history
    is proved under its checkpoint, and every file is named by a manifest or is one of the log.
    """
    newest = checkpoint(found["log/checkpoint"])
    size = newest.size
    assert found["log/checkpoint"] == found[f"log/checkpoints/{size}"]
    held = {}
    for parsed in histories(found).values():
        stream = history.header_stream(parsed.header)
        assert parsed.header["tag"] == entry.tag(TAG_KEY, stream)
        positions = history.header_positions(parsed.header)
        for position, line in zip(positions, parsed.lines, strict=True):
            assert position not in held
            held[position] = line
        proved = checkpoint(parsed.proof.checkpoint, SIGNER.vkeys[:1])
        stored = found[f"log/checkpoints/{proved.size}"]
        assert note.only(stored, SIGNER.vkeys[0]) == parsed.proof.checkpoint
        digest = hashlib.sha256(parsed.lines[-1]).digest()
        leaf = entry.encode(parsed.header["tag"], parsed.header["events"], digest)
        assert parsed.proof.index == positions[-1] - 1
        assert merkle.verify_inclusion(
            merkle.leaf_hash(leaf), parsed.proof.index, proved.size, parsed.proof.path, proved.root
        )
    header, still_open = read_open(text(found[f"open/{size}.jsonl.gz"]))
    assert (header["origin"], header["size"]) == (ORIGIN, size)
    for position, line in still_open:
        assert position not in held
        held[position] = line
    assert held == {line.position: line.encode() for line in log.rows[:size]}

    leaves = [
        merkle.leaf_hash(entry.encode(entry.tag(TAG_KEY, line.stream), line.version, digest))
        for line, digest in zip(log.rows[:size], log.hashes, strict=False)
    ]
    last = json.loads(log.stored_runs(0)[-1].body)["data"]
    index = json.loads(found["index/root.json"])
    free = {key: value for key, value in index.items() if key not in ("keyring", "stored")}
    assert hashlib.sha256(canonical(free)).hexdigest() == last["index_sha256"]
    generations = [f"index/{each['at']}/" for each in (index["base"], index["delta"]) if each]
    shards = [name for name in found if name.startswith(tuple(generations))]
    held = base64.b64decode(index["inline"]) + b"".join(found[name] for name in shards)
    indexed = [held[at : at + 48] for at in range(0, len(held), 48)]
    indexed = [row if row[24:28] == b"\xff" * 4 else row[:44] for row in indexed]
    assert sorted(indexed) == sorted(index_rows(found))
    assert {int(size) for size in index["notes"]} == {
        int(name.split("/")[1]) for name in found if name.startswith("packs/")
    }
    for at, embedded in index["notes"].items():
        stored = found[f"log/checkpoints/{at}"]
        assert note.only(stored, SIGNER.vkeys[0]).decode() == embedded
    named = {
        *shards,
        "index/root.json",
        "log/checkpoint",
        f"open/{size}.jsonl.gz",
        f"open/{size}.sha256",
    }
    for name in [name for name in found if name.startswith("log/checkpoints/")]:
        signed = checkpoint(found[name])
        assert name == f"log/checkpoints/{signed.size}"
        assert signed.root == merkle.root(leaves[: signed.size])
        named |= {name} | {tiles.tile_path(*tile) for tile in tiles.tiles_for_size(signed.size)}
    for run_line in log.stored_runs(0):
        data = json.loads(run_line.body)["data"]
        name = f"manifests/{run_line.position}.json"
        assert hashlib.sha256(found[name]).hexdigest() == data["manifest_sha256"]
        listing = manifest.parse(found[name])
        assert (len(listing.files), listing.log_size) == (data["files"], data["log_size"])
        for path, stored in listing.files.items():
            assert stored.size == len(found[path])
            assert stored.sha256 == hashlib.sha256(found[path]).hexdigest()
        named |= {name, *listing.files}
    assert set(found) == named


def test_a_run_seals_and_stores_the_orders_it_is_given(log, root):
    sealed = order(log, "1001")
    order(log, "1002")

    result = run(log, root, [sealed])

    found = files(root)
    assert_archive_holds(found, log)
    hh = hashlib.sha256(b"1001").hexdigest()[:2]
    assert list(histories(found)) == [f"orders/de/{hh}/1001_20240501_r1.jsonl.gz"]
    # six events, the seal, and the event that records the run
    assert (result.sealed, result.histories, result.files) == (1, 1, 6)
    assert (result.log_size, result.size) == (7, 8)
    assert result.root == checkpoint(found["log/checkpoint"]).root.hex()
    assert result.seconds > 0
    listing = manifest.parse(found["manifests/8.json"])
    assert set(listing.files) == {
        *histories(found),
        "README.txt",
        "orderproof-verify.py",
        "spec/archive-format.md",
        "viewer/index.html",
        "trust/keyring.1.json",
    }


def test_a_stream_that_is_named_twice_is_sealed_once(log, root):
    stream = order(log, "1001")

    result = run(log, root, [stream, stream])

    assert result.sealed == 1
    assert_archive_holds(files(root), log)


def test_the_seal_says_what_it_ends_and_how_long_that_is_kept(log, root):
    stream = order(log, "1001")

    run(log, root, [stream])

    (parsed,) = histories(files(root)).values()
    seal = json.loads(parsed.lines[-1])
    assert (seal["type"], seal["version"], seal["stream"]) == ("history.sealed", 4, stream)
    assert seal["event"]["data"] == {
        "events": 4,
        "first_version": 1,
        "retain_until": "2028-03-31",
        "retention_class": "default",
        "revision": 1,
    }
    digest = hashlib.sha256(stream.encode()).hexdigest()[:32]
    assert seal["event"]["id"] == f"history.sealed/{digest}/1"
    assert seal["event"]["source"] == "orderproof"
    assert parsed.header == {
        "events": 4,
        "first_version": 1,
        "order": "1001",
        "orderproof": 1,
        "origin": ORIGIN,
        "positions": [1, 1, 1, 1],
        "revision": 1,
        "shop": "de",
        "tag": entry.tag(TAG_KEY, stream),
    }


def test_the_run_is_recorded_with_its_manifest(log, root):
    run(log, root, [order(log, "1001")])

    line = log.rows[-1]
    assert (line.stream, line.type, line.position) == ("system/archive", "archive.stored", 5)
    body = json.loads(line.body)
    assert (body["source"], body["id"]) == ("orderproof", "archive.stored/4")
    found = files(root)["manifests/5.json"]
    assert body["data"] == {
        "files": 6,
        "index_sha256": parse_index(files(root)["index/root.json"]).digest(),
        "layout": "per-order",
        "log_size": 4,
        "manifest_sha256": hashlib.sha256(found).hexdigest(),
        "origin": "proof.example.org/shop",
    }


def test_the_archive_holds_the_key_and_says_how_to_check_it(log, root):
    run(log, root, [order(log, "1001")])

    found = files(root)
    (keyring,) = trust.chain([found["trust/keyring.1.json"]])
    assert keyring.keys == tuple(map(trust.TrustedKey, SIGNER.vkeys))
    assert found["README.txt"] == readme()


def test_nothing_new_is_no_run_and_changes_nothing(log, root):
    streams = [order(log, "1001"), order(log, "1002")]
    run(log, root, streams)
    before, size = files(root), log.size()

    result = run(log, root, streams)

    assert result is None
    assert (files(root), log.size()) == (before, size)


def test_an_empty_log_is_no_run(log, root):
    assert run(log, root, []) is None
    assert files(root) == {}


def test_streams_that_the_log_does_not_know_are_passed_over(log, root):
    assert run(log, root, ["order/de/none"]) is None


def test_later_events_make_a_second_revision_with_only_the_new_lines(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    first = files(root)
    log.record(stream, "refund.requested", refund_id="r1")

    result = run(log, root, [stream])

    found = files(root)
    assert_archive_holds(found, log)
    assert {name: found[name] for name in first if "_r1" in name} == {
        name: first[name] for name in first if "_r1" in name
    }
    parsed = next(p for name, p in histories(found).items() if "1001_20240501_r2" in name)
    assert [json.loads(line)["type"] for line in parsed.lines] == [
        "refund.requested",
        "history.sealed",
    ]
    header = parsed.header
    assert (header["first_version"], header["events"], header["revision"]) == (5, 6, 2)
    # the order's second revision, and the archive's own stream
    assert (result.sealed, result.histories, result.files) == (2, 2, 2)


def test_the_archives_own_stream_is_sealed_with_other_work_and_never_causes_a_run(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])

    alone = run(log, root, [stream, "system/archive"])
    log.record(stream, "refund.requested")
    run(log, root, ["system/archive", stream])

    assert alone is None
    found = files(root)
    assert_archive_holds(found, log)
    assert [name for name in found if name.startswith("system/")] == [
        "system/archive_20240501_r1.jsonl.gz"
    ]


def test_system_streams_are_sealed_like_orders(log, root):
    order(log, "1001")
    log.record("system/policy", "policy.changed", rule="retention")

    run(log, root, ["system/policy"])

    found = files(root)
    assert_archive_holds(found, log)
    parsed = history.parse(text(found["system/policy_20240501_r1.jsonl.gz"]))
    assert parsed.header["system"] == "policy"
    assert "order" not in parsed.header


def test_new_events_of_open_orders_are_published_though_nothing_is_sealed(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    order(log, "1002")

    result = run(log, root, [])

    found = files(root)
    assert_archive_holds(found, log)
    assert result.size == log.size()
    _, still_open = read_open(text(found[f"open/{result.size}.jsonl.gz"]))
    assert sum(b"order/de/1002" in line for _, line in still_open) == 3


def test_only_the_newest_open_lines_stay(log, root):
    run(log, root, [order(log, "1001")])
    order(log, "1002")

    result = run(log, root, [])

    names = {name for name in files(root) if name.startswith("open/")}
    assert names == {f"open/{result.size}.jsonl.gz", f"open/{result.size}.sha256"}


def test_open_lines_left_over_by_a_killed_run_are_removed_by_the_next(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    before = files(root)
    (root / "open/3.jsonl.gz").write_bytes(b"older")
    (root / "open/3.sha256").write_bytes(b"older")

    result = run(log, root, [stream])

    assert result is None
    assert files(root) == before


def test_nothing_but_older_open_lines_is_removed(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    (root / "open/notes.txt").write_bytes(b"a stranger's")
    (root / "open/99999.jsonl.gz").write_bytes(b"a stranger's")
    before = files(root)

    run(log, root, [stream])

    assert files(root) == before


def test_open_lines_exist_also_where_nothing_is_open(log, root):
    """Only the event that records the run is left, since it comes after the seals."""
    run(log, root, [order(log, "1001")])

    _, still_open = read_open(text(files(root)["open/5.jsonl.gz"]))

    assert [position for position, _ in still_open] == [5]


def test_open_lines_are_the_bytes_that_the_format_gives_for_them(log, root):
    for number in range(300):
        order(log, number)

    result = run(log, root, [])

    found = files(root)
    rows = [(line.position, line.encode()) for line in log.rows]
    expected = open_text(ORIGIN, result.size, rows)
    stored = found[f"open/{result.size}.jsonl.gz"]
    assert text(stored) == expected
    digest = hashlib.sha256(stored).hexdigest()
    beside = f"{digest}  {result.size}.jsonl.gz\n".encode()
    assert found[f"open/{result.size}.sha256"] == beside


def test_the_commands_in_the_readme_do_what_it_says(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    name = root / next(name for name in files(root) if name.startswith("orders/"))

    def shell(command):
        done = subprocess.run(["sh", "-c", command], capture_output=True, check=True, cwd=root)
        return done.stdout.decode()

    lines = shell(f"zcat '{name}'").splitlines()
    assert json.loads(lines[1])["type"] == "order.placed"
    second = shell(f"zcat '{name}' | sed -n 2p | tr -d '\\n' | sha256sum")[:64]
    pattern = '"prev":"[0-9a-f]*","recorded_at"'
    assert second in shell(f"zcat '{name}' | sed -n 3p | grep -o '{pattern}'")
    assert json.loads(lines[1])["prev"] == shell("printf '%s' 'order/de/1001' | sha256sum")[:64]
    assert "5.jsonl.gz: OK" in shell("cd open && sha256sum -c *.sha256")


def test_the_readme_is_in_both_languages_and_names_the_command():
    words = readme().decode()

    assert words.count("orderproof verify") == 4
    assert "zcat" in words
    assert "sha256sum" in words
    assert "订单档案" in words


@pytest.mark.parametrize(
    ("placed", "date"),
    [
        ({"placed_at": "2023-12-31T23:59:00-05:00"}, "20231231"),
        ({"placed_at": "2023-12-31"}, "20231231"),
        ({"placed_at": "yesterday"}, "20240229"),
        ({}, "20240229"),
    ],
)
def test_the_name_carries_the_date_of_placement_as_it_was_written(log, root, placed, date):
    log.record("order/de/1", "message.received", occurred_at="2020-01-01T00:00:00Z")
    log.record("order/de/1", "order.placed", occurred_at="2024-02-29T23:00:00-11:00", **placed)

    run(log, root, ["order/de/1"])

    (name,) = histories(files(root))
    assert f"/1_{date}_r1" in name


def test_an_order_without_placement_has_the_date_of_its_first_event(log, root):
    log.record("order/de/1", "message.received", occurred_at="2020-01-01T00:00:00Z")
    log.record("order/de/1", "message.received", occurred_at="2021-01-01T00:00:00Z")

    run(log, root, ["order/de/1"])

    (name,) = histories(files(root))
    assert "/1_20200101_r1" in name


def test_later_revisions_keep_the_date_of_the_first_whatever_comes_to_light(log, root):
    log.record("order/de/1", "message.received", occurred_at="2020-01-01T00:00:00Z")
    run(log, root, ["order/de/1"])
    log.record("order/de/1", "order.placed", placed_at="2019-05-05T00:00:00Z")

    run(log, root, ["order/de/1"])
    log.record("order/de/1", "message.received")
    run(log, root, ["order/de/1"])

    names = [name for name in histories(files(root)) if name.startswith("orders/")]
    assert sorted(name.rpartition("/")[2] for name in names) == [
        "1_20200101_r1.jsonl.gz",
        "1_20200101_r2.jsonl.gz",
        "1_20200101_r3.jsonl.gz",
    ]


@pytest.mark.parametrize(
    "number",
    [
        "../../x",
        "a/b",
        "a\\b",
        ".",
        "..",
        "x" * 4096,
        "%2e%2e",
        "\u202e321",
        "CON",
        "1. ",
        "𠮷\x7f",
    ],
)
def test_an_order_number_is_kept_as_data_and_is_never_a_path(log, root, number):
    stream = f"order/de/{number}"
    log.record(stream, "order.placed", note='tab\t quote" back\\slash \x1f \u2028 \u007f é 𠮷')

    run(log, root, [stream])

    found = files(root)
    assert_archive_holds(found, log)
    ((name, parsed),) = histories(found).items()
    assert parsed.header["order"] == number
    assert name.count("/") == 3
    assert ".." not in name


def test_two_shops_may_use_the_same_order_number(log, root):
    for shop in ("de", "fr"):
        log.record(f"order/{shop}/1", "order.placed", placed_at="2024-05-01")

    run(log, root, ["order/de/1", "order/fr/1"])

    assert_archive_holds(files(root), log)
    assert len(histories(files(root))) == 2


def test_many_small_batches_write_what_one_large_batch_writes(root, tmp_path, monkeypatch):
    at_once, in_batches = MemoryLog(), MemoryLog()
    for log in (at_once, in_batches):
        streams = [order(log, number) for number in range(120)]
    run(at_once, tmp_path / "at once", streams)
    monkeypatch.setattr(sealing, "_BATCH", 7)
    monkeypatch.setattr(tree_writer, "_BATCH", 1)
    monkeypatch.setattr(placing, "_FILED_TOGETHER", 11)
    monkeypatch.setattr(file_writer, "_BATCH_BYTES", 5000)

    run(in_batches, root, streams)

    assert comparable(files(root)) == comparable(files(tmp_path / "at once"))
    assert_archive_holds(files(root), in_batches)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_events_and_runs_leaves_every_position_in_the_archive_once(log, root, seed):
    dice = random.Random(seed)
    streams = [f"order/de/{number}" for number in range(12)] + ["system/policy"]
    for _ in range(6):
        for _ in range(dice.randrange(120)):
            log.record(dice.choice(streams), "message.received", n=dice.randrange(9))

        result = run(log, root, dice.sample(streams, dice.randrange(len(streams))))

        if result:
            assert_archive_holds(files(root), log)
            report = verify_archive(root)
            assert (report.verdict, report.checked["size"]) == ("intact", result.size)


def test_a_seal_recorded_while_the_run_was_on_is_stored_by_the_next(root):
    """A second archiver that was slow may still append its seal after size A was signed."""

    class Crowded(MemoryLog):
        def append(self, facts, versions):
            if facts[0].type == "archive.stored":
                self.record(stream, "message.received")
                seal_streams(self, [stream], NOON)
            return super().append(facts, versions)

    log = Crowded()
    stream = order(log, "1001")
    other = order(log, "1002")
    first = run(log, root, [other])
    assert_archive_holds(files(root), log)
    assert first.log_size + 3 == first.size

    log.append = super(Crowded, log).append
    log.record(other, "refund.requested")
    run(log, root, [other])

    assert_archive_holds(files(root), log)
    assert any("1001" in name for name in histories(files(root)))


def test_events_that_arrive_while_streams_are_sealed_come_into_the_seal_or_wait(root):
    class Busy(MemoryLog):
        arrivals = 2

        def append(self, facts, versions):
            if facts[0].type == "history.sealed" and self.arrivals:
                self.arrivals -= 1
                self.record(facts[0].stream, "message.received")
            return super().append(facts, versions)

    log = Busy()
    stream = order(log, "1001")

    result = run(log, root, [stream])

    assert result.sealed == 1
    assert_archive_holds(files(root), log)
    (parsed,) = histories(files(root)).values()
    assert len(parsed.lines) == 3 + 2 + 1


def test_a_stream_that_never_rests_is_left_open(root):
    class Restless(MemoryLog):
        def append(self, facts, versions):
            if facts[0].type == "history.sealed":
                self.record(facts[0].stream, "message.received")
            return super().append(facts, versions)

    log = Restless()
    stream = order(log, "1001")

    result = run(log, root, [stream])

    assert (result.sealed, result.histories) == (0, 0)
    assert_archive_holds(files(root), log)


def test_progress_is_told_to_the_end_of_every_long_step(log, root):
    streams = [order(log, number) for number in range(5)]
    told = []

    run(log, root, streams, progress=lambda *step: told.append(step))

    assert ("check", 15, 15) in told
    assert ("check", 5, 5) in told
    assert ("histories", 5, 5) in told


def test_an_empty_folder_is_filled_again_from_the_log_with_the_same_bytes(log, root, tmp_path):
    stream = order(log, "1001")
    run(log, root, [stream])
    log.record(stream)
    run(log, root, [stream])

    result = run(log, tmp_path / "copy", [stream])

    assert comparable(files(tmp_path / "copy")) == comparable(files(root))
    assert (result.sealed, result.histories) == (0, 3)


def test_with_the_stored_notes_every_byte_is_the_same_again(log, root, tmp_path):
    stream = order(log, "1001")
    run(log, root, [stream])
    log.record(stream)
    run(log, root, [stream])
    shutil.copytree(root / "log/checkpoints", tmp_path / "copy/log/checkpoints")

    run(log, tmp_path / "copy", [stream])

    assert files(tmp_path / "copy") == files(root)


def test_a_checkpoint_that_was_set_back_is_brought_up_again_without_a_new_signature(log, root):
    stream = order(log, "1001")
    first = run(log, root, [stream])
    log.record(stream)
    run(log, root, [stream])
    expected, size = files(root), log.size()
    newest = root / "log/checkpoint"
    newest.unlink()
    newest.write_bytes((root / f"log/checkpoints/{first.size}").read_bytes())

    result = run(log, root, [stream])

    assert files(root) == expected
    assert (result.size, log.size()) == (size, size)
