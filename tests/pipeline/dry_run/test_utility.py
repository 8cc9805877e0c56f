"""What the rules cost, on days small enough to count by hand."""

import pytest
from msgspec import structs

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.dry_run.utility import Advice, Share, advise, by_the_day, mean, utility
from quietclicks.pipeline.release import OVERFLOW, HourCells
from quietclicks.schemas.trend import NONE, Dimension
from tests.bench.release_days import cells_of, counted, params_for, random_day, start_of

PARAMS = params_for(10)


def hours_of(*rows: dict[str, int], dimension: Dimension = Dimension.PAGE) -> dict[int, HourCells]:
    """One event a visitor, so many for each value in each hour."""
    events: list[Event] = []
    for at, row in enumerate(rows):
        for value, visitors in row.items():
            for _ in range(visitors):
                events.append(Event(start_of(at), len(events), {dimension: value}))
    return cells_of(events)


@pytest.mark.parametrize(
    ("rows", "share"),
    [
        pytest.param([{"a": 20}], (20, 1, 1, 1, 1), id="all of it has its name"),
        pytest.param([{"a": 5}], (5, 0, 0, 0, 0), id="too few to publish"),
        pytest.param(
            [{"a": 30, "b": 15, "c": 5}],
            (50, 0.6, 0.6, 0.9, 0.9),
            id="b goes with c, which the threshold alone would give away",
        ),
        pytest.param(
            [{"a": 20, "b": 8, "c": 7, "d": 3}, {"b": 8, "c": 7, "d": 3}],
            (56, 20 / 56, 36 / 56, 20 / 56, 50 / 56),
            id="what hours withhold the day may tell",
        ),
        pytest.param([{"a": 20, NONE: 30}], (20, 1, 1, 1, 1), id="who has no value does not count"),
        pytest.param(
            [{"a": 20, OVERFLOW: 20}], (40, 0.5, 0.5, 0.5, 0.5), id="overflow has no name"
        ),
        pytest.param([{NONE: 30}], (0, 0, 0, 0, 0), id="nobody has a value"),
    ],
)
def test_shares(rows: list[dict[str, int]], share: tuple[float, ...]) -> None:
    (found,) = utility(hours_of(*rows), PARAMS)
    assert found.dimension is Dimension.PAGE
    assert (
        found.views,
        found.hour,
        found.day,
        found.hour_threshold,
        found.day_threshold,
    ) == pytest.approx(share)


def test_a_day_only_dimension_has_nothing_by_the_hour() -> None:
    hours = hours_of({"a": 30, "b": 25}, dimension=Dimension.SEARCH)
    (found,) = utility(hours, params_for(10, implies=frozenset()))
    assert found == Share(Dimension.SEARCH, 55, 0.0, 1.0, 0.0, 1.0)


def test_advice_weighs_the_days_gain_against_the_hours_loss() -> None:
    hours = hours_of({"a": 12, "b": 10}, {"a": 4, "b": 6})
    now, then = utility(hours, PARAMS), utility(hours, by_the_day(PARAMS))
    assert advise(now, then) == [Advice(Dimension.PAGE, day_gain=10 / 32, hour_loss=22 / 32)]
    assert advise(then, then) == [Advice(Dimension.PAGE, day_gain=0.0, hour_loss=0.0)]


def test_days_weigh_what_they_have_of_views() -> None:
    days = [hours_of({"a": 10}), hours_of({"a": 18, "b": 12}), hours_of({NONE: 30})]
    shares = [share for hours in days for share in utility(hours, PARAMS)]
    assert [(share.views, share.day) for share in shares] == [(10, 1.0), (30, 1.0), (0, 0.0)]
    half = structs.replace(shares[1], hour=0.5)
    assert mean([shares[0], half, shares[2]]) == Share(
        Dimension.PAGE, 40, (10 + 15) / 40, 1.0, 1.0, 1.0
    )
    assert mean(shares[2:]) == shares[2]


def test_it_is_computed_from_what_is_released() -> None:
    """Shares are of what is counted, and no rule of ours names more than the threshold would."""
    for seed in range(20):
        events = counted(random_day(seed), PARAMS)
        for share in utility(cells_of(events), PARAMS):
            assert 0 <= share.hour <= share.hour_threshold <= 1
            assert share.hour <= share.day <= 1
            without = sum(event.values[share.dimension] in (NONE, "\0none") for event in events)
            assert share.views == len(events) - without
