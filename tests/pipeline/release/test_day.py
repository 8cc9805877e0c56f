"""A day's close: one small case per step and per half of a step.

A case is written as rows: the hours' unreleased visitors by value. Each row is made an hour of its
own by what was published beside it.
"""

from collections.abc import Mapping, Sequence
from itertools import count

import pytest

from quietclicks.pipeline.release import (
    ELIGIBLE_NONE,
    OVERFLOW,
    Cell,
    HourCells,
    Released,
    Remainder,
    about,
    close_day,
    close_hour,
)
from quietclicks.pipeline.release.cells import merge
from quietclicks.pipeline.release.day import choose
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas.trend import NONE, OTHER, SEARCH_PAGES, Dimension
from tests.bench.release_days import DAY, params_for, start_of
from tests.rows import each_row

PARAMS = params_for(10)
START = start_of(0)
Row = Mapping[str, int]  # visitors by value, each with one view


def hours_of(rows: Sequence[Row], dimension: Dimension = Dimension.PAGE) -> dict[int, HourCells]:
    """Nobody comes twice."""
    fresh = count()
    hours: dict[int, HourCells] = {}
    for start, row in enumerate(rows):
        who = {value: [next(fresh) for _ in range(n)] for value, n in row.items()}
        everybody = [visitor for of in who.values() for visitor in of]
        hours[start] = {
            Dimension.TOTAL: {"": Cell(len(everybody), Sample(everybody))},
            dimension: {value: Cell(len(of), Sample(of)) for value, of in who.items()},
        }
    return hours


def day_of(
    rows: Sequence[Row], dimension: Dimension = Dimension.PAGE
) -> tuple[int | None, dict[str, tuple[int, bool]]]:
    """The total's views, and views and completeness by value."""
    hours = hours_of(rows, dimension)
    records = close_day(
        {h: close_hour(cells, PARAMS, START)[1] for h, cells in hours.items()}, PARAMS, DAY
    )
    totals = [record.views for record in records if record.dimension is Dimension.TOTAL]
    of = {r.value: (r.views, r.complete) for r in records if r.dimension is dimension}
    return (totals[0] if totals else None), of


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        pytest.param([], None, id="nothing happened"),
        pytest.param([{"a": 9}], None, id="nine visitors"),
        pytest.param([{"a": 5}, {"a": 4}], None, id="nine in two hours"),
        pytest.param([{"a": 5}, {"a": 5}], 10, id="ten in two waiting hours"),
        pytest.param([{"a": 20}, {"a": 9}], 20, id="nine waiting are discarded (step 1)"),
        pytest.param([{"a": 20}, {"a": 9}, {"b": 1}], 30, id="ten waiting count (step 1)"),
    ],
)
def test_the_days_total(rows: list[Row], total: int | None) -> None:
    assert day_of(rows)[0] == total


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([{"a": 20}], {"a": (20, True)}, id="all of it was published by the hour"),
        pytest.param(
            [{"a": 20}, {"a": 6, "b": 5}],
            {"a": (20, False), OTHER: (11, True)},
            id="a value known by the hour may have more in (other)",
        ),
        pytest.param(
            [{"a": 20, "b": 9, "c": 7}, {"b": 9, "c": 7}, {"d": 5, "e": 5}],
            {"a": (20, False), "b": (18, True), OTHER: (24, True)},
            id="what the hours could not tell the day can",
        ),
        pytest.param(
            [{"a": 20}, {"b": 5}, {"b": 6}],
            {"a": (20, True), "b": (11, True)},
            id="waiting hours count, and without (other) all is known",
        ),
    ],
)
def test_what_hours_and_day_say_together(
    rows: list[Row], expected: dict[str, tuple[int, bool]]
) -> None:
    total, values = day_of(rows)
    assert values == expected
    assert total == sum(views for views, _ in values.values())


