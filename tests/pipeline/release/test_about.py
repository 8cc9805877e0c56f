"""How numbers of visitors are told: chance is added, then they are rounded."""

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.release import Cell, about, close_hour
from quietclicks.pipeline.release.about import Numbers
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas.trend import OTHER, SEARCH_PAGES, Dimension
from tests.bench.release_days import cells_of, counted, params_for, random_day, released, start_of

K = 10
START = start_of(9)
PARAMS = params_for(K)


def crowd(visitors: int, views: int, first: int = 0) -> Cell:
    """So many visitors; hashes as they are, spread over all there can be."""
    step = 2**64 // (visitors + 1)
    return Cell(views, Sample(first + step * (i + 1) for i in range(visitors)))


@pytest.mark.parametrize(
    ("visitors", "views", "window", "start", "dimension", "value", "told"),
    [
        (50, 51, "PT1H", START, "total", "", 50),
        (50, 151, "PT1H", START, "page", "/", 40),
        (50, 51, "PT1H", START, "page", "(other)", 40),
        (50, 51, "PT1H", start_of(10), "page", "/", 50),
        (50, 151, "P1D", start_of(0), "page", "/", 50),
        (50, 151, "PT1H", START, "source", "/", 50),
        (19, 400, "PT1H", START, "page", "/", 20),
        (20, 400, "PT1H", START, "page", "/", 30),
        (25, 300, "P1D", start_of(0), "search", "rote schuhe", 30),
        (12, 19, "P1D", start_of(0), "page", "/caf%C3%A9", 10),
        (512, 2_000, "P1D", start_of(0), "total", "", 510),
        (700, 2_000, "P1D", start_of(0), "total", "", 720),
    ],
)
def test_the_draw_is_written_down(
    visitors: int, views: int, window: str, start: str, dimension: str, value: str, told: int
) -> None:
    """The dice, their seed and the name's bytes: a released number must come again, for ever."""
    numbers = Numbers(window, start, PARAMS)  # type: ignore[arg-type]
    record = numbers.record(Dimension(dimension), value, crowd(visitors, views))
    assert record.visitors == told


@pytest.mark.parametrize(
    ("visitors", "views", "least", "told"),
    [
        pytest.param(14, 90, 10, 10, id="nearer to the ten below"),
        pytest.param(15, 90, 10, 20, id="half way goes up"),
        pytest.param(24, 90, 10, 20, id="a multiple and less than half"),
        pytest.param(-3, 90, 10, 10, id="chance may go below the least"),
        pytest.param(-3, 90, 20, 20, id="that of a term is twenty"),
        pytest.param(99, 48, 10, 40, id="and above the views"),
        pytest.param(10, 10, 10, 10, id="of ten views there is nothing else to say"),
        pytest.param(27, 29, 30, 20, id="views limit a least that is no multiple of k by itself"),
    ],
)
def test_the_nearest_multiple(visitors: int, views: int, least: int, told: int) -> None:
    assert about.nearest(visitors, views, K, least) == told


class Dice:
    """Says what it is told to."""

    def __init__(self, sides: Iterable[int]) -> None:
        self._sides: Iterator[int] = iter(sides)
        self.asked: list[int] = []

    def randrange(self, stop: int) -> int:
        self.asked.append(stop)
        return next(self._sides)


@pytest.mark.parametrize("steps", [0, 1, 2, 17, 5_000])
@pytest.mark.parametrize("end", [0, 1])
def test_chance_has_no_bound(steps: int, end: int) -> None:
    """Any number of steps, each as likely: k of k + 2 sides go on."""
    dice = Dice([*(2 + i % K for i in range(steps)), end])
    assert about._steps(dice, K) == steps  # type: ignore[arg-type]
    assert dice.asked == [K + 2] * (steps + 1)


def test_chance_is_half_of_k_up_and_down() -> None:
    dice = random.Random(1)
    steps = [about._steps(dice, K) for _ in range(20_000)]
    assert sum(steps) / len(steps) == pytest.approx(K / 2, rel=0.03)
    assert all(type(each) is int for each in steps)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(5, 20), st.data())
