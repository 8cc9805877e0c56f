"""The release as a whole: what holds of every day, and 200 random days under attack.

Each protective step is also switched off, to see that the attacker does find what it prevents.
"""

import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.differencing import attack
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.release import (
    ELIGIBLE_NONE,
    OVERFLOW,
    Cell,
    HourCells,
    Params,
    about,
    day,
    hour,
)
from quietclicks.pipeline.release.cells import merge
from quietclicks.schemas.trend import NONE, OTHER, Dimension, Trend
from tests.bench.release_days import (
    DAY,
    capped,
    cells_of,
    counted,
    params_for,
    published_values,
    random_day,
    released,
    start_of,
)

SUPPRESSION = "needs_complementary_suppression"  # a step of both closes

THRESHOLDS = (5, 7, 10, 15, 20)


@st.composite
def days(draw: st.DrawFn) -> list[Event]:
    """Small and awkward: few hours, few values, a crowd that is hardly large enough."""
    visitors = draw(st.integers(5, 40))
    dice = draw(st.randoms(use_true_random=False))
    hours = draw(st.integers(1, 4))
    values = draw(st.integers(1, 4))
    events = []
    for visitor in range(visitors):
        for _ in range(dice.choice((1, 1, 1, 2, 3, 12))):
            searched = dice.random() < 0.4
            events.append(
                Event(
                    start_of(dice.randrange(hours)),
                    visitor,
                    {
                        Dimension.PAGE: "/search" if searched else f"/{dice.randrange(values)}",
                        Dimension.SEARCH: dice.choice((ELIGIBLE_NONE, "a", "b"))
                        if searched
                        else NONE,
                        Dimension.COUNTRY: dice.choice((NONE, "DE", "FR", "GB")[:values]),
                    },
                )
            )
    return events


rules = st.builds(
    params_for,
    st.sampled_from((5, 6, 10)),
    k_dim=st.sampled_from(({}, {Dimension.SEARCH: 12}, {Dimension.COUNTRY: 13})),
    day_only=st.sampled_from(
        (
            frozenset({Dimension.SEARCH}),
            frozenset({Dimension.SEARCH, Dimension.PAGE}),
            frozenset({Dimension.SEARCH, Dimension.PAGE, Dimension.COUNTRY}),
        )
    ),
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(days(), rules)
def test_every_record_describes_enough_visitors(events: list[Event], params: Params) -> None:
    events = counted(events, params)
    for record in released(cells_of(events), params):
        everybody = {
            event.visitor
            for event in published_values(events)
            if (record.window == "P1D" or record.start == event.hour)
            and record.value in ("", OTHER, event.values.get(record.dimension))
        }
        named = record.value not in ("", OTHER)
        assert len(everybody) >= (
            params.threshold(record.dimension, record.value) if named else params.k
        )
        assert record.views >= params.k
        assert params.k <= record.visitors <= record.views
        assert record.visitors % params.k == 0


@settings(derandomize=True, max_examples=150, deadline=None)
@given(days(), rules)
def test_views_add_up_to_the_total(events: list[Event], params: Params) -> None:
    records = released(cells_of(counted(events, params)), params)
    totals = {(r.window, r.start): r.views for r in records if r.dimension is Dimension.TOTAL}
    for (window, start), total in totals.items():
        of = [r for r in records if (r.window, r.start) == (window, start)]
        for dimension in (Dimension.PAGE, Dimension.SEARCH, Dimension.COUNTRY):
            views = sum(r.views for r in of if r.dimension is dimension)
            assert views == (0 if window == "PT1H" and dimension in params.day_only else total)
    assert {(r.window, r.start) for r in records} == set(totals)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(days(), rules)
def test_an_incomplete_day_is_its_hours_and_its_rest_is_in_other(
    events: list[Event], params: Params
) -> None:
    records = released(cells_of(counted(events, params)), params)
    others = {r.dimension for r in records if r.window == "P1D" and r.value == OTHER}
    for record in records:
        hours = sum(
            r.views
            for r in records
            if (r.window, r.dimension, r.value) == ("PT1H", record.dimension, record.value)
        )
        if record.window == "P1D" and record.value not in ("", OTHER):
            assert record.views >= hours
            if not record.complete:
                assert record.views == hours > 0
                assert record.dimension in others
            elif record.dimension in others:  # else who is not complete would be in (other)
                assert record.views > hours


@settings(derandomize=True, max_examples=60, deadline=None)
@given(days(), rules, st.integers(1, 5), st.randoms(use_true_random=False))
def test_neither_order_nor_partitions_matter(
    events: list[Event], params: Params, partitions: int, dice: random.Random
) -> None:
    """The cap has counted before: in log order, and a visitor keeps to a partition."""
    events = counted(events, params)
    logs: list[list[Event]] = [[] for _ in range(partitions)]
    for event in dice.sample(events, len(events)):
        logs[event.visitor % partitions].append(event)
    merged: dict[int, dict[Dimension, dict[str, Cell]]] = {}
    for log in dice.sample(logs, partitions):
        for start, cells in cells_of(log).items():
            for dimension, values in cells.items():
                for value, part in values.items():
                    cell = (
                        merged.setdefault(start, {})
                        .setdefault(dimension, {})
                        .setdefault(value, Cell())
                    )
                    cell.views += part.views
                    cell.visitors.merge(part.visitors)
    hours: dict[int, HourCells] = dict(merged)
    assert sorted(released(hours, params), key=_key) == sorted(
        released(cells_of(events), params), key=_key
    )


def _key(record: Trend) -> tuple[str, ...]:
    return record.window, record.start, record.dimension, record.value


@settings(derandomize=True, max_examples=100, deadline=None)
@given(days(), rules, st.integers(1, 3))
def test_values_beyond_the_bound_are_folded_safely(
    events: list[Event], params: Params, bound: int
) -> None:
    """A flood of pages: the first few of an hour are known, the rest overflows."""
    known: dict[str, set[str]] = {}
    flooded = []
    for event in counted(events, params):
        pages = known.setdefault(event.hour, set())
        page = event.values[Dimension.PAGE]
        if len(pages) < bound:
            pages.add(page)
        values = {**event.values, Dimension.PAGE: page if page in pages else OVERFLOW}
        flooded.append(Event(event.hour, event.visitor, values))
    records = released(cells_of(flooded), params)
    assert not any("\0" in record.value for record in records)
    report = attack(records, flooded, Rules.of(params))
    assert report.consistent
    assert report.violations == ()
    everything = counted(events, params)
    totals = {(r.window, r.start): r.views for r in records if r.dimension is Dimension.TOTAL}
    if totals.get(("P1D", DAY)) != len(everything):  # hours that waited in vain count nowhere
        everything = [event for event in everything if ("PT1H", event.hour) in totals]
    pages_of = [(event.hour, event.values[Dimension.PAGE]) for event in everything]
    for record in records:
        if record.dimension is Dimension.PAGE and record.value != OTHER:
            views = sum(
                page == record.value and (record.window == "P1D" or record.start == start)
                for start, page in pages_of
            )
            assert record.views == views if record.complete else record.views <= views


@settings(derandomize=True, max_examples=150, deadline=None)
@given(days(), rules)
def test_small_days_give_nothing_away(events: list[Event], params: Params) -> None:
    events = counted(events, params)
    report = attack(released(cells_of(events), params), events, Rules.of(params))
    assert report.consistent
    assert report.exhaustive
    assert report.violations == ()


Counting = Callable[[list[Event], Params], list[Event]]


def violations(seeds: range, counting: Counting = counted) -> int:
    """Days among the seeded random ones of which the attacker takes something away."""
    found = 0
    for seed in seeds:
        params = params_for(THRESHOLDS[seed % len(THRESHOLDS)])
        events = counting(random_day(seed), params)
        report = attack(released(cells_of(events), params), events, Rules.of(params))
        assert report.consistent
        assert report.exhaustive or report.violations, (
            "what is given away may be more than it lists"
        )
        found += bool(report.violations)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 240, 40))
