"""What numbers of visitors give away, to who reasons in integers.

First that this attacker breaks rounding down, then that it finds nothing where chance is added. The
same hours and days under each rule are in the table that `python -m tests.bench.release_visitors`
prints.
"""

from collections.abc import Sequence

import pytest

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.bounds import Key, Range, bounds_of
from quietclicks.pipeline.attack.report import Kind
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.attack.visitors import by_views, to_the_letter, told_by_visitors
from quietclicks.schemas.trend import Dimension, Trend
from tests.bench.release_days import (
    DAY,
    cells_of,
    counted,
    low_repeat_events,
    params_for,
    released,
    start_of,
)
from tests.bench.release_visitors import DAYS, HOURS, Found, attacked, events_of
from tests.bench.visitor_rules import (
    ABOUT,
    EXACT,
    ROUNDED_DOWN,
    WITHOUT_CHANCE,
    Rule,
    reading_of,
    released_by,
)

PARAMS = params_for(10)
RULES = Rules.of(PARAMS)
D = Dimension
FOUR = (D.PAGE, D.SOURCE, D.BROWSER, D.LANGUAGE)
A, B = dict.fromkeys(FOUR, "a"), dict.fromkeys(FOUR, "b")

# 51 views of 50 visitors; of each of four values 20 views of 19. One visitor looked twice.
THE_HOUR = [Event(start_of(9), who, A if who < 19 else B) for who in (0, *range(50))]


def hour_of(rule: Rule, events: Sequence[Event]) -> list[Trend]:
    """One hour's records under a rule for visitors."""
    with released_by(rule):
        records = released(cells_of(events), PARAMS)
    return [record for record in records if record.window == "PT1H"]


def test_an_hour_that_rounding_down_gives_away() -> None:
    """Exactly one person looked twice, at that page, from that source, with browser, language."""
    records = hour_of(ROUNDED_DOWN, THE_HOUR)
    told = {(r.dimension, r.value): (r.views, r.visitors) for r in records}
    assert told[D.TOTAL, ""] == (51, 50)
    assert [told[dimension, "a"] for dimension in FOUR] == [(20, 10)] * 4
    found = list(told_by_visitors(records, RULES, reading_of(ROUNDED_DOWN)))
    again = {(group.dimension, group.value) for group in found if group.visitors == 1}
    assert again == {(D.TOTAL, ""), *((dimension, "a") for dimension in FOUR)}


def test_the_same_hour_with_chance_tells_nothing_that_views_do_not() -> None:
    records = hour_of(ABOUT, THE_HOUR)
    read = reading_of(ABOUT)
    assert list(told_by_visitors(records, RULES, read)) == []
    assert bounds_of(records, RULES, read) == bounds_of(records, RULES, by_views)


@pytest.mark.parametrize("first", range(0, 2_000, 500))
def test_hours_of_sites_with_few_repeats_tell_nothing(first: int) -> None:
    assert attacked(HOURS, range(first, first + 500), ABOUT) == Found(0, 0)


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_days_of_sites_with_few_repeats_tell_nothing(first: int) -> None:
    assert attacked(DAYS, range(first, first + 50), ABOUT) == Found(0, 0)


@pytest.mark.parametrize(
    ("size", "rule", "seeds", "least"),
    [
        pytest.param(HOURS, ROUNDED_DOWN, range(100), 20, id="hours, rounded down"),
        pytest.param(DAYS, ROUNDED_DOWN, range(20), 10, id="days, rounded down"),
        pytest.param(DAYS, WITHOUT_CHANCE, range(40), 1, id="days, to the nearest without chance"),
        pytest.param(HOURS, EXACT, range(40), 20, id="hours, exactly"),
    ],
)
def test_without_chance_it_finds_somebody(size: str, rule: Rule, seeds: range, least: int) -> None:
    """In so many of these hours or days at the least."""
    assert attacked(size, seeds, rule).where >= least


@pytest.mark.parametrize("rule", [ABOUT, WITHOUT_CHANCE, ROUNDED_DOWN, EXACT])
def test_what_is_true_is_within_the_bounds(rule: Rule) -> None:
    """Else what is found need not be there, and what is not found may be."""
    for seed in range(20):
        events = counted(events_of(DAYS, seed), PARAMS)
        with released_by(rule):
            records = released(cells_of(events), PARAMS)
        bounds = bounds_of(records, RULES, reading_of(rule))
        with released_by(EXACT):
            true = {_key(record): record.visitors for record in released(cells_of(events), PARAMS)}
        for key, (fewest, most) in bounds.visitors.items():
            assert fewest <= true[key] <= most
        if rule is ABOUT:
            assert bounds == bounds_of(records, RULES, by_views)


def _key(record: Trend) -> tuple[str, ...]:
    return record.window, record.start, record.dimension, record.value


