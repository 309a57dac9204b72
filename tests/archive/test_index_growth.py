"""Whatever is added in whatever runs, the index finds it, in few reads and with the same bytes."""

import base64
import dataclasses
import json
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import layout
from archive.errors import FormatError
from archive.index import growth, rows
from archive.index.growth import grow
from archive.index.lookup import find, streams_of
from archive.index.root import Generation, Root, Stored, encode, open_prefixes, parse, prefix

ORIGIN = "proof.example.org/shop"
ONE_DIGEST = base64.b64encode(bytes(32)).decode()


@pytest.fixture
def small_limits(monkeypatch):
    monkeypatch.setattr(growth, "INLINE", 5)
    monkeypatch.setattr(growth, "SHARD_ROWS", 4)


def row(stream, revision=1, at=10, **changes):
    fields = {"pack": rows.FILE, "offset": 0, "length": 4000, "date": 20240501}
    key = rows.key_of(stream)
    return rows.Row(key=key, log_size=at, revision=revision, **fields | changes)


class Shards(dict):
    """Shards by name, which count how often they are read and never change."""

    reads = 0

    def read(self, name):
        self.reads += 1
        return self[name]

    def write(self, name, data):
        assert data
        assert self.setdefault(name, data) == data


def build(runs, root=None):
    """Add each run's rows; `runs` are lists of (stream, revision)."""
    root, shards = root or Root(ORIGIN), Shards()
    for at, run in enumerate(runs, 1):
        new = [rows.encode(row(stream, revision, at * 100)) for stream, revision in run]
        root = grow(root, new, at * 100, shards.read, shards.write)
    return root, shards


# Runs of some orders each; an order that comes again gets its next revision.
RUNS = st.lists(st.lists(st.integers(0, 40), max_size=14, unique=True), max_size=14)


