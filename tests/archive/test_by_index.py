"""One order through the index: how little is read, and that nothing wrong is called intact."""

import dataclasses
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from archive import layout, trust
from archive.index import growth, rows
from archive.index.root import encode, parse
from archive.layout import Layout
from archive.signing import Signer
from archive.verify.by_index import CountedFiles, locate, read_by_index
from archive.verify.files import Folder
from tests.archive.archive_scene import KEYRING, ORIGIN, first_keyring, order, run
from tests.archive.memory_log import MemoryLog

STRANGER = Signer(
    ORIGIN,
    Ed25519PrivateKey.from_private_bytes(b"s" * 32),
    MLDSA44PrivateKey.from_seed_bytes(b"s" * 32),
)
STRANGERS_ROOT = Ed25519PrivateKey.from_private_bytes(b"z" * 32)


class Counting(Folder):
    """An archive that notes what is read of it and may not be listed."""

    def __init__(self, root, names=None, read=None):
        assert names is not None, "the archive was listed"
        super().__init__(root, names)
        self.reads = [] if read is None else read

    def only(self, names):
        return Counting(self.root, names, self.reads)

    def read(self, name, limit):
        self.reads.append(name)
        return super().read(name, limit)

    def read_range(self, name, offset, length):
        self.reads.append(name)
        return super().read_range(name, offset, length)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def log():
    return MemoryLog()


@pytest.fixture
def small_limits(monkeypatch):
    monkeypatch.setattr(growth, "INLINE", 5)
    monkeypatch.setattr(growth, "SHARD_ROWS", 4)


@pytest.fixture(params=list(Layout))
def chosen(request):
    return request.param


def asked(root, stream, **options):
    """Read an order, and return what was read of it and the names of the files."""
    files = Counting(root, [])
    return read_by_index(files, stream, **options), files.reads


def recorded(log, stream):
    return [(position, log.rows[position - 1].encode()) for position in log.streams[stream]]


def generations(log, root, chosen):
    """Make an index with 40 orders in its base, 6 in its delta, and one in the root."""
    first = [order(log, number) for number in range(40)]
    run(log, root, first, chosen=chosen)
    second = [order(log, number) for number in range(100, 106)]
    log.record(first[0], "message.received", late=True)
    run(log, root, [*second[1:], first[0]], chosen=chosen)
    run(log, root, second[:1], chosen=chosen)
    return first, second


def test_an_order_takes_two_reads_where_the_root_holds_all_rows(log, root, chosen):
    streams = [order(log, number) for number in range(10)]
    run(log, root, streams, chosen=chosen)

    found, reads = asked(root, streams[3])

    assert (reads[0], len(reads), found.requests) == ("index/root.json", 2, 2)
    assert found.lines == recorded(log, streams[3])
    assert (found.report.verdict, found.cut.size) == ("intact", log.size())
    assert found.report.checked == {"events": 4, "histories": 1, "size": log.size() - 1}


@pytest.mark.parametrize(("number", "most"), [(7, 4), (39, 4), (102, 3), (100, 2)])
def test_an_order_takes_a_read_of_each_generation_that_can_hold_it(
    log, root, chosen, small_limits, number, most
):
    generations(log, root, chosen)
    index = parse((root / "index" / "root.json").read_bytes())
    assert (index.base.rows, index.delta is not None, index.inline != b"") == (40, True, True)

    found, reads = asked(root, f"order/de/{number}")

    assert found.lines == recorded(log, f"order/de/{number}")
    assert found.requests == len(reads) <= most


def test_each_further_revision_takes_one_more_read(log, root, chosen, small_limits):
    generations(log, root, chosen)

    found, reads = asked(root, "order/de/0")

    assert found.lines == recorded(log, "order/de/0")
    assert (found.report.checked["histories"], len(reads)) == (2, 5)


def test_an_order_among_ten_thousand_takes_no_more_reads(log, root):
    streams = [order(log, number, events=1) for number in range(10_000)]
    run(log, root, streams, chosen=Layout.PACK)
    assert parse((root / "index" / "root.json").read_bytes()).base.shards == 8

    found, reads = asked(root, "order/de/7777")

    assert len(reads) == 3
    assert found.lines == recorded(log, "order/de/7777")


def test_what_was_not_checked_is_said(log, root):
    stream = order(log, 1)
    run(log, root, [stream])

    found, _ = asked(root, stream)

    said = "\n".join(found.report.not_checked)
    for part in (
        "identity of the signer",
        "not searched for a fork; this is as of log size 4",
        "events after the run at size 4 cannot be seen",
        "second signature",
    ):
        assert part in said


def test_an_order_with_lines_in_no_history_is_left_to_the_whole_archive(log, root, chosen):
    sealed, never = order(log, 1), order(log, 2)
    run(log, root, [sealed], chosen=chosen)
    assert asked(root, sealed)[0] is not None
    assert asked(root, never)[0] is None

    log.record(sealed, "message.received", late=True)
    run(log, root, [never], chosen=chosen)

    assert asked(root, sealed)[0] is None
    assert asked(root, never)[0].report.checked["events"] == 4


