"""What people typed: a group that did nothing but search needs what a term needs.

Constructions by hand, each with the rule that ends it, and without.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from types import ModuleType
from typing import Any

import pytest

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.differencing import attack
from quietclicks.pipeline.attack.report import Kind, Report
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.release import ELIGIBLE_NONE, day, hour
from quietclicks.pipeline.release.cells import merge
from quietclicks.schemas.trend import NONE, SEARCH_PAGES, Dimension
from tests.bench.release_days import capped, cells_of, counted, params_for, released, start_of

K, SEARCH = 10, 20
PARAMS = params_for(K)
SUPPRESSION = "needs_complementary_suppression"

Looks = Mapping[tuple[str, str], int]  # visitors, of one view each, by page and term


def events_of(hours: Sequence[Looks]) -> list[Event]:
    """Nobody comes twice."""
    fresh = count()
    return [
        Event(start_of(at), next(fresh), {Dimension.PAGE: page, Dimension.SEARCH: term})
        for at, looks in enumerate(hours)
        for (page, term), visitors in looks.items()
        for _ in range(visitors)
    ]


def attacked(events: Sequence[Event]) -> Report:
    """The release's records, by who knows the events."""
    report = attack(released(cells_of(events), PARAMS), events, Rules.of(PARAMS))
    assert report.consistent
    assert report.exhaustive
    return report


HOME = ("/", NONE)
TWO_PAGES = [
    {
        ("/suche", "rote schuhe"): 25,
        ("/suche", "blaue schuhe"): 4,
        ("/search", "red shoes"): 24,
        HOME: 40,
    }
]


def test_which_search_page_a_term_belongs_to_is_not_told() -> None:
    """29 views of one search page, less 25 of a term that is only searched there."""
    events = events_of(TWO_PAGES)
    assert attacked(counted(events, PARAMS)).violations == ()
    found = attacked(capped(events, PARAMS)).violations
    assert {(g.kind, g.dimension, g.views) for g in found} >= {(Kind.CUT, Dimension.SEARCH, 4)}


def test_a_term_that_is_searched_on_two_pages_tells_of_neither() -> None:
    """By which of the pages its views came is not known."""
    looks = {("/suche", "shoes"): 25, ("/suche", "rare"): 4, ("/search", "shoes"): 24}
    events = events_of([{**looks, ("/search", "red"): 20, HOME: 40}])
    assert attacked(capped(events, PARAMS)).violations == ()


Steps = dict[tuple[ModuleType, str], Callable[..., Any]]
_others, _value = day.others_reach_threshold, day.value_reaches_threshold


def _few(folded: Any, rest: Any, _: int) -> bool:
    return merge(rest[value] for value in folded).visitors.count() < K


@pytest.mark.parametrize(
    ("hours", "off", "given_away"),
    [
        pytest.param(
            [{("/search", "shoes"): 20, ("/search", "rare"): 12, HOME: 40}],
            {(day, SUPPRESSION): _few, (day, "others_reach_threshold"): lambda s, _: _others(s, K)},
            (Dimension.SEARCH, 12),
            id="the term of twelve visitors: all that searched less the other term",
        ),
        pytest.param(
            [{("/search", "shoes"): 22, ("/search", ELIGIBLE_NONE): 12, HOME: 40}],
            {(day, SUPPRESSION): _few, (day, "others_reach_threshold"): lambda s, _: _others(s, K)},
            (Dimension.SEARCH, 12),
            id="twelve who looked at the search page and searched nothing",
        ),
        pytest.param(
            [{("/search", "rare"): 12, HOME: 40, ("/b", NONE): 25}],
            {(hour, SUPPRESSION): lambda other, _: 0 < _visitors(other) < K},
            (Dimension.PAGE, 12),
            id="hour, step 3: (other) is twelve who searched",
        ),
        pytest.param(
            [
                {HOME: 40},
                {("/search", "rare"): 6, ("/x", NONE): 3},
                {("/search", "rare"): 6, ("/x", NONE): 3},
                {("/x", NONE): 6},
            ],
            {(day, SUPPRESSION): _few, (day, "others_reach_threshold"): lambda s, _: _others(s, K)},
            (Dimension.PAGE, 12),
            id="day, steps 3 and 4: the same of waiting hours",
        ),
        pytest.param(
            [
                {HOME: 40, ("/f", NONE): 12, ("/search", "rare"): 11},
                {("/search", "rare"): 6},
                {("/search", "rare"): 6},
            ],
            {(day, "value_reaches_threshold"): lambda s, _: _value(s, K)},
            (Dimension.PAGE, 11),
            id="day, step 4: all who searched less the hours that did nothing else",
        ),
    ],
)
def test_who_searched_hides_among_as_many_as_a_term_needs(
    monkeypatch: pytest.MonkeyPatch,
    hours: list[Looks],
    off: Steps,
    given_away: tuple[Dimension, int],
) -> None:
    events = counted(events_of(hours), PARAMS)
    assert attacked(events).violations == ()
    for (module, step), instead in off.items():
        monkeypatch.setattr(module, step, instead)
    found = attacked(events).violations
    assert given_away in {(group.dimension, group.visitors) for group in found}


def _visitors(cells: Any) -> int:
    return merge(cells.values()).visitors.count()


@pytest.mark.parametrize(
    ("looks", "named"),
    [
        pytest.param({("/search", "shoes"): 19, HOME: 40}, set(), id="nineteen"),
        pytest.param({("/search", "shoes"): 20, HOME: 40}, {SEARCH_PAGES, "/"}, id="twenty"),
        pytest.param(
            {("/search", "a"): 9, ("/suche", ELIGIBLE_NONE): 11, HOME: 40},
            {SEARCH_PAGES, "/"},
            id="twenty of two search pages",
        ),
    ],
)
def test_search_pages_have_the_threshold_of_a_term(looks: Looks, named: set[str]) -> None:
    records = released(cells_of(counted(events_of([looks]), PARAMS)), PARAMS)
    pages = {r.value for r in records if r.dimension is Dimension.PAGE and r.window == "PT1H"}
    assert pages - {"(other)"} == named


@pytest.mark.parametrize(
    ("searching", "found"), [(SEARCH - 1, [SEARCH - 1]), (SEARCH, [])], ids=["19", "20"]
)
def test_the_auditor_finds_a_published_group_that_only_searched(
    searching: int, found: list[int]
) -> None:
    """Under whatever rules it was published: here under k alone."""
    events = counted(events_of([{("/search", "shoes"): searching, HOME: 40}]), PARAMS)
    records = released(cells_of(events), params_for(K, k_dim={}))
    report = attack(records, events, Rules.of(PARAMS))
    pages = [g for g in report.violations if g.dimension is Dimension.PAGE]
    assert [group.visitors for group in pages] == found


def test_an_hour_that_did_nothing_but_search_has_its_total_and_no_more_is_promised() -> None:
    report = attacked(counted(events_of([{("/search", "rare"): 12}, {HOME: 40}]), PARAMS))
    assert report.violations == ()
