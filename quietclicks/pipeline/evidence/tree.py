"""The Merkle tree of RFC 6962, section 2.1, over leaf hashes: roots and proofs.

It never reads an entry but to hash it. All hashes are SHA-256, 32 bytes.
"""

from collections.abc import Iterable
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
FIRST_PREV = "0" * 64  # what the first entry names as the hash of the one before it


def leaf_hash(entry: bytes) -> bytes:
    """An entry → its leaf. The byte in front keeps leaves and nodes apart."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Two subtrees → the one above them."""
    return sha256(b"\1" + left + right).digest()


def split(size: int) -> int:
    """How many of `size` > 1 leaves are on the left: the largest power of two below it."""
    return 1 << (size - 1).bit_length() - 1


class Frontier:
    """A tree that can only grow and tell its root: a stack of its complete subtrees.

    For a million entries it holds twenty hashes, not a million.
    """

    def __init__(self) -> None:
        self.size = 0
        self._stack: list[bytes] = []  # the largest subtree first

    def append(self, leaf: bytes) -> None:
        """Another leaf; each bit that carries in the size joins two subtrees of the same size."""
        size = self.size
        while size & 1:
            leaf = node_hash(self._stack.pop(), leaf)
            size >>= 1
        self._stack.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Of all that was appended."""
        if not self._stack:
            return EMPTY_ROOT
        *larger, root = self._stack
        for left in reversed(larger):
            root = node_hash(left, root)
        return root


class Tree:
    """A tree that can prove: it keeps the hash of each complete subtree, two for each leaf."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]  # [height][index]
        for leaf in leaves:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Another leaf."""
        joined = leaf
        for level in self._levels:
            level.append(joined)
            if len(level) & 1:
                return
            joined = node_hash(level[-2], level[-1])
        self._levels.append([joined])

    def root(self, size: int) -> bytes:
        """The root when there were `size` leaves. Raises `ValueError` where there never were."""
        self._check(size)
        return self._subtree(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """From the leaf's sibling to the root's child, in the tree of `size` leaves."""
        self._check(size)
        if not 0 <= index < size:
            raise ValueError(f"there is no leaf {index} among {size}")
        proof = []
        start, end = 0, size
        while end - start > 1:
            middle = start + split(end - start)
            if index < middle:
                proof.append(self._subtree(middle, end))
                end = middle
            else:
                proof.append(self._subtree(start, middle))
                start = middle
        return proof[::-1]

    def consistency_proof(self, old: int, new: int) -> list[bytes]:
        """That the tree of `new` leaves begins with that of `old`; an empty one proves nothing."""
        self._check(new)
        if not 0 < old <= new:
            raise ValueError(f"no tree of {new} leaves is proved to begin with {old}")
        proof = []
        start, end = 0, new
        while old < end:
            middle = start + split(end - start)
            if old <= middle:
                proof.append(self._subtree(middle, end))
                end = middle
            else:
                proof.append(self._subtree(start, middle))
                start = middle
        if start:  # else it is the old root, which the verifier has
            proof.append(self._subtree(start, end))
        return proof[::-1]

    def _check(self, size: int) -> None:
        if not 0 <= size <= len(self):
            raise ValueError(f"there are {len(self)} leaves, not {size}")

    def _subtree(self, start: int, end: int) -> bytes:
        """The root over some leaves: complete subtrees are at hand, others are joined."""
        size = end - start
        if size & (size - 1) == 0:
            return self._levels[size.bit_length() - 1][start // size]
        middle = start + split(size)
        return node_hash(self._subtree(start, middle), self._subtree(middle, end))