def test_random_days_give_nothing_away(first: int) -> None:
    assert violations(range(first, first + 40)) == 0


Steps = dict[tuple[ModuleType | type, str], Callable[..., Any]]


@pytest.mark.parametrize(
    ("off", "seeds"),
    [
        pytest.param(
            {(hour, "waits"): lambda *_: False, (hour, SUPPRESSION): lambda *_: False},
            range(8),
            id="hours wait",
        ),
        pytest.param({(hour, SUPPRESSION): lambda *_: False}, range(8), id="hour: (other) holds k"),
        pytest.param(
            {(hour, SUPPRESSION): lambda other, _: 0 < merge(other.values()).visitors.count() < 5},
            range(40, 51, 5),  # whose k is 5
            id="hour: (other) needs the highest threshold in it",
        ),
        pytest.param(
            {(Params, "threshold"): lambda params, dimension, _: params.k_dim.get(dimension, 5)},
            range(0, 31, 5),
            id="search pages need what a term needs",
        ),
        pytest.param({(day, "enough_waiting"): lambda of, _: of}, range(10), id="step 1"),
        pytest.param(
            {(day, "others_reach_threshold"): lambda *_: True}, range(30), id="step 4, first half"
        ),
        pytest.param(
            {(day, "value_reaches_threshold"): lambda *_: True},
            range(20, 30),
            id="step 4, second half",
        ),
        pytest.param(
            {(about, "about"): lambda cell, *_: cell.visitors.count()}, range(8), id="about"
        ),
    ],
)
def test_without_the_step_the_attacker_finds_something(
    monkeypatch: pytest.MonkeyPatch, off: Steps, seeds: range
) -> None:
    for (module, step), instead in off.items():
        monkeypatch.setattr(module, step, instead)
    assert violations(seeds) > 0


def test_search_pages_by_name_would_give_terms_away() -> None:
    assert violations(range(10), capped) > 0


@pytest.mark.slow
def test_steps_3_and_4_stand_for_each_other_where_other_is_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Step 3 alone can go: the first half of step 4 then folds the same value. Not both."""
    monkeypatch.setattr(day, SUPPRESSION, lambda *_: False)
    assert violations(range(30)) == 0
    monkeypatch.setattr(day, "others_reach_threshold", lambda *_: True)
    monkeypatch.setattr(day, "value_reaches_threshold", lambda *_: True)
    assert violations(range(30)) > 0


@pytest.mark.parametrize("implies", [True, False], ids=["declared", "not declared"])
def test_the_implication_is_needed(implies: bool) -> None:
    """The page's visitors less the term's are two who looked at the page and searched nothing."""
    searched = {Dimension.PAGE: "/search", Dimension.SEARCH: "term"}
    looked = {Dimension.PAGE: "/search", Dimension.SEARCH: ELIGIBLE_NONE}
    elsewhere = {Dimension.PAGE: "/", Dimension.SEARCH: NONE}
    everybody = enumerate([searched] * 25 + [looked] * 2 + [elsewhere] * 22)
    events = [Event(start_of(0), visitor, values) for visitor, values in everybody]
    params = params_for(10, **({} if implies else {"implies": frozenset()}))
    report = attack(released(cells_of(events), params), events, Rules.of(params))
    assert report.consistent
    assert [group.visitors for group in report.violations] == ([] if implies else [2])