def test_every_multiple_from_the_least_to_the_views_can_come(k: int, data: st.DataObject) -> None:
    """Whatever the true number is, and no other number can."""
    least = k * data.draw(st.integers(1, 3))
    views = data.draw(st.integers(least, 12 * k))
    cell = crowd(data.draw(st.integers(least, views)), views)
    told = set()
    with pytest.MonkeyPatch.context() as patch:
        for chance in range(-views - k, views + k):
            dice = iter((max(chance, 0), max(-chance, 0)))
            patch.setattr(about, "_steps", lambda *_, dice=dice: next(dice))
            told.add(about.about(cell, b"name", k, least))
    assert told == set(range(least, views + 1, k))


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.integers(0, 60), st.randoms(use_true_random=False), st.integers(1, 9))
def test_one_number_for_one_record_in_any_order(
    seed: int, dice: random.Random, portions: int
) -> None:
    """Of arrival, of partitions, and however often it is closed."""
    events = counted(random_day(seed, visitors=60, hours=3), PARAMS)
    once = released(cells_of(events), PARAMS)
    again = released(cells_of(dice.sample(events, len(events))), PARAMS)
    assert sorted(map(repr, again)) == sorted(map(repr, once))
    assert released(cells_of(events), PARAMS) == once
    assert all(type(record.visitors) is int for record in once)
    cell = Cell(60)
    whole = dice.sample(range(1, 51), 50)
    for at in range(portions):
        cell.visitors.merge(Sample(whole[at::portions]))
    assert about.about(cell, b"n", K, K) == about.about(Cell(60, Sample(whole)), b"n", K, K)


def test_each_number_has_a_chance_of_its_own() -> None:
    """Of the same visitors, by window, start, dimension, value: none says what another does."""
    cell = crowd(100, 1_000)
    names = [
        ("PT1H", start_of(hour), dimension, f"/{value}")
        for hour in range(24)
        for dimension in (Dimension.PAGE, Dimension.SOURCE)
        for value in range(10)
    ]
    told = Counter(
        Numbers(window, start, PARAMS).record(dimension, value, cell).visitors  # type: ignore[arg-type]
        for window, start, dimension, value in names
    )
    assert len(told) >= 5
    assert sum(visitors * n for visitors, n in told.items()) / len(names) == pytest.approx(
        100, 0.02
    )
    other = crowd(100, 1_000, first=1)
    assert any(
        Numbers("PT1H", START, PARAMS).record(Dimension.PAGE, f"/{i}", cell)
        != Numbers("PT1H", START, PARAMS).record(Dimension.PAGE, f"/{i}", other)
        for i in range(10)
    ), "the seed is in the sample, which nobody outside has"


@pytest.mark.parametrize(
    ("dimension", "value", "k_dim", "least"),
    [
        pytest.param(Dimension.TOTAL, "", {}, 10, id="a total"),
        pytest.param(Dimension.PAGE, "/", {}, 10, id="a page"),
        pytest.param(Dimension.PAGE, SEARCH_PAGES, {Dimension.SEARCH: 20}, 20, id="search pages"),
        pytest.param(Dimension.SEARCH, "shoes", {Dimension.SEARCH: 20}, 20, id="a term"),
        pytest.param(Dimension.SEARCH, OTHER, {Dimension.SEARCH: 20}, 10, id="(other)"),
        pytest.param(Dimension.PAGE, "/", {Dimension.PAGE: 25}, 30, id="up to a multiple of k"),
    ],
)
def test_the_least_is_the_records_own_threshold(
    monkeypatch: pytest.MonkeyPatch,
    dimension: Dimension,
    value: str,
    k_dim: dict[Dimension, int],
    least: int,
) -> None:
    monkeypatch.setattr(about, "_steps", lambda *_: 0)
    numbers = Numbers("PT1H", START, params_for(K, k_dim=k_dim))
    assert numbers.record(dimension, value, crowd(3, 400)).visitors == least


def test_one_visitor_changes_little() -> None:
    """By how much the odds of a number differ between V and V + 1 visitors: at most 1 + 2/k."""
    odds = [_odds(visitors, views=100) for visitors in range(40, 61)]
    for one, other in itertools.pairwise(odds):
        for told in range(K, 101, K):
            assert (
                max(one[told] / other[told], other[told] / one[told]) <= 1.2001
            )  # 1 + 2/k, and what is cut off


def _odds(visitors: int, views: int) -> Counter[int]:
    """Exactly, up to where steps become too unlikely to matter."""
    found: Counter[int] = Counter()
    goes_on = K / (K + 2)
    for up in range(160):
        for down in range(160):
            told = about.nearest(visitors + up - down, views, K, K)
            found[told] += (1 - goes_on) ** 2 * goes_on ** (up + down)  # type: ignore[assignment]
    return found


def test_an_hour_gives_its_start_to_the_draw() -> None:
    cells = cells_of(counted(random_day(3, visitors=300, hours=3), PARAMS))
    told = {start: close_hour(cells[0], PARAMS, start)[0] for start in map(start_of, range(8))}
    assert len({tuple(record.visitors for record in records) for records in told.values()}) > 4
    assert len({tuple(record.views for record in records) for records in told.values()}) == 1
