"""Visitor samples: exact while small, close when large, the same whatever the order."""

import random
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.sketch import SIZE, Sample, union

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


@pytest.mark.parametrize("before", [3, 512, 513, 2_000])
def test_an_update_tells_what_it_added(before: int) -> None:
    sample = Sample(visitors(before))
    known = sample.encode()
    assert not sample.update(visitors(before))
    assert not sample.update([])
    assert sample.encode() == known
    assert sample.update([7, 7]) == {7}
    assert not sample.update([7])
    assert sample.encode() == Sample([*visitors(before), 7]).encode() != known


def smallest(whole: set[int]) -> bytes:
    """What a sample of them is, said without any care for time or memory."""
    return b"".join(each.to_bytes(8, "little") for each in sorted(whole)[: SIZE + 1])


@pytest.mark.slow
@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    pool=st.sampled_from([40, 520, 700, 4_000]),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["update", "merge", "decode"]),
            st.sampled_from([0, 1, 2, 9, 45, 300, 512, 514, 1_500]),
        ),
        max_size=8,
    ),
    dice=st.randoms(use_true_random=False),
)
def test_it_is_the_smallest_of_all_that_it_was_ever_given(
    pool: int, steps: list[tuple[str, int]], dice: random.Random
) -> None:
    """With few and with many that it has already, below and above its size."""
    everybody = visitors(pool)
    sample, whole = Sample(), set[int]()
    for step, count in steps:
        some = dice.choices(everybody, k=count)
        before = sample.hashes
        if step == "update":
            told = sample.update(some)
            assert told <= set(some) - before
            assert sample.hashes <= before | told
        elif step == "merge":
            sample.merge(Sample(some))
        else:
            sample = Sample.decode(sample.encode())
            some = []
        whole.update(some)
        assert sample.encode() == smallest(whole)
        assert sample.exact is (len(whole) <= SIZE)
        assert bool(sample) is bool(whole)
        if sample.exact:
            assert sample.count() == len(whole)


@settings(derandomize=True, max_examples=50, deadline=None)
@given(
    parts=st.lists(st.sampled_from([0, 0, 1, 1, 2, 60, 600]), max_size=40),
    dice=st.randoms(use_true_random=False),
)
def test_a_union_is_of_everybody(parts: list[int], dice: random.Random) -> None:
    everybody = visitors(1_200)
    samples = [Sample(dice.sample(everybody, count)) for count in parts]
    whole = {each for sample in samples for each in sample.hashes}
    assert union(samples).encode() == smallest(whole)


@pytest.mark.parametrize("first", [0, 1, 999, 1_000, 2_500])
def test_a_union_goes_on_after_any_number_of_empty_ones(first: int) -> None:
    assert union([Sample()] * first + [Sample([5])] * 3).count() == 1


@pytest.mark.parametrize("count", [2, 512, 513, 514, 1_024])
def test_what_earlier_versions_wrote_is_read(count: int) -> None:
    """In no order, or in any, and up to twice as many hashes as count."""
    hashes = visitors(count)
    for ordered in (sorted(hashes), hashes):
        data = b"".join(each.to_bytes(8, "little") for each in ordered)
        assert Sample.decode(data).encode() == smallest(set(hashes))
    last = hashes[-1].to_bytes(8, "little")
    with pytest.raises(ValueError, match="not an encoded sample"):
        Sample.decode(data[:-16] + last + last)


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
    ids=["not whole hashes", "a hash twice", "a hash often"],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not an encoded sample"):
        Sample.decode(data)


def test_a_record_of_more_hashes_than_any_version_wrote_is_refused() -> None:
    data = b"".join(each.to_bytes(8, "little") for each in sorted(visitors(1_025)))
    with pytest.raises(ValueError, match="not an encoded sample"):
        Sample.decode(data)


def test_it_is_shown_without_its_visitors() -> None:
    assert "12345" not in repr(Sample([12345]))


@pytest.mark.parametrize(("visitors_", "bytes_"), [(1, 150), (129, 1_200), (5_000, 4_300)])
def test_it_takes_little_more_than_its_hashes(visitors_: int, bytes_: int) -> None:
    """A set of them takes 70 bytes a visitor, and there may be millions of samples."""
    sources = [visitors(visitors_, seed) for seed in range(50)]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        made = [Sample(source) for source in sources]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / len(made) < bytes_
