"""The tree against the vectors of Google's certificate-transparency project.

Source: google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc (its leaves count
from 1, ours from 0).
"""

import hashlib

import pytest

from archive import merkle

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]


def perfect(hashes):
    """Answer for perfect subtrees by the definition of RFC 6962, section 2.1."""

    def node(level, index):
        if level == 0:
            return hashes[index]
        return merkle.node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    return node


@pytest.mark.parametrize("size", range(9))
def test_roots_equal_the_published_ones(size):
    expected = bytes.fromhex(ROOTS[size])

    assert merkle.root(HASHES[:size]) == expected
    assert merkle.root_of(size, perfect(HASHES)) == expected


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_inclusion_paths_equal_the_published_ones(index, size, path):
    expected = [bytes.fromhex(step) for step in path]

    assert merkle.inclusion_path(index, size, perfect(HASHES)) == expected
    assert merkle.verify_inclusion(HASHES[index], index, size, expected, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 13, 64, 65, 100])
def test_every_leaf_of_a_tree_is_proved_and_nothing_else(size):
    hashes = [merkle.leaf_hash(bytes([i])) for i in range(size)]
    root = merkle.root(hashes)

    for index in range(size):
        path = merkle.inclusion_path(index, size, perfect(hashes))
        wrong = hashlib.sha256(b"").digest()

        assert merkle.verify_inclusion(hashes[index], index, size, path, root)
        assert not merkle.verify_inclusion(hashes[index], index - 1, size, path, root)
        assert not merkle.verify_inclusion(hashes[index], index + 1, size, path, root)
        assert not merkle.verify_inclusion(hashes[index], index, size * 2, path, root)
        assert not merkle.verify_inclusion(wrong, index, size, path, root)
        assert not merkle.verify_inclusion(hashes[index], index, size, path, wrong)
        assert not merkle.verify_inclusion(hashes[index], index, size, [*path, root], root)
        assert not merkle.verify_inclusion(hashes[index], index, size, [root, *path], root)
        for place in range(len(path)):
            changed = [*path[:place], wrong, *path[place + 1 :]]
            shorter = [*path[:place], *path[place + 1 :]]
            assert not merkle.verify_inclusion(hashes[index], index, size, changed, root)
            assert not merkle.verify_inclusion(hashes[index], index, size, shorter, root)


def test_a_leaf_outside_the_tree_has_no_path():
    with pytest.raises(ValueError, match="no leaf 8 in a tree of 8"):
        merkle.inclusion_path(8, 8, perfect(HASHES))


def test_a_copied_frontier_grows_alone():
    frontier = merkle.Frontier(HASHES[:5])

    other = frontier.copy()
    other.append(HASHES[5])

    assert frontier.root() == bytes.fromhex(ROOTS[5])
    assert other.root() == bytes.fromhex(ROOTS[6])


CONSISTENCY = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]


def subtree(level, index):
    return merkle.root(HASHES[index << level : (index + 1) << level])


@pytest.mark.parametrize(("first", "second", "path"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_vectors(first, second, path):
    assert [step.hex() for step in merkle.consistency_path(first, second, subtree)] == path


def test_every_pair_of_sizes_has_a_proof_that_verifies_and_that_no_change_survives():
    roots = [bytes.fromhex(root) for root in ROOTS]
    for second in range(9):
        for first in range(second + 1):
            path = merkle.consistency_path(first, second, subtree)
            sound = (first, second, path, roots[first], roots[second])
            assert merkle.verify_consistency(*sound)
            for place in range(len(path)):
                flipped = [bytes([s[0] ^ 1]) + s[1:] if i == place else s
                           for i, s in enumerate(path)]  # fmt: skip
                assert not merkle.verify_consistency(first, second, flipped, *sound[3:])
                shorter = path[:place] + path[place + 1 :]
                assert not merkle.verify_consistency(first, second, shorter, *sound[3:])
            assert not merkle.verify_consistency(first, second, [*path, HASHES[0]], *sound[3:])
            other = hashlib.sha256(b"another tree").digest()
            assert not merkle.verify_consistency(first, second, path, other, roots[second])
            if first:
                assert not merkle.verify_consistency(first, second, path, roots[first], other)


def test_a_larger_tree_is_no_beginning_of_a_smaller_one():
    with pytest.raises(ValueError, match="no beginning"):
        merkle.consistency_path(3, 2, subtree)
    assert not merkle.verify_consistency(3, 2, [], bytes.fromhex(ROOTS[3]), bytes.fromhex(ROOTS[2]))
