"""The stored tiles are those of C2SP tlog-tiles, however the log grew to its size."""

import random

import pytest

from archive import merkle, tiles
from archive.errors import FormatError
from archive.folder import Folder
from archive.tree_writer import RightEdge, last_entries, load_edge, store_tiles, stored_nodes


@pytest.fixture
def store(tmp_path):
    with Folder(tmp_path / "archive") as folder:
        yield folder


def extend(store, edge, entries):
    store_tiles(store, edge.extend(entries), edge)


def entries(first, last):
    return [b"entry %d\n" % number for number in range(first, last)]


def root_of(size):
    return merkle.root([merkle.leaf_hash(entry) for entry in entries(0, size)])


def names(store):
    return {str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 512, 513, 700])
def test_a_log_of_any_size_has_exactly_the_tiles_of_that_size(store, size):
    edge = RightEdge()

    extend(store, edge, entries(0, size))

    assert names(store) == {tiles.tile_path(*tile) for tile in tiles.tiles_for_size(size)}
    assert edge.root() == root_of(size)


def test_seventy_thousand_entries_give_the_tiles_of_the_example_in_tlog_tiles(store):
    edge = RightEdge()

    extend(store, edge, entries(0, 70_000))

    found = names(store)
    hashes = {name for name in found if "entries" not in name}
    assert {name for name in hashes if ".p/" in name} == {
        "log/tile/0/273.p/112",
        "log/tile/1/001.p/17",
        "log/tile/2/000.p/1",
    }
    assert len(hashes) == 273 + 1 + 3
    assert len(found) == len(hashes) + 274
    assert edge.root() == root_of(70_000)


def test_a_tile_of_level_one_holds_the_roots_of_full_tiles(store):
    extend(store, RightEdge(), entries(0, 512))

    leaves = [merkle.leaf_hash(entry) for entry in entries(0, 512)]
    assert store.get("log/tile/0/001") == b"".join(leaves[256:])
    assert store.get("log/tile/1/000.p/2") == merkle.root(leaves[:256]) + merkle.root(leaves[256:])
    assert tiles.split_bundle(store.get("log/tile/entries/001")) == entries(256, 512)


@pytest.mark.parametrize("seed", range(5))
def test_growing_in_steps_gives_the_same_full_tiles_and_roots_as_at_once(store, tmp_path, seed):
    steps = random.Random(seed)
    size = 0
    while size < 1500:
        grown = size + steps.choice([1, 2, 100, 255, 256, 257, 300])
        edge = load_edge(store, size)

        extend(store, edge, entries(size, grown))

        assert edge.root() == root_of(grown)
        assert merkle.root_of(grown, stored_nodes(store, grown)) == root_of(grown)
        size = grown
    with Folder(tmp_path / "at-once") as other:
        extend(other, RightEdge(), entries(0, size))
        for name in names(other):
            assert store.get(name) == other.get(name)


def test_proofs_from_stored_tiles_verify_for_every_leaf(store):
    size = 600
    extend(store, RightEdge(), entries(0, size))
    node = stored_nodes(store, size)

    for index, entry in enumerate(entries(0, size)):
        path = merkle.inclusion_path(index, size, node)
        assert merkle.verify_inclusion(merkle.leaf_hash(entry), index, size, path, root_of(size))


def test_proofs_reach_back_over_many_full_tiles(store):
    size = 66_000
    extend(store, RightEdge(), entries(0, size))
    node = stored_nodes(store, size)
    root = root_of(size)

    for index in (0, 255, 256, 40_000, 65_535, 65_536, 65_999):
        path = merkle.inclusion_path(index, size, node)
        leaf = merkle.leaf_hash(b"entry %d\n" % index)
        assert merkle.verify_inclusion(leaf, index, size, path, root)


@pytest.mark.parametrize("size", [1, 200, 256, 300, 512])
def test_the_last_entries_are_those_of_the_last_bundle(store, size):
    extend(store, RightEdge(), entries(0, size))

    last = last_entries(store, size)

    assert last == entries((size - 1) // 256 * 256, size)


def test_an_edge_whose_tile_is_missing_is_not_loaded(store):
    extend(store, RightEdge(), entries(0, 300))
    (store.root / "log/tile/0/001.p/44").unlink()

    with pytest.raises(FormatError, match=r"log/tile/0/001\.p/44 is missing"):
        load_edge(store, 300)


def test_an_edge_whose_entries_were_changed_is_not_loaded(store):
    extend(store, RightEdge(), entries(0, 300))
    bundle = store.root / "log/tile/entries/001.p/44"
    changed = bundle.read_bytes().replace(b"entry 299", b"entry 298")
    bundle.unlink()
    bundle.write_bytes(changed)

    with pytest.raises(FormatError, match="newest entries"):
        load_edge(store, 300)


def test_looking_ahead_leaves_the_edge_as_it_was(store):
    edge = RightEdge()
    extend(store, edge, entries(0, 300))

    ahead = edge.copy()
    for entry in entries(300, 600):
        ahead.extend([entry])

    assert (edge.size, edge.root()) == (300, root_of(300))
    assert (ahead.size, ahead.root()) == (600, root_of(600))