@settings(max_examples=200, deadline=None)
@given(RUNS)
def test_every_row_is_found_in_at_most_two_reads(runs):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growth, "INLINE", 5)
        patch.setattr(growth, "SHARD_ROWS", 4)
        added, revisions = [], {}
        for run in runs:
            streams = [f"order/de/{number}" for number in run]
            for stream in streams:
                revisions[stream] = revisions.get(stream, 0) + 1
            added.append([(stream, revisions[stream]) for stream in streams])
        root, shards = build(added)
        root = parse(encode(root))

        for stream, newest in revisions.items():
            shards.reads = 0
            found = find(root, stream, shards.read)
            assert [each.revision for each in found] == list(range(1, newest + 1))
            assert all((stream, each.revision) in added[each.log_size // 100 - 1] for each in found)
            assert shards.reads <= 2
        assert find(root, "order/de/nobody's", shards.read) == []
        held = sum(each.rows for each in root.generations) + len(root.inline) // rows.SIZE
        assert held == sum(map(len, added))


@settings(max_examples=50, deadline=None)
@given(RUNS, st.randoms(use_true_random=False))
def test_the_same_rows_in_another_order_give_the_same_bytes(runs, chance):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growth, "INLINE", 5)
        patch.setattr(growth, "SHARD_ROWS", 4)
        named = [[(f"order/de/{number}", 1) for number in run] for run in runs]
        shuffled = [chance.sample(run, len(run)) for run in named]

        first, second = build(named), build(shuffled)

    assert encode(first[0]) == encode(second[0])
    assert first[1] == second[1]


def test_rows_stay_in_the_root_until_they_are_too_many(small_limits):
    root, shards = build([[("order/de/1", 1)] * 1, [(f"order/de/{n}", 1) for n in range(2, 6)]])
    assert root.generations == []
    assert len(root.inline) == 5 * 48

    root = grow(root, [rows.encode(row("order/de/6", at=300))], 300, shards.read, shards.write)

    assert root.inline == b""
    assert (root.base.at, root.base.rows, root.delta) == (300, 6, None)


def test_a_small_delta_is_kept_apart_and_a_large_one_is_merged(small_limits):
    root, shards = build([[(f"order/de/{n}", 1) for n in range(40)]])
    six = [rows.encode(row(f"order/fr/{n}", at=200)) for n in range(6)]

    with_delta = grow(root, six, 200, shards.read, shards.write)
    six = [rows.encode(row(f"order/uk/{n}", at=300)) for n in range(6)]
    merged = grow(with_delta, six, 300, shards.read, shards.write)

    assert (with_delta.base, with_delta.delta.at, with_delta.superseded) == (root.base, 200, ())
    assert (merged.base.at, merged.base.rows, merged.delta) == (300, 52, None)
    assert merged.superseded == (100, 200)


def test_a_shard_is_about_64_kilobytes():
    root, shards = build([[(f"order/de/{n}", 1) for n in range(20_000)]])

    assert root.base.shards == 16
    assert all(50_000 < len(data) < 75_000 for data in shards.values())


@pytest.mark.parametrize("orders", [10, 10_000])
def test_a_lookup_reads_two_shards_at_any_size(orders):
    root, shards = build([[(f"order/de/{n}", 1) for n in range(orders)]])
    shards.reads = 0

    assert len(find(root, "order/de/7", shards.read)) == 1
    assert shards.reads <= 1


def test_merging_holds_one_shard_at_a_time_in_memory():
    """Eight times the rows take no more memory than a few shards."""
    chance = random.Random(1)
    root, shards = Root(ORIGIN), Shards()
    made = (rows.encode(row(str(n))) for n in range(40_000))
    root = grow(root, list(made), 100, shards.read, shards.write)
    new = [rows.encode(row(str(chance.random()), at=200)) for _ in range(10_001)]
    kept = {}

    tracemalloc.start()
    grow(root, new, 200, shards.read, lambda name, data: kept.update({name: len(data)}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sum(kept.values()) == 50_001 * 48
    assert peak < 1_500_000  # all 50,001 rows as objects would be more than 4 MB


def test_a_shard_that_was_changed_is_not_believed(small_limits):
    root, shards = build([[(f"order/de/{n}", 1) for n in range(40)]])
    name = layout.index_shard_path(100, rows.shard_of(rows.key_of("order/de/7"), 10))
    shards[name] = shards[name][:-1] + b"\x00"

    with pytest.raises(FormatError, match="is not the shard that"):
        find(root, "order/de/7", shards.read)
    with pytest.raises(FormatError, match="is not the shard that"):
        build_on(root, shards)


def build_on(root, shards):
    new = [rows.encode(row(f"order/fr/{n}", at=200)) for n in range(30)]
    return grow(root, new, 200, shards.read, shards.write)


def test_a_generation_with_rows_left_out_is_not_believed(small_limits):
    root, shards = build([[(f"order/de/{n}", 1) for n in range(40)]])
    base = Generation(root.base.at, 41, root.base.digests)

    with pytest.raises(FormatError, match="another number of rows"):
        list(growth.read_rows(base, shards.read))


def test_shards_of_odd_keys_are_read_at_both_ends():
    assert rows.shard_of(bytes(16), 7) == 0
    assert rows.shard_of(b"\xff" * 16, 7) == 6
    assert rows.shard_of(b"\xff" * 16, 1) == 0


def test_the_bytes_of_a_row():
    data = rows.encode(row("order/de/1", 3, 77, pack=5, offset=2**40, length=9))

    numbers = ["000000000000004d", "00000005", "0000010000000000", "00000009", "00000003"]
    assert data.hex() == "638c076a52fa36dc68e22f71565fae92" + "".join(numbers) + "0134d875"
    assert rows.decode(data).path("order/de/1") == "orders/de/6b/1_20240501_r3.jsonl.gz"


@pytest.mark.parametrize("data", [b"x" * 47, b"b" * 48 + b"a" * 48, b"a" * 96])
def test_rows_that_are_not_whole_or_not_sorted_are_refused(data):
    with pytest.raises(FormatError):
        rows.parse(data)


def full_root():
    return Root(
        origin=ORIGIN,
        log_size=12,
        base=Generation(7, 3, (b"d" * 32, b"e" * 32)),
        inline=rows.encode(row("order/de/1")),
        notes={7: "a note\n", 12: "another\n"},
        open_lines=4,
        open_streams=open_prefixes({prefix(rows.key_of("order/de/2")), b"\0\0\0\1"}),
        shops=("de", "fr"),
        superseded=(3,),
        keyring="{}\n",
        stored=Stored("{}", "0" * 32, "proof"),
    )


def test_a_root_reads_back_as_it_was_written():
    assert parse(encode(full_root())) == full_root()
    assert parse(encode(Root(ORIGIN))) == Root(ORIGIN)


def test_the_digest_covers_all_but_keyring_and_proof():
    root = full_root()
    free = dataclasses.replace(root, keyring="", stored=None)
    changed = [
        {"origin": "x"},
        {"log_size": 1},
        {"base": None},
        {"delta": root.base},
        {"inline": b""},
        {"notes": {}},
        {"open_lines": 0},
        {"open_streams": None},
        {"shops": None},
        {"superseded": ()},
    ]

    assert free.digest() == root.digest()
    digests = {dataclasses.replace(root, **change).digest() for change in changed}
    assert len(digests | {root.digest()}) == len(changed) + 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base", {"at": 7, "digests": "", "rows": 0, "shards": 0}),
        ("base", {"at": 7, "digests": "AAAA", "rows": 1, "shards": 1}),
        ("base", {"at": -1, "digests": ONE_DIGEST, "rows": 1, "shards": 1}),
        ("base", []),
        ("inline", "AAA="),
        ("inline", 5),
        ("log_size", True),
        ("log_size", 10**18),
        ("notes", {"07": "x"}),
        ("notes", {"7": 1}),
        ("notes", {"x": "x"}),
        ("open_lines", None),
        ("open_streams", "AAAAAAAAAAA="),
        ("open_streams", "AAAA"),
        ("orderproof", 2),
        ("shops", ["fr", "de"]),
        ("shops", [1]),
        ("stored", {"line": "", "proof": ""}),
        ("stored", {"line": "", "proof": "", "tag": 1}),
        ("superseded", ["1"]),
        ("more", 1),
    ],
)  # fmt: skip
def test_a_root_in_another_form_is_refused(name, value):
    read = json.loads(encode(full_root()))
    read[name] = value

    with pytest.raises(FormatError):
        parse(json.dumps(read, separators=(",", ":"), sort_keys=True).encode() + b"\n")


def test_an_order_that_is_open_is_known_by_the_root():
    root = full_root()

    assert root.may_be_open(rows.key_of("order/de/2"))
    assert not root.may_be_open(rows.key_of("order/de/1"))
    unknown = Root(ORIGIN, open_lines=4, open_streams=None)
    assert unknown.may_be_open(rows.key_of("order/de/1"))
    assert open_prefixes({n.to_bytes(4, "big") for n in range(100_001)}) is None


def test_a_number_is_looked_for_in_every_known_shop():
    assert streams_of(full_root(), "1") == ["order/de/1", "order/fr/1"]
    assert streams_of(full_root(), "de/1") == ["order/de/1", "order/de/de/1", "order/fr/de/1"]
    assert streams_of(Root(ORIGIN, shops=None), "1") is None
    assert streams_of(Root(ORIGIN, shops=None), "de/1") == ["order/de/1"]


def test_the_sum_over_rows_does_not_depend_on_their_order():
    three = [rows.encode(row(str(n))) for n in range(3)]

    assert rows.digest_sum(three) == rows.digest_sum(reversed(three))
    assert rows.digest_sum(three) != rows.digest_sum(three[:2])