def test_an_order_that_the_index_does_not_know_is_left_to_the_whole_archive(log, root):
    run(log, root, [order(log, 1)])

    assert asked(root, "order/de/2")[0] is None
    assert asked(root, "order/fr/1")[0] is None


def test_a_number_of_several_shops_leads_to_each(log, root):
    streams = ["order/de/1", "order/de/fr/1", "order/fr/1"]
    for stream in streams:
        log.record(stream, "order.placed", placed_at="2024-05-01T10:00:00+02:00", total=1)
    run(log, root, streams)

    assert list(locate(CountedFiles(root), "1").rows) == ["order/de/1", "order/fr/1"]
    assert list(locate(CountedFiles(root), "fr/1").rows) == ["order/fr/1"]


def test_no_index_is_no_error(log, root):
    stream = order(log, 1)
    run(log, root, [stream])
    (root / "index" / "root.json").unlink()

    assert asked(root, stream) == (None, ["index/root.json"])


# Somebody who can change the files and has none of the log's keys.


def test_no_changed_byte_of_what_is_read_is_called_intact(log, root, chosen, small_limits):
    generations(log, root, chosen)
    stream = "order/de/7"
    chance = random.Random(7)
    found, reads = asked(root, stream)
    row = locate(CountedFiles(root), "7").rows[stream][0]
    for name in reads:
        path = root / name
        data = path.read_bytes()
        first, end = (0, len(data)) if "packs/" not in name else (row.offset, row.length)
        path.chmod(0o644)
        for _ in range(40):
            place = first + chance.randrange(end)
            path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])

            assert asked(root, stream)[0] is None, (name, place)
        path.write_bytes(data)
    assert asked(root, stream)[0].lines == found.lines


def rewrite(root, **changes):
    """Change the root of an index, and leave its proof as it is."""
    path = root / "index" / "root.json"
    path.chmod(0o644)
    path.write_bytes(encode(dataclasses.replace(parse(path.read_bytes()), **changes)))


def inline(root):
    return rows.parse(parse((root / "index" / "root.json").read_bytes()).inline)


def test_a_row_that_was_dropped_or_exchanged_leads_to_no_answer(log, root, chosen):
    one, two = order(log, 1), order(log, 2)
    run(log, root, [one, two], chosen=chosen)
    log.record(one, "message.received", late=True)
    run(log, root, [one], chosen=chosen)
    whole = inline(root)
    mine = [row for row in whole if rows.decode(row).key == rows.key_of(one)]
    other = next(row for row in whole if row not in mine)

    for changed in (
        [other],
        [mine[0], other],  # the older revision only
        [mine[1], other],
        [mine[0][:16] + other[16:], mine[1], other],
    ):
        rewrite(root, inline=b"".join(sorted(changed)))
        assert asked(root, one)[0] is None


def test_an_order_that_is_called_closed_leads_to_no_answer(log, root):
    stream = order(log, 1)
    run(log, root, [stream])
    log.record(stream, "message.received", late=True)
    run(log, root, [order(log, 2)])

    rewrite(root, open_lines=0, open_streams=b"")

    assert asked(root, stream)[0] is None


def test_an_older_index_that_was_put_back_says_as_of_when_it_is(log, root):
    stream = order(log, 1)
    run(log, root, [stream])
    path = root / layout.INDEX
    older = path.read_bytes()
    log.record(stream, "message.received", late=True)
    run(log, root, [stream])
    path.chmod(0o644)
    path.write_bytes(older)

    found, _ = asked(root, stream)

    assert found.report.checked == {"events": 4, "histories": 1, "size": 4}
    assert any("as of log size 4" in each for each in found.report.not_checked)


def test_a_foreign_keyring_in_the_index_leads_to_no_answer(log, root, tmp_path):
    stream = order(log, 1)
    run(log, root, [stream])
    foreign = first_keyring(STRANGER, STRANGERS_ROOT)

    rewrite(root, keyring=foreign.decode())

    assert asked(root, stream)[0] is None


def test_a_whole_forged_archive_is_refused_by_whoever_knows_the_keyring(log, root, tmp_path):
    """Without the keyring it is the fingerprint that tells who signed."""
    stream = order(log, 1)
    mine = tmp_path / "keyring.1.json"
    mine.write_bytes(KEYRING)
    foreign = first_keyring(STRANGER, STRANGERS_ROOT)
    run(log, root, [stream], signer=STRANGER, keyrings=[foreign])
    fingerprint = trust.parse(foreign).roots.fingerprint()

    alone, _ = asked(root, stream)

    assert any(fingerprint in each for each in alone.report.not_checked)
    assert asked(root, stream, keyring=mine)[0] is None
    own = trust.parse(KEYRING).roots.fingerprint()
    assert asked(root, stream, keyring=Path(own))[0] is None
    assert asked(root, stream, keyring=Path(fingerprint))[0].lines == alone.lines
