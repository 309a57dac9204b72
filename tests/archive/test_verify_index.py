"""A full verification names what is wrong with the index."""

import base64
import json
import struct

import pytest

from archive.index import growth, writer
from archive.layout import Layout
from archive.verify import verify_archive
from archive.verify.by_index import read_by_index
from tests.archive.archive_attacks import check, codes
from tests.archive.archive_builder import Installation, sha
from tests.archive.archive_scene import order, run
from tests.archive.memory_log import MemoryLog


@pytest.fixture
def root(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def log():
    return MemoryLog()


@pytest.fixture
def sharded(log, root, monkeypatch):
    """An archive whose index has shards in two generations."""
    monkeypatch.setattr(growth, "INLINE", 5)
    monkeypatch.setattr(growth, "SHARD_ROWS", 4)
    run(log, root, [order(log, number) for number in range(40)])
    run(log, root, [order(log, number) for number in range(100, 106)])
    assert verify_archive(root).verdict == "intact"
    return root


def objects(report):
    return {(each.code, each.object) for each in report.findings}


def generation(root, name):
    at = json.loads((root / "index" / "root.json").read_bytes())[name]["at"]
    return root / "index" / str(at)


# Somebody who can change the files and has none of the log's keys.


@pytest.mark.parametrize("name", ["base", "delta"])
def test_a_changed_byte_of_a_shard_is_altered(sharded, name):
    for shard in sorted(generation(sharded, name).iterdir()):
        data = shard.read_bytes()
        shard.chmod(0o644)
        shard.write_bytes(data[:20] + bytes([data[20] ^ 1]) + data[21:])

        report = verify_archive(sharded)

        assert (report.verdict, codes(report)) == ("altered", {"FILE_ALTERED"})
        assert "/".join(shard.parts[-3:]) in str(report.findings[0])
        shard.write_bytes(data)


@pytest.mark.parametrize("name", ["base", "delta"])
def test_a_shard_that_was_deleted_is_missing(sharded, name):
    shard = sorted(generation(sharded, name).iterdir())[0]
    shard.unlink()

    report = verify_archive(sharded)

    assert report.verdict == "incomplete"
    assert objects(report) == {("FILE_MISSING", "/".join(shard.parts[-3:]))}
    one = verify_archive(sharded, order="7")
    assert ("FILE_MISSING", "/".join(shard.parts[-3:])) in objects(one)


def test_a_shard_that_nobody_names_is_unexpected(sharded):
    stray = generation(sharded, "base") / "00099.rows"
    stray.write_bytes(bytes(48))

    assert codes(verify_archive(sharded)) == {"FILE_UNEXPECTED"}


def test_the_index_of_an_older_run_is_altered(log, root):
    stream = order(log, 1)
    run(log, root, [stream])
    path = root / "index" / "root.json"
    older = path.read_bytes()
    log.record(stream, "message.received", late=True)
    run(log, root, [stream])
    path.chmod(0o644)
    path.write_bytes(older)

    report = verify_archive(root)

    assert report.verdict == "altered"
    assert ("FILE_ALTERED", "index/root.json") in objects(report)


@pytest.mark.parametrize("change", ["keyring", "tag", "line", "proof", "inline", "shops"])
def test_a_root_in_which_something_was_changed_is_altered(files, tmp_path, change):
    index = json.loads(files["index/root.json"])
    if change == "keyring":
        index["keyring"] = Installation(seed=2).keyring().decode()
    elif change == "inline":
        index["inline"] = ""
    elif change == "shops":
        index["shops"] = ["fr"]
    elif change == "tag":
        index["stored"]["tag"] = "0" * 32
    elif change == "line":
        index["stored"]["line"] = index["stored"]["line"].replace("2024-06", "2024-07", 1)
    else:
        index["stored"]["proof"] = index["stored"]["proof"].replace("\nindex ", "\nindex 1", 1)
    files["index/root.json"] = canonical(index)

    report = check(files, tmp_path)

    assert report.verdict == "altered"
    assert {each.object for each in report.findings} == {"index/root.json"}


def canonical(value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode() + b"\n"


# An insider who has the log's keys: the root is proved, and says what is not so.


class Insider(Installation):
    """A seller whose index is not about the archive that it lies in."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def index(self, listed, streams, a):
        index = super().index(listed, streams, a)
        rows = base64.b64decode(index["inline"])
        return self.change(index, [rows[at : at + 48] for at in range(0, len(rows), 48)])


def inline(rows):
    return base64.b64encode(b"".join(sorted(rows))).decode()


def without(stream, revision=1):
    """Drop the row of an order's revision."""

    def change(index, rows):
        gone = (sha(stream.encode())[:16], revision)
        kept = [row for row in rows if (row[:16], int.from_bytes(row[40:44], "big")) != gone]
        return index | {"inline": inline(kept)}

    return change


def pointing(stream, other):
    """Let the row of one order lead to the place of another."""

    def change(index, rows):
        key, others = sha(stream.encode())[:16], sha(other.encode())[:16]
        place = next(row[16:] for row in rows if row[:16] == others)
        kept = [row for row in rows if row[:16] != key]
        return index | {"inline": inline([*kept, key + place])}

    return change


def revised(change):
    """An archive with two orders, one of them in two revisions, and one that is open."""
    shop = Insider(change)
    first, second = shop.order("1"), shop.order("2")
    shop.run(first, second)
    shop.record(first, "refund.failed", {"refund_id": "r-1"})
    shop.order("3")
    shop.run(first)
    return shop


INSIDER = {
    "dropped": without("order/de/2"),
    "older revision only": without("order/de/1", 2),
    "first revision gone": without("order/de/1", 1),
    "to another order": pointing("order/de/2", "order/de/1"),
    "row of nothing": lambda index, rows: (
        index | {"inline": inline([*rows, bytes(16) + struct.pack(">QIQIII", 1, 0, 0, 1, 1, 0)])}
    ),
    "called closed": lambda index, _: index | {"open_lines": 0, "open_streams": ""},
    "fewer open lines": lambda index, _: index | {"open_lines": index["open_lines"] - 1},
    "not known who is open": lambda index, _: index | {"open_streams": None},
}


def test_what_the_insider_starts_from_is_intact(tmp_path):
    assert check(revised(lambda index, _: index).files, tmp_path).verdict == "intact"


@pytest.mark.parametrize("change", INSIDER)
def test_an_index_that_says_what_is_not_so_is_altered(tmp_path, change):
    report = check(revised(INSIDER[change]).files, tmp_path)

    assert report.verdict == "altered"
    assert objects(report) == {("FILE_ALTERED", "index/root.json")}


@pytest.mark.parametrize("change", INSIDER)
@pytest.mark.parametrize("beside", ["README.txt", "manifests/", "trust/keyring.9.json"])
def test_what_else_is_wrong_does_not_hide_an_index_that_says_what_is_not_so(
    tmp_path, change, beside
):
    files = revised(INSIDER[change]).files
    name = next((name for name in sorted(files) if name.startswith(beside)), beside)
    files[name] = files.get(name, b"") + b"more"

    found = objects(check(files, tmp_path))

    assert ("FILE_ALTERED", "index/root.json") in found
    assert any(about == name for _, about in found)


def test_an_insiders_row_never_leads_to_another_orders_lines(log, root, monkeypatch):
    """The history says itself whose it is, also in a pack, where any place can be named."""
    one, two = order(log, 1), order(log, 2, events=4)
    each = writer.Added.each

    def exchanged(added):
        first, second, *others = each(added)
        return iter([first[:16] + second[16:], second[:16] + first[16:], *others])

    monkeypatch.setattr(writer.Added, "each", exchanged)
    run(log, root, [one, two], chosen=Layout.PACK)

    assert read_by_index(root, one) is None
    assert read_by_index(root, two) is None
    assert ("FILE_ALTERED", "index/root.json") in objects(verify_archive(root))
