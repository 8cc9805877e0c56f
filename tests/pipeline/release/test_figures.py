"""How much a close holds back, on days small enough to count by hand."""

from collections import Counter

import pytest

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.release import Remainder, close_day, close_hour
from quietclicks.pipeline.release.figures import Figure, of_day, of_hour
from quietclicks.schemas.trend import Dimension
from tests.bench.release_days import DAY, cells_of, params_for, start_of
from tests.pipeline_tools import HOUR, MIDNIGHT, World, closing, event, feed

PARAMS = params_for(5)


def remainders(*rows: dict[str, int]) -> dict[int, Remainder]:
    """One event a visitor, so many for each page in each hour."""
    events: list[Event] = []
    for at, row in enumerate(rows):
        for page, visitors in row.items():
            for _ in range(visitors):
                events.append(Event(start_of(at), len(events), {Dimension.PAGE: page}))
    return {
        at: close_hour(cells, PARAMS, start_of(at))[1] for at, cells in cells_of(events).items()
    }


@pytest.mark.parametrize(
    ("row", "figures"),
    [
        pytest.param({"a": 9}, {}, id="all published"),
        pytest.param({"a": 9, "b": 3, "c": 4}, {Figure.FOLDED_HOUR: 2}, id="two in (other)"),
        pytest.param({"a": 9, "b": 8, "c": 4}, {Figure.FOLDED_HOUR: 2}, id="b goes with c"),
        pytest.param(
            {"a": 3, "b": 1}, {Figure.WAITING_HOURS: 1, Figure.WITHHELD_HOUR: 4}, id="it waits"
        ),
    ],
)
def test_an_hour(row: dict[str, int], figures: dict[Figure, int]) -> None:
    assert +of_hour(remainders(row)[0], PARAMS) == Counter(figures)


@pytest.mark.parametrize(
    ("rows", "figures"),
    [
        pytest.param([{"a": 9}, {"a": 7}], {}, id="all published"),
        pytest.param([{"a": 9}, {"a": 4}], {Figure.WITHHELD_DAY: 4}, id="four waited in vain"),
        pytest.param([{"a": 3}, {"a": 1}], {Figure.WITHHELD_DAY: 4}, id="not even a day"),
        pytest.param(
            [{"a": 9, "b": 3, "c": 3}, {"a": 9, "c": 3, "d": 3}],
            {Figure.FOLDED_DAY: 2},
            id="folded",
        ),
        pytest.param(
            [{"a": 9, "b": 3, "c": 3}, {"c": 4}],
            {Figure.FOLDED_DAY: 2, Figure.WITHHELD_DAY: 4},
            id="who waited in vain is not folded",
        ),
    ],
)
def test_a_day(rows: list[dict[str, int]], figures: dict[Figure, int]) -> None:
    hours = remainders(*rows)
    assert +of_day(hours.values(), close_day(hours, PARAMS, DAY), PARAMS) == Counter(figures)


def test_a_value_that_is_named_after_all_is_not_folded() -> None:
    rows = [{"a": 9, "b": 3, "c": 3, "d": 4}, {"a": 9, "b": 3, "c": 3, "d": 4}]
    hours = remainders(*rows)
    records = close_day(hours, PARAMS, DAY)
    pages = {each.value: each.views for each in records if each.dimension is Dimension.PAGE}
    assert pages == {"a": 18, "b": 6, "c": 6, "d": 8}
    assert +of_day(hours.values(), records, PARAMS) == Counter()


@pytest.mark.parametrize("restarts", [False, True])
def test_the_stages_tell_once_whatever_restarts(restarts: bool) -> None:
    """A restart reads the open day again, closes what was released again, and counts nothing."""
    world = World(restart=lambda step: restarts)
    values = [closing(MIDNIGHT)]
    values += [event(n, MIDNIGHT) for n in range(6)]
    values += [event(100 + n, MIDNIGHT, ip="198.51.0.1") for n in range(9)]  # the cap is 5 an hour
    values += [closing(MIDNIGHT + HOUR), *(event(200 + n, MIDNIGHT + HOUR) for n in range(3))]
    values += [closing(MIDNIGHT + 2 * HOUR), closing(MIDNIGHT + 24 * HOUR)]
    world.put(feed(values))
    tally = world.run().tally
    # Rounded already, since the commit has it, too: so the audit log has the same number.
    about = tally.pop(Figure.WITHHELD_DAY, 0)
    assert about in (0, 10)
    assert {figure: tally[figure] for figure in Figure if tally[figure]} == {
        Figure.CAPPED: 5,
        Figure.WAITING_HOURS: 1,
        Figure.WITHHELD_HOUR: 3,
    }


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("same", [0, 1, 4])
def test_visitors_in_several_partitions_are_told(same: int, restarts: bool) -> None:
    """Once each for an hour, however often they came and whatever is read again."""
    world = World(partitions=3, restart=lambda step: restarts)
    for partition in range(3):
        # The first `same` visitors of the second partition are those of the first; the third's own.
        first = {0: 0, 1: 6 - same, 2: 30}[partition]
        values = [event(partition * 100 + n, ip=f"198.51.0.{first + n % 6}") for n in range(12)]
        world.put(feed([closing(MIDNIGHT), *values, closing(MIDNIGHT + HOUR)]), partition)
    assert world.run().tally[Figure.SPREAD] == same