@each_row(
    ("rows", "named", "other"),
    [
        pytest.param([{"x": 12, "f": 6, "g": 5}], {"x"}, 11, id="2: ten visitors and a crowd"),
        pytest.param([{"x": 9, "f": 6, "g": 5}], set(), 20, id="2: nine"),
        pytest.param([{"x": 6, "f": 6}, {"x": 6, "f": 5}], {"x", "f"}, 0, id="2: of all rows"),
        pytest.param([{"x": 12, "y": 14, "f": 3}], {"y"}, 15, id="3: the least joins few others"),
        pytest.param([{"x": 12, "y": 14}], {"x", "y"}, 0, id="3 and 5: or nobody"),
        pytest.param(
            [{"x": 12, "f": 6}, {"g": 7}], set(), 25, id="4: in its row are but six others"
        ),
        pytest.param(
            [{"x": 12, "f": 6, "h": 5}, {"g": 7}], {"x"}, 18, id="4: in its row are eleven others"
        ),
        pytest.param(
            [{"x": 6, "f": 5}, {"x": 6, "g": 5}], {"x"}, 10, id="4: in its rows together are ten"
        ),
        pytest.param(
            [{"x": 8, "y": 8}, {"x": 6, "f": 6, "g": 6}, {"y": 10, "h": 6, "i": 6}],
            {"y"},
            38,
            id="4: but six of it are where others are",
        ),
        pytest.param(
            [{"x": 8, "y": 8}, {"x": 10, "f": 6, "g": 6}, {"y": 10, "h": 6, "i": 6}],
            {"x", "y"},
            24,
            id="4: ten of it are where others are",
        ),
        pytest.param(
            [{"x": 12, "y": 13}, {"f": 8, "g": 8}], {"y"}, 28, id="4: who is folded hides the next"
        ),
        pytest.param(
            [{"x": 12, "y": 13, "f": 4}, {"g": 8, "h": 8}],
            {"y"},
            32,
            id="4: with the few there are",
        ),
        pytest.param(
            [{SEARCH_PAGES: 12, "x": 30, "y": 22}],
            {"x"},
            34,
            id="3: twelve who searched are too few where ten would do",
        ),
        pytest.param(
            [{SEARCH_PAGES: 6, "x": 10, "y": 11, "z": 40}],
            {"z"},
            27,
            id="3: one more is not enough, so two join",
        ),
        pytest.param(
            [{SEARCH_PAGES: 5, "x": 4}, {"x": 10, "y": 15}],
            set(),
            34,
            id="3: nor where the next one hides among others",
        ),
        pytest.param(
            [{SEARCH_PAGES: 5, "f": 8, "x": 22}, {"g": 30}],
            set(),
            65,
            id="4: the others of its row need what the search pages need",
        ),
        pytest.param(
            [{SEARCH_PAGES: 22, "x": 15, "f": 11, "h": 5}, {"g": 9, SEARCH_PAGES: 3}],
            {"x", SEARCH_PAGES},
            25,
            id="4: who searched hides among ten of another kind",
        ),
        pytest.param(
            [{SEARCH_PAGES: 11, "x": 15, "f": 6, "h": 5}, {SEARCH_PAGES: 12}],
            {"x"},
            34,
            id="4: but needs twenty where they are",
        ),
        pytest.param(
            [{SEARCH_PAGES: 4, "x": 15, "f": 6, "h": 5}, {SEARCH_PAGES: 19}],
            set(),
            49,
            id="4: its folding raises what a value named before it needs",
        ),
        pytest.param([{"x": 12}], {"x"}, 0, id="5: alone it has its name"),
        pytest.param([{SEARCH_PAGES: 12}], set(), 12, id="5: with its own threshold"),
        pytest.param([{OVERFLOW: 12}], set(), 12, id="5: overflow has none"),
        pytest.param(
            [{OVERFLOW: 12, "x": 15}, {"y": 12}], set(), 39, id="nothing is whole with overflow"
        ),
    ],
)
def test_whose_remainder_is_named(rows: list[Row], named: set[str], other: int) -> None:
    """Each row is what an hour did not publish; the number is the steps' in docs/release.md."""
    hours = {
        start: Remainder(True, cells[Dimension.TOTAL][""], {}, cells)
        for start, cells in hours_of(rows).items()
    }
    records = [r for r in close_day(hours, PARAMS, DAY) if r.dimension is Dimension.PAGE]
    assert {record.value for record in records} - {OTHER} == named
    assert sum(record.views for record in records if record.value == OTHER) == other
    assert sum(record.views for record in records) == sum(sum(row.values()) for row in rows)
    assert all(record.complete for record in records)