def _exact(window: str, hour: int, dimension: D, value: str, views: int, visitors: int) -> Trend:
    start = DAY if window == "P1D" else start_of(hour)
    return Trend("s", window, start, dimension, value, views, visitors, True, "test")  # type: ignore[arg-type]


HOUR, TOTAL, PAGE = "PT1H", D.TOTAL, D.PAGE


@pytest.mark.parametrize(
    ("records", "found"),
    [
        pytest.param([_exact(HOUR, 0, TOTAL, "", 30, 27)], [("", 3)], id="three looked again"),
        pytest.param([_exact(HOUR, 0, TOTAL, "", 37, 27)], [], id="ten may have"),
        pytest.param([_exact(HOUR, 0, TOTAL, "", 30, 30)], [], id="nobody did"),
        pytest.param(
            [_exact(HOUR, 0, TOTAL, "", 60, 40), _exact(HOUR, 0, PAGE, "a", 50, 37)],
            [("a", 3)],
            id="three never saw it",
        ),
        pytest.param(
            [_exact(HOUR, 0, TOTAL, "", 60, 40), _exact("P1D", 0, TOTAL, "", 90, 44)],
            [("", 4)],
            id="four came only outside the hour",
        ),
        pytest.param(
            [
                _exact(HOUR, 0, TOTAL, "", 80, 40),
                _exact(HOUR, 0, PAGE, "a", 40, 22),
                _exact(HOUR, 0, PAGE, "b", 40, 23),
            ],
            [("", 5)],
            id="five saw both",
        ),
    ],
)
def test_what_exact_numbers_give_away(records: list[Trend], found: list[tuple[str, int]]) -> None:
    told = list(told_by_visitors(records, RULES, to_the_letter))
    assert [(group.value, group.visitors) for group in told] == found
    assert all(group.kind is Kind.VISITORS for group in told)


DAY_OF_THEM: Key = ("P1D", DAY, TOTAL, "")
HOUR_OF_THEM: Key = ("PT1H", start_of(0), TOTAL, "")
ITS_PAGE: Key = ("PT1H", start_of(0), PAGE, "a")


@pytest.mark.parametrize(
    ("known", "key", "found"),
    [
        pytest.param({}, HOUR_OF_THEM, (10, 60), id="views, and the threshold"),
        pytest.param({HOUR_OF_THEM: (10, 33)}, ITS_PAGE, (10, 33), id="a part has no more"),
        pytest.param({ITS_PAGE: (31, 36)}, HOUR_OF_THEM, (31, 56), id="the whole no fewer"),
        pytest.param({ITS_PAGE: (10, 20)}, HOUR_OF_THEM, (10, 40), id="nor more than all parts"),
        pytest.param({HOUR_OF_THEM: (55, 60)}, ITS_PAGE, (35, 40), id="the others are not enough"),
        pytest.param({HOUR_OF_THEM: (50, 60)}, DAY_OF_THEM, (50, 75), id="a day no fewer"),
        pytest.param({HOUR_OF_THEM: (10, 22)}, DAY_OF_THEM, (10, 37), id="nor more than its hours"),
        pytest.param({DAY_OF_THEM: (73, 75)}, HOUR_OF_THEM, (58, 60), id="an hour fills the day"),
        pytest.param({DAY_OF_THEM: (10, 30)}, ITS_PAGE, (10, 30), id="through two of them"),
    ],
)
def test_each_inequality(known: dict[Key, Range], key: Key, found: Range) -> None:
    """An hour of 60 views, 40 of a page and 20 of others, in a day of 15 more."""
    records = [
        _exact("P1D", 0, TOTAL, "", 75, 0),
        _exact(HOUR, 0, TOTAL, "", 60, 0),
        _exact(HOUR, 0, PAGE, "a", 40, 0),
        _exact(HOUR, 0, PAGE, "(other)", 20, 0),
    ]

    def read(record: Trend, rules: Rules) -> Range:
        its = record.window, record.start, record.dimension, record.value
        return known.get(its, by_views(record, rules))

    assert bounds_of(records, RULES, read).visitors[key] == found


def test_the_cap_is_a_bound() -> None:
    records = [_exact(HOUR, 0, TOTAL, "", 205, 0), _exact("P1D", 0, TOTAL, "", 1_001, 0)]
    bounds = bounds_of(records, RULES, lambda record, _: (10, record.views))
    assert [fewest for fewest, _ in bounds.visitors.values()] == [21, 21]


def test_numbers_that_cannot_be_are_an_error() -> None:
    records = [_exact(HOUR, 0, TOTAL, "", 30, 20), _exact(HOUR, 0, PAGE, "a", 30, 21)]
    with pytest.raises(ValueError, match="no number of visitors"):
        list(told_by_visitors(records, RULES, to_the_letter))


def test_low_repeat_sites_are_what_they_are_called() -> None:
    events = [event for seed in range(20) for event in low_repeat_events(seed, 1)]
    visitors = len({event.visitor for event in events})
    assert 1.01 < len(events) / visitors < 1.12
