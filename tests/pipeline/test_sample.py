"""Visitor samples: exact while small, close when large, the same whatever the order."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.sample import SIZE, Sample, union

HASHES = st.integers(0, 2**64 - 1)


def visitors(count: int, seed: int = 0) -> list[int]:
    dice = random.Random(seed)
    return [dice.getrandbits(64) for _ in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 511, 512])
def test_is_exact_up_to_its_size(count: int) -> None:
    sample = Sample(visitors(count) * 3)
    assert sample.count() == count
    assert sample.exact
    assert bool(sample) == bool(count)


@pytest.mark.parametrize("count", [513, 1_024, 1_025, 5_000, 100_000])
def test_estimates_above_its_size(count: int) -> None:
    sample = Sample(visitors(count))
    assert not sample.exact
    assert sample.count() > SIZE
    assert abs(sample.count() / count - 1) < 0.12  # three standard errors
    assert len(sample.encode()) == 8 * (SIZE + 1)


def test_errors_are_centred_and_a_few_per_cent() -> None:
    errors = [Sample(visitors(3_000, seed)).count() / 3_000 - 1 for seed in range(100)]
    assert abs(sum(errors) / len(errors)) < 0.02
    assert (sum(error**2 for error in errors) / len(errors)) ** 0.5 < 0.06


def test_never_estimates_fewer_than_it_holds() -> None:
    assert Sample(range(2_000)).count() > SIZE  # hashes as no hash function gives them


@settings(derandomize=True, max_examples=30, deadline=None)
@given(
    count=st.sampled_from([3, 500, 520, 1_030, 2_500]),
    cuts=st.lists(st.integers(0, 2_500), max_size=4),
    dice=st.randoms(use_true_random=False),
)
def test_order_and_portions_do_not_matter(count: int, cuts: list[int], dice: random.Random) -> None:
    whole = visitors(count)
    shuffled = dice.sample(whole, len(whole))
    edges = [0, *sorted(cuts), count]
    portions = [Sample(shuffled[a:b]) for a, b in pairwise(edges)]
    merged = union(dice.sample(portions, len(portions)))
    batched = Sample()
    for a, b in pairwise(edges):
        batched.update(shuffled[a:b])
        batched.count()  # looking does not change it
    assert merged.encode() == batched.encode() == Sample(whole).encode()
    assert merged.count() == batched.count() == Sample(whole).count()


def test_merging_again_changes_nothing() -> None:
    sample, other = Sample(visitors(900)), Sample(visitors(700, seed=1))
    sample.merge(other)
    once = sample.encode()
    sample.merge(other)
    sample.merge(sample)
    assert sample.encode() == once


@pytest.mark.parametrize("before", [3, 2_000], ids=["exact", "estimated"])
def test_what_is_new_is_what_an_update_adds(before: int) -> None:
    sample = Sample(visitors(before))
    known = sample.encode()
    assert not sample.new(visitors(before))
    assert not sample.new([])
    sample.update(visitors(before))
    assert sample.encode() == known
    assert sample.new([7]) == {7}
    assert sample.encode() == known
    sample.update([7])
    assert sample.encode() != known
    assert not sample.new([7])


def test_union_leaves_its_parts_alone() -> None:
    parts = [Sample([1, 2]), Sample([3])]
    union(parts).update([4])
    assert [part.count() for part in parts] == [2, 1]


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.sets(HASHES, max_size=600))
def test_bytes_come_back_the_same(hashes: set[int]) -> None:
    data = Sample(hashes).encode()
    assert Sample.decode(data).encode() == data
    assert Sample.decode(data).count() == Sample(hashes).count()


def test_bytes_are_the_sorted_hashes_little_endian() -> None:
    assert Sample([2**63, 1]).encode() == bytes([1] + [0] * 7 + [0] * 7 + [0x80])


@pytest.mark.parametrize(
    "data",
    [b"\1" * 7, b"\1" * 16, bytes(8 * (SIZE + 2))],
    ids=["not whole hashes", "a hash twice", "too long"],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not an encoded sample"):
        Sample.decode(data)
