"""Merkle tree of the log: hashes, roots, inclusion and consistency proofs.

Source: RFC 6962, section 2.1, with SHA-256; verification as in RFC 9162, sections 2.1.3.2 and
2.1.4.2.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

Node = Callable[[int, int], bytes]
"""`node(level, i)`: hash of the perfect subtree of leaves [i * 2**level, (i + 1) * 2**level)."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees as their parent."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A growing tree that keeps only the hashes which later roots need, one a level.

    Args:
        hashes: leaf hashes to start with.
    """

    def __init__(self, hashes: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []
        for leaf in hashes:
            self.append(leaf)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the right."""
        carried = leaf
        occupied = self.size
        while occupied & 1:
            carried = node_hash(self._subtrees.pop(), carried)
            occupied >>= 1
        self._subtrees.append(carried)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        if not self._subtrees:
            return EMPTY_ROOT
        result = self._subtrees[-1]
        for left in reversed(self._subtrees[:-1]):
            result = node_hash(left, result)
        return result

    def copy(self) -> "Frontier":
        """Return an independent tree with the same leaves."""
        other = Frontier()
        other.size = self.size
        other._subtrees = list(self._subtrees)
        return other


def root(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a tree of these leaf hashes; of none, the hash of nothing."""
    if not hashes:
        return EMPTY_ROOT
    # A split at a power of two pairs neighbours, and leaves the odd one at the right for later.
    sha256 = hashlib.sha256
    row = list(hashes)
    while len(row) > 1:
        pairs = zip(row[::2], row[1::2], strict=False)
        odd = row[-1:] if len(row) & 1 else []
        row = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return row[0]


def root_of(size: int, node: Node) -> bytes:
    """Return the root of the first `size` leaves from hashes of perfect subtrees."""
    return EMPTY_ROOT if size == 0 else _subtree(0, size, node)


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of the first `size` leaves.

    The leaf's sibling comes first, the root's child last.

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    begin, end = 0, size
    path = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(begin, middle, node))
            begin = middle
    path.reverse()
    return path


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Tell whether `path` leads from the leaf hash at `index` to the root of `size` leaves.

    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    position, last = index, size - 1
    result = leaf
    sha256 = hashlib.sha256
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            result = sha256(b"\x01" + sibling + result).digest()
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            result = sha256(b"\x01" + result + sibling).digest()
        position >>= 1
        last >>= 1
    return last == 0 and result == root


def consistency_path(first: int, second: int, node: Node) -> list[bytes]:
    """Return the proof that the first `first` leaves of the tree of `second` leaves are a tree's.

    It is empty where the sizes are equal or the first is 0.

    Source: RFC 9162, section 2.1.4.1.

    Raises:
        ValueError: the first tree is larger than the second.
    """
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {first} leaves is no beginning of one of {second}")
    if first in (0, second):
        return []
    begin, end = 0, second
    whole = True  # the subtree that is left is all that the first tree has of it
    path = []
    while first < end:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(begin, middle, node))
            begin, whole = middle, False
    if not whole:
        path.append(_subtree(begin, end, node))
    path.reverse()
    return path


def verify_consistency(
    first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Tell whether `path` proves that the tree of `second` leaves only added to the first one.

    Source: RFC 9162, section 2.1.4.2; of an empty first tree nothing is to be proved.
    """
    if not 0 <= first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    if first == 0:
        return not path and first_root == EMPTY_ROOT
    proof = list(path)
    if first & (first - 1) == 0:
        proof.insert(0, first_root)
    if not proof:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _subtree(begin: int, end: int, node: Node) -> bytes:
    """Hash the leaves [begin, end), where `begin` is a multiple of a power of two that fits."""
    width = end - begin
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, begin >> level)
    middle = begin + _split(width)
    return node_hash(_subtree(begin, middle, node), _subtree(middle, end, node))
