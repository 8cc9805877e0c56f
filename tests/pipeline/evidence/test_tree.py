"""The tree and its proofs: published vectors, and laws over trees of any size."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.evidence.proofs import begins_with, root_of_inclusion
from quietclicks.pipeline.evidence.tree import EMPTY_ROOT, Frontier, Tree, leaf_hash, node_hash

# The eight leaves that implementations of Certificate Transparency are tested with, the roots over
# the first one, two and so on, and some proofs.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        *("", "00", "10", "2021", "3031", "40414243"),
        *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
ROOTS = """
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUSION = {
    (0, 1): [],
    (0, 8): [A, B, C],
    (5, 8): [D, E, ROOTS[3]],
    (2, 3): [ROOTS[1]],
    (1, 5): [ROOTS[0], B, D],
}
CONSISTENCY = {(1, 1): [], (1, 8): [A, B, C], (6, 8): [F, E, ROOTS[3]], (2, 5): [B, D]}

TREE = Tree(map(leaf_hash, LEAVES))
sizes = st.integers(1, 200)


def leaves(count: int) -> list[bytes]:
    return [hashlib.sha256(b"%d" % each).digest() for each in range(count)]


def slow_root(hashes: list[bytes]) -> bytes:
    """The definition, word by word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    left = 1
    while 2 * left < len(hashes):
        left *= 2
    both = slow_root(hashes[:left]) + slow_root(hashes[left:])
    return hashlib.sha256(b"\1" + both).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size: int) -> None:
    frontier = Frontier()
    for each in LEAVES[:size]:
        frontier.append(leaf_hash(each))
    assert frontier.root().hex() == TREE.root(size).hex() == ROOTS[size - 1]


def test_nothing_has_a_root() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert EMPTY_ROOT.hex() == Frontier().root().hex() == Tree().root(0).hex() == empty


@pytest.mark.parametrize("place", INCLUSION, ids=str)
def test_published_inclusion_proofs(place: tuple[int, int]) -> None:
    index, size = place
    proof = TREE.inclusion_proof(index, size)
    assert [each.hex() for each in proof] == INCLUSION[place]
    assert root_of_inclusion(leaf_hash(LEAVES[index]), index, size, proof) == TREE.root(size)


@pytest.mark.parametrize("place", CONSISTENCY, ids=str)
def test_published_consistency_proofs(place: tuple[int, int]) -> None:
    old, new = place
    proof = TREE.consistency_proof(old, new)
    assert [each.hex() for each in proof] == CONSISTENCY[place]
    assert begins_with(old, TREE.root(old), new, TREE.root(new), proof)


def test_every_root_and_proof_of_small_trees() -> None:
    hashes = leaves(33)
    tree = Tree(hashes)
    for new in range(1, len(hashes) + 1):
        root = slow_root(hashes[:new])
        assert tree.root(new) == root
        for index in range(new):
            proof = tree.inclusion_proof(index, new)
            assert root_of_inclusion(hashes[index], index, new, proof) == root
        for old in range(1, new + 1):
            assert begins_with(old, tree.root(old), new, root, tree.consistency_proof(old, new))


@given(st.data())
def test_a_changed_inclusion_proof_leads_elsewhere(data: st.DataObject) -> None:
    size = data.draw(sizes)
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    tree = Tree(hashes)
    proof = tree.inclusion_proof(index, size)
    at, bit = data.draw(st.integers(0, len(proof))), data.draw(st.integers(0, 255))
    changed = [hashes[index], *proof]
    changed[at] = flipped(changed[at], bit)
    assert root_of_inclusion(changed[0], index, size, changed[1:]) != tree.root(size)
    for wrong in (proof[:-1], [*proof, bytes(32)]):
        if len(wrong) != len(proof):
            with pytest.raises(ValueError, match="hashes and needs"):
                root_of_inclusion(hashes[index], index, size, wrong)
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index) | st.none())
    if other is not None:
        try:
            assert root_of_inclusion(hashes[index], other, size, proof) != tree.root(size)
        except ValueError:
            assert len(tree.inclusion_proof(other, size)) != len(proof)


@given(st.data())
def test_a_changed_consistency_proof_shows_nothing(data: st.DataObject) -> None:
    new = data.draw(sizes)
    old = data.draw(st.integers(1, new))
    hashes = leaves(new)
    tree = Tree(hashes)
    proof = tree.consistency_proof(old, new)
    parts = [tree.root(old), tree.root(new), *proof]
    assert begins_with(old, parts[0], new, parts[1], proof)
    at, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[at] = flipped(parts[at], bit)
    assert not begins_with(old, parts[0], new, parts[1], parts[2:])
    assert not begins_with(old, tree.root(old), new, tree.root(new), [*proof, bytes(32)])
    assert not proof or not begins_with(old, tree.root(old), new, tree.root(new), proof[1:])


@given(st.data())
def test_a_fork_is_not_consistent(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 100))
    old = data.draw(st.integers(1, new - 1))
    at = data.draw(st.integers(0, old - 1))
    hashes = leaves(new)
    forked = [*hashes]
    forked[at] = bytes(32)
    signed, tree = Tree(hashes).root(old), Tree(forked)
    assert not begins_with(old, signed, new, tree.root(new), tree.consistency_proof(old, new))


def test_a_leaf_is_no_node() -> None:
    left, right = leaves(2)
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (1, 9), (-1, 3)])
def test_what_was_never_there_has_no_proof(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="leaves"):
        TREE.consistency_proof(old, new)
    assert not begins_with(old, EMPTY_ROOT, min(new, 3), TREE.root(3), [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3), (0, 9)])
def test_what_is_not_there_is_not_included(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="lea"):
        TREE.inclusion_proof(index, size)
    if size < 9:
        with pytest.raises(ValueError, match="no leaf"):
            root_of_inclusion(bytes(32), index, size, [])


def test_a_root_of_a_size_that_is_not_reached() -> None:
    with pytest.raises(ValueError, match="8 leaves"):
        TREE.root(9)


def flipped(data: bytes, bit: int) -> bytes:
    """With one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