SEARCHED = {NONE: 40, ELIGIBLE_NONE: 3, "term": 25}


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        pytest.param([{NONE: 500}], set(), id="(none) is never named"),
        pytest.param([SEARCHED], set(), id="three more on the search page are too few to hide in"),
        pytest.param([SEARCHED | {ELIGIBLE_NONE: 19}], set(), id="nor are nineteen: they searched"),
        pytest.param([SEARCHED | {ELIGIBLE_NONE: 20}], {"term"}, id="twenty more are enough"),
        pytest.param([SEARCHED | {"rare": 17}], {"term"}, id="and so are twenty with another term"),
        pytest.param(
            [SEARCHED | {"twelve": 12, ELIGIBLE_NONE: 0}],
            set(),
            id="the term of twelve visitors: all others of the search pages",
        ),
        pytest.param(
            [SEARCHED | {ELIGIBLE_NONE: 19}, {NONE: 90, ELIGIBLE_NONE: 19}],
            set(),
            id="others must be there in the same hours",
        ),
        pytest.param([SEARCHED | {"term": 19, ELIGIBLE_NONE: 30}], set(), id="its own threshold"),
    ],
)
def test_a_search_term_hides_among_who_was_on_a_search_page(
    rows: list[Row], named: set[str]
) -> None:
    total, values = day_of(rows, Dimension.SEARCH)
    assert set(values) == named | {OTHER}
    assert total == sum(views for views, _ in values.values())


def test_one_left_over_event_each_does_not_give_names_away() -> None:
    """Were values without a remainder marked complete, these ten would have one event each."""
    pages = {f"p{i}": 10 for i in range(10)}
    hours = hours_of([pages | {"q": 15}, dict.fromkeys(pages, 1)])
    closed = {h: close_hour(cells, PARAMS, START)[1] for h, cells in hours.items()}
    day = close_day(closed, PARAMS, DAY)
    assert Released(Dimension.PAGE, OTHER, 10, 10) in day  # of ten views, so about ten
    assert {r.complete for r in day if r.value in {*pages, "q"}} == {False}


def test_visitors_of_a_day_are_those_of_what_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about, "_steps", lambda *_: 0)  # without chance it can be seen
    same = Sample(range(30))
    cell = Cell(60, same)
    hour: HourCells = {Dimension.TOTAL: {"": cell}, Dimension.PAGE: {"a": cell}}
    closed = {h: close_hour(hour, PARAMS, start_of(h))[1] for h in range(3)}
    records = close_day(closed, PARAMS, DAY)
    assert [(record.views, record.visitors) for record in records] == [(180, 30), (180, 30)]


@pytest.mark.parametrize(("searching", "is_named"), [(12, False), (15, True)])
def test_rows_together_need_what_the_most_needy_folded_value_needs(
    searching: int, is_named: bool
) -> None:
    """In the rows that /c shares there are 17 folded visitors, of whom 12 searched: it takes 20."""
    rows = [
        {SEARCH_PAGES: searching, "/c": 10},
        {"/x": 5, "/c": 10},
        {"/y": 8},
    ]
    cells = [hour[Dimension.PAGE] for hour in hours_of(rows).values()]
    assert choose(Dimension.PAGE, cells, merged(cells), PARAMS) == ({"/c"} if is_named else set())


def merged(rows: Sequence[Mapping[str, Cell]]) -> dict[str, Cell]:
    """Their sum by value."""
    values = {value for row in rows for value in row}
    return {value: merge(row[value] for row in rows if value in row) for value in values}
