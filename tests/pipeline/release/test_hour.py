"""An hour's close: truth tables for what is named, folded, and kept waiting."""

from collections.abc import Mapping

import pytest

from quietclicks.pipeline.release import ELIGIBLE_NONE, OVERFLOW, Cell, HourCells, close_hour
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas.trend import NONE, OTHER, SEARCH_PAGES, Dimension
from tests.bench.release_days import params_for, start_of

PARAMS = params_for(10)
START = start_of(0)


def hour_of(
    values: Mapping[str, int], dimension: Dimension = Dimension.PAGE, views: int = 1
) -> HourCells:
    """An hour of so many visitors by value, each with so many views of one value."""
    cells, first = {}, 0
    for value, visitors in values.items():
        cells[value] = Cell(visitors * views, Sample(range(first, first + visitors)))
        first += visitors
    return {Dimension.TOTAL: {"": Cell(first * views, Sample(range(first)))}, dimension: cells}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        pytest.param({"a": 9}, None, id="nine visitors wait"),
        pytest.param({"a": 10}, {"a": 10}, id="ten are published"),
        pytest.param({"a": 5, "b": 5}, {OTHER: 10}, id="two small values are one (other)"),
        pytest.param({"a": 10, "b": 10}, {"a": 10, "b": 10}, id="no (other) where none is small"),
        pytest.param({"a": 20, "b": 10}, {"a": 20, "b": 10}, id="at the threshold"),
        pytest.param(
            {"a": 30, "b": 12, "c": 1}, {"a": 30, OTHER: 13}, id="the least is folded too"
        ),
        pytest.param({"a": 30, "b": 12, "c": 10}, {"a": 30, "b": 12, "c": 10}, id="all large"),
        pytest.param({"a": 30, "b": 6, "c": 4}, {"a": 30, OTHER: 10}, id="ten in (other) do"),
        pytest.param({"b": 10, "a": 10, "c": 9}, {"b": 10, OTHER: 19}, id="a tie goes by name"),
        pytest.param({"a": 15, "b": 1}, {OTHER: 16}, id="nothing is left to name"),
        pytest.param({NONE: 15, "b": 15}, {NONE: 15, "b": 15}, id="(none) is a value here"),
        pytest.param({"a": 15, OVERFLOW: 20}, {"a": 15, OTHER: 20}, id="overflow has no name"),
        pytest.param({"a": 19, "b": 22, OVERFLOW: 1}, {"b": 22, OTHER: 20}, id="nor hides alone"),
        pytest.param({OVERFLOW: 15}, {OTHER: 15}, id="overflow alone"),
    ],
)
def test_who_is_named(values: dict[str, int], named: dict[str, int] | None) -> None:
    records, remainder = close_hour(hour_of(values), PARAMS, START)
    found = {record.value: record.views for record in records if record.dimension == "page"}
    assert found == (named or {})
    assert remainder.published is (named is not None)
    kept = remainder.unreleased[Dimension.PAGE]
    assert set(kept) == set(values) - set(found)
    if named is not None:
        assert records[0].dimension is Dimension.TOTAL
        assert records[0].views == sum(values.values()) == sum(named.values())
        assert set(remainder.released[Dimension.PAGE]) == set(named) - {OTHER}


def test_views_decide_what_is_least() -> None:
    cells = {
        "often": Cell(90, Sample(range(10))),
        "seldom": Cell(12, Sample(range(12))),
        "rare": Cell(1, Sample([99])),
    }
    total = {"": Cell(103, Sample([*range(12), 99]))}
    records, _ = close_hour({Dimension.TOTAL: total, Dimension.PAGE: cells}, PARAMS, START)
    assert [record.value for record in records] == ["", "often", OTHER]


@pytest.mark.parametrize("visitors", [15, 19, 20, 25])
def test_a_dimensions_own_threshold(visitors: int) -> None:
    params = params_for(10, k_dim={Dimension.SEARCH: 20, Dimension.COUNTRY: 20})
    hour = hour_of({"DE": visitors, "FR": 30}, Dimension.COUNTRY)
    records, _ = close_hour(hour, params, START)
    assert ("DE" in [record.value for record in records]) == (visitors >= 20)


def test_a_day_only_dimension_is_kept_whole() -> None:
    records, remainder = close_hour(hour_of({"a": 50, "b": 3}, Dimension.SEARCH), PARAMS, START)
    assert [record.dimension for record in records] == [Dimension.TOTAL]
    assert set(remainder.unreleased[Dimension.SEARCH]) == {"a", "b"}


