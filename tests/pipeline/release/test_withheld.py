"""What a day withholds is rounded by chance, once, and carried for a week in the commit."""

from collections import Counter

import pytest

from quietclicks.pipeline.release import Cell, Remainder
from quietclicks.pipeline.release.metadata import CommitMetadata, decode, withheld_by_day
from quietclicks.pipeline.release.withheld import DAYS, NEAREST, Withheld, by_day, rounded
from quietclicks.pipeline.sketch import Sample

DAY = 20_780


def hours(seed: int) -> dict[int, Remainder]:
    """One that waits; of other visitors for another seed."""
    cell = Cell(3, Sample([seed * 1000 + n for n in range(3)]))
    return {DAY * 24: Remainder(published=False, total=cell, released={}, unreleased={})}


@pytest.mark.parametrize("views", [0, 1, 7, 10, 23])
def test_it_is_a_multiple_of_ten_near_it_and_right_on_the_whole(views: int) -> None:
    shown = [rounded(views, hours(seed), "shop.example") for seed in range(2000)]
    least = views // NEAREST * NEAREST
    assert set(shown) == ({least} if views % NEAREST == 0 else {least, least + NEAREST})
    assert abs(sum(shown) / len(shown) - views) < 0.4  # three standard deviations


def test_closing_again_draws_no_second_time() -> None:
    for seed in range(50):
        assert len({rounded(5, hours(seed), "shop.example") for _ in range(5)}) == 1
    sites = Counter(rounded(5, hours(1), f"{n}.example") for n in range(400))
    assert sites.keys() == {0, NEAREST}, "and each site has its own"


def test_a_week_is_kept() -> None:
    kept = Withheld()
    for day in range(DAY, DAY + 30):
        kept.add(day, 20)
        kept.add(day, 0)
        kept.add(day, 10)
    assert kept.days == dict.fromkeys(range(DAY + 30 - DAYS, DAY + 30), 30)
    assert kept.since == DAY + 30 - DAYS
    memo = CommitMetadata(2**60, 10**6, 10**6, [10**6] * 50, kept)
    assert decode(memo.encode()) == memo
    assert len(memo.encode()) < 1000  # of 4,096 bytes, which it shares


def test_of_all_partitions_and_days_that_are_over_in_all() -> None:
    one = Withheld(DAY, {DAY: 30, DAY + 1: 10, DAY + 2: 10})
    other = Withheld(DAY, {DAY: 10})
    end = (DAY + 2) * 24
    assert by_day([(end, one), (end + 24, other)]) == {DAY: 40, DAY + 1: 10}
    assert by_day([(end - 1, one), (end, other)]) == {DAY: 40}


@pytest.mark.parametrize(
    "partitions",
    [
        [],
        [((DAY + 2) * 24, Withheld(DAY)), ((DAY + 2) * 24, None)],
        [((DAY + 2) * 24, Withheld(DAY)), ((DAY + 2) * 24, Withheld(DAY + 2))],
        [((DAY + 2) * 24, Withheld(DAY)), (0, Withheld())],
    ],
    ids=["nobody", "a former version", "lost until then", "nothing released"],
)
def test_what_one_does_not_know_is_not_told(partitions: list[tuple[int, Withheld | None]]) -> None:
    assert not [day for day in by_day(partitions) if day >= 0]


def test_a_partition_that_committed_nothing_knows_nothing() -> None:
    memo = CommitMetadata(1, (DAY + 2) * 24, 0, [(DAY + 2) * 24], Withheld(DAY, {DAY: 30}))
    assert withheld_by_day([memo.encode()]) == {DAY: 30, DAY + 1: 0}
    assert withheld_by_day([memo.encode(), ""]) == {}


def test_a_commit_of_a_former_version_is_read() -> None:
    former = '{"position":4,"released":499008,"sites":0,"marks":[499008]}'
    assert decode(former).withheld is None
