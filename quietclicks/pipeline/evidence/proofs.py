"""What follows from a proof that somebody else made, for who has no tree: RFC 6962, section 2.1.

A proof that is too long or too short for its place proves nothing.
"""

from collections.abc import Sequence

from quietclicks.pipeline.evidence.tree import node_hash, split


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root of `size` leaves of which `leaf` is the one at `index`. Raises `ValueError`."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} among {size}")
    on_the_right = []  # whether the leaf is, at each node from the root down
    while size > 1:
        left = split(size)
        on_the_right.append(index >= left)
        index, size = (index - left, size - left) if index >= left else (index, left)
    if len(proof) != len(on_the_right):
        raise ValueError(f"the proof has {len(proof)} hashes and needs {len(on_the_right)}")
    root = leaf
    for right, sibling in zip(reversed(on_the_right), proof, strict=True):
        root = node_hash(sibling, root) if right else node_hash(root, sibling)
    return root


def begins_with(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows that the tree of `new` leaves begins with that of `old`."""
    if not 0 < old <= new:
        return False
    shared = []  # whether the node beside the way down is part of both trees
    rest, size = old, new
    while rest < size:
        left = split(size)
        shared.append(rest > left)
        rest, size = (rest - left, size - left) if rest > left else (rest, left)
    # A tree that is a complete subtree of the new one is no part of the proof: its root is known.
    hashes = [*proof] if any(shared) else [old_root, *proof]
    if len(hashes) != len(shared) + 1:
        return False
    first = second = hashes[0]
    for both, sibling in zip(reversed(shared), hashes[1:], strict=True):
        if both:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
        else:
            second = node_hash(second, sibling)
    return first == old_root and second == new_root