def test_a_waiting_hour_keeps_all_values() -> None:
    _, remainder = close_hour(hour_of({"a": 5, "b": 3}), PARAMS, START)
    assert set(remainder.unreleased[Dimension.PAGE]) == {"a", "b"}
    assert not remainder.released


def test_both_nones_of_a_search_are_one_value_that_knows_who_was_eligible() -> None:
    hour = hour_of({NONE: 6, ELIGIBLE_NONE: 3, "term": 2}, Dimension.SEARCH)
    _, remainder = close_hour(hour, PARAMS, START)
    none = remainder.unreleased[Dimension.SEARCH][NONE]
    assert (none.views, none.visitors.count(), none.who_is_eligible().count()) == (9, 9, 3)
    term = remainder.unreleased[Dimension.SEARCH]["term"]
    assert term.who_is_eligible().count() == 2


def test_nobody_is_eligible_without_a_search_page() -> None:
    _, remainder = close_hour(hour_of({NONE: 12}, Dimension.SEARCH), PARAMS, START)
    assert not remainder.unreleased[Dimension.SEARCH][NONE].who_is_eligible()


@pytest.mark.parametrize(("overflow", "complete"), [(0, True), (22, False)])
def test_a_name_is_at_least_where_values_overflowed(overflow: int, complete: bool) -> None:
    values = {"a": 15} | ({OVERFLOW: overflow} if overflow else {})
    records, _ = close_hour(hour_of(values), PARAMS, START)
    assert [r.complete for r in records if r.value == "a"] == [complete]
    assert all(record.complete for record in records if record.value in ("", OTHER))


CROWDS = [
    pytest.param(
        {SEARCH_PAGES: 19, "a": 30, "b": 12}, {"a": 30, OTHER: 31}, id="nineteen and who hides them"
    ),
    pytest.param({SEARCH_PAGES: 20, "a": 30}, {SEARCH_PAGES: 20, "a": 30}, id="twenty are named"),
    pytest.param(
        {SEARCH_PAGES: 9, "a": 40, "b": 30, "c": 10},
        {"a": 40, OTHER: 49},
        id="nineteen with one more are too few, so two more join",
    ),
    pytest.param(
        {SEARCH_PAGES: 9, "a": 40, "b": 30, "c": 11},
        {"a": 40, "b": 30, OTHER: 20},
        id="twenty with one more do",
    ),
    pytest.param(
        {SEARCH_PAGES: 21, "a": 40, "b": 5, "c": 11},
        {SEARCH_PAGES: 21, "a": 40, OTHER: 16},
        id="others need ten where nobody searched",
    ),
    pytest.param(
        {SEARCH_PAGES: 21, "a": 40, "b": 9},
        {"a": 40, OTHER: 30},
        id="the least of those named may be the search pages",
    ),
    pytest.param({SEARCH_PAGES: 12}, {OTHER: 12}, id="the total's ten are all that is promised"),
    pytest.param({OVERFLOW: 12, "a": 30, "b": 11}, {"a": 30, OTHER: 23}, id="or an overflow"),
]


@pytest.mark.parametrize(("values", "named"), CROWDS)
def test_a_group_needs_the_highest_threshold_in_it(
    values: dict[str, int], named: dict[str, int]
) -> None:
    records, _ = close_hour(hour_of(values), PARAMS, START)
    assert {r.value: r.views for r in records if r.dimension is Dimension.PAGE} == named


def test_the_name_of_the_search_pages_is_a_value_of_pages_alone() -> None:
    records, _ = close_hour(hour_of({SEARCH_PAGES: 12}, Dimension.COUNTRY), PARAMS, START)
    assert [record.value for record in records] == ["", SEARCH_PAGES]


@pytest.mark.parametrize("value", [OTHER, ""])
def test_a_reserved_name_is_not_a_value(value: str) -> None:
    with pytest.raises(ValueError, match="reserved name"):
        close_hour(hour_of({value: 20}), PARAMS, START)


def test_dimensions_must_count_the_same_events() -> None:
    hour = dict(hour_of({"a": 20}))
    hour[Dimension.COUNTRY] = {"DE": Cell(19, Sample(range(19)))}
    with pytest.raises(ValueError, match="add up"):
        close_hour(hour, PARAMS, START)


def test_the_order_of_records_is_fixed() -> None:
    hour = dict(hour_of({"b": 20, "a": 15, "c": 12, "d": 3}))
    hour[Dimension.COUNTRY] = hour_of({"X": 50})[Dimension.PAGE]
    records, _ = close_hour(dict(reversed(hour.items())), PARAMS, START)
    assert [(record.dimension.value, record.value) for record in records] == [
        ("total", ""),
        ("page", "a"),
        ("page", "b"),
        ("page", OTHER),
        ("country", "X"),
    ]
