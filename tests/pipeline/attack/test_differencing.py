"""The attacker: what it finds, and what it does not, in small cases by hand."""

from typing import Any

import pytest

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.differencing import SiteDay, attack
from quietclicks.pipeline.attack.report import Kind
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.schemas.trend import OTHER, Dimension, Trend
from tests.bench.release_days import DAY, start_of
from tests.pipeline.attack.site_days import by_site_day

RULES = Rules(k=5, search=12, cap_hour=5, cap_day=50)


def hour(at: int, value: str, views: int, dimension: str = "page", **other: Any) -> Trend:
    """An hour's record."""
    return _trend("PT1H", start_of(at), Dimension(dimension), value, views, **other)


def day(value: str, views: int, dimension: str = "page", **other: Any) -> Trend:
    """The day's record."""
    return _trend("P1D", DAY, Dimension(dimension), value, views, **other)


def _trend(
    window: Any,
    start: str,
    dimension: Dimension,
    value: str,
    views: int,
    visitors: int | None = None,
    complete: bool = True,
) -> Trend:
    if visitors is None:
        visitors = views // 5 * 5  # of a multiple of k nothing follows
    return Trend("s", window, start, dimension, value, views, visitors, complete, "test")


def events_of(*rows: dict[str, int]) -> list[Event]:
    """One event a visitor, so many for each page in each hour."""
    events: list[Event] = []
    for at, row in enumerate(rows):
        for page, visitors in row.items():
            for _ in range(visitors):
                events.append(Event(start_of(at), len(events), {Dimension.PAGE: page}))
    return events


TOTALS = [hour(0, "", 20, "total"), hour(1, "", 20, "total"), day("", 40, "total")]


@pytest.mark.parametrize(
    ("records", "rows", "found"),
    [
        pytest.param(TOTALS, [{"a": 20}, {"b": 20}], [], id="totals"),
        pytest.param(
            [*TOTALS, hour(0, "a", 3), hour(0, OTHER, 17)],
            [{"a": 3, "b": 17}, {"b": 20}],
            [(Kind.PUBLISHED, 3)],
            id="a record of three",
        ),
        pytest.param(
            [*TOTALS, hour(0, "a", 17)],
            [{"a": 17, "b": 3}, {"b": 20}],
            [(Kind.CUT, 3)],
            id="an hour less its only name",
        ),
        pytest.param(
            [*TOTALS, day("a", 37), day(OTHER, 3)],
            [{"a": 20}, {"a": 17, "b": 3}],
            [(Kind.REMAINDER, 3)],
            id="a day's (other) of three",
        ),
        pytest.param(
            [*TOTALS, hour(0, "a", 15), hour(0, OTHER, 5), day("a", 18), day(OTHER, 22)],
            [{"a": 15, "b": 5}, {"a": 3, "b": 17}],
            [(Kind.REMAINDER, 3)],
            id="a day less its hour",
        ),
        pytest.param(
            [*TOTALS, day("a", 16), day(OTHER, 24)],
            [{"a": 16, "b": 4}, {"b": 20}],
            [(Kind.CUT, 4)],
            id="the hour of a value that came in one",
        ),
        pytest.param(
            [TOTALS[0], day("", 23, "total")],
            [{"a": 20}, {"a": 3}],
            [(Kind.REMAINDER, 3)],
            id="an unpublished hour that is in the day's total",
        ),
        pytest.param(
            [TOTALS[0], day("", 20, "total")],
            [{"a": 20}, {"a": 3}],
            [],
            id="an unpublished hour that is not",
        ),
        pytest.param(
            [*TOTALS, hour(0, "a", 15), hour(0, OTHER, 5), day("a", 15, complete=False)],
            [{"a": 15, "b": 5}, {"a": 3, "b": 17}],
            [],
            id="an incomplete record tells no remainder",
        ),
        pytest.param(
            [
                hour(0, "", 20, "total", visitors=20),
                hour(1, "", 20, "total", visitors=17),
                day("", 40, "total", visitors=20),
            ],
            [{"a": 20}, {"a": 20}],
            [(Kind.VISITORS, 3)] * 2,
            id="exact visitors: three came in one hour only, and three looks were not the first",
        ),
        pytest.param(
            [
                hour(0, "", 20, "total", visitors=20),
                hour(1, "", 20, "total", visitors=20),
                day("", 40, "total", visitors=30),
                day("a", 35, visitors=27),
            ],
            [{"a": 20}, {"a": 15, "b": 5}],
            [(Kind.VISITORS, 3)],
            id="exact visitors: three never saw it",
        ),
    ],
)
def test_what_is_found(
    records: list[Trend], rows: list[dict[str, int]], found: list[tuple[Kind, int]]
) -> None:
    report = attack(records, events_of(*rows), RULES)
    assert report.consistent
    assert report.exhaustive
    assert sorted((group.kind, group.visitors) for group in report.violations) == sorted(found)


@pytest.mark.parametrize(
    "wrong",
    [hour(0, "a", 19), hour(0, OTHER, 19), day("", 41, "total"), day("a", 19), day(OTHER, 39)],
    ids=["hour", "hour's (other)", "total", "day", "day's (other)"],
)
def test_numbers_that_are_not_the_events(wrong: Trend) -> None:
    records = [record for record in TOTALS if _cell(record) != _cell(wrong)]
    assert not attack([*records, wrong], events_of({"a": 20}, {"b": 20}), RULES).consistent


def _cell(record: Trend) -> tuple[str, ...]:
    return record.window, record.start, record.dimension, record.value


def test_one_dimension_tells_another_about_an_hour() -> None:
    """Pages tell how many came in the hour without a total; less a country that is three."""
    events = [
        Event(start_of(at), visitor, {Dimension.PAGE: page, Dimension.COUNTRY: country})
        for visitor, (at, page, country) in enumerate(
            [(0, "a", "DE")] * 9 + [(0, "a", "FR")] * 3 + [(1, "b", "FR")] * 20
        )
    ]
    records = [
        day("", 32, "total"),
        day("a", 12),
        day("b", 20),
        day("DE", 9, "country"),
        day("FR", 23, "country"),
    ]
    report = attack(records, events, RULES)
    assert [(g.kind, g.dimension.value, g.visitors) for g in report.violations] == [
        (Kind.CUT, "country", 3)
    ]
    assert attack([records[0], *records[3:]], events, RULES).violations == ()


def test_a_finding_names_nothing_that_is_not_published() -> None:
    records = [*TOTALS, hour(0, "a", 17)]
    (group,) = attack(records, events_of({"a": 17, "secret": 3}, {"b": 20}), RULES).violations
    assert "secret" not in repr(group)
    assert (group.hours, group.views, group.value) == ((start_of(0),), 3, None)


BLIND = [hour(0, "", 300, "total"), hour(1, "", 300, "total"), day("", 600, "total")]


@pytest.mark.parametrize(
    ("records", "violations", "unproven"),
    [
        pytest.param(BLIND, [], [], id="totals"),
        pytest.param([*BLIND, hour(0, "a", 4)], [(Kind.PUBLISHED, 4)], [], id="four views"),
        pytest.param([*BLIND, hour(0, "a", 297)], [(Kind.CUT, 3)], [], id="all but three"),
        pytest.param([*BLIND, hour(0, "a", 250)], [], [(Kind.CUT, 50)], id="fifty by one visitor?"),
        pytest.param(
            [*BLIND, hour(0, "a", 250), hour(0, OTHER, 50)], [], [], id="(other) holds enough"
        ),
        pytest.param(
            [*BLIND, hour(0, "a", 250), hour(0, OTHER, 50), day("a", 253)],
            [(Kind.REMAINDER, 3)],
            [],
            id="three in the hour that does not name it",
        ),
        pytest.param(
            [*BLIND, hour(0, "a", 250), hour(0, OTHER, 50), hour(1, OTHER, 300), day("a", 540)],
            [],
            [(Kind.CUT, 10)],
            id="the hour that does not name it, less all of it",
        ),
        pytest.param(
            [*BLIND[:2], day("", 603, "total")], [(Kind.REMAINDER, 3)], [], id="three waited"
        ),
        pytest.param(
            [
                *(hour(at, "", 14, "total") for at in range(3)),
                *(day("", 42, "total"), day("term", 30, "search"), day(OTHER, 12, "search")),
            ],
            [],
            [],
            id="whole hours have their own number",
        ),
    ],
)
def test_without_events(
    records: list[Trend], violations: list[tuple[Kind, int]], unproven: list[tuple[Kind, int]]
) -> None:
    report = attack(records, None, RULES)
    assert report.consistent
    assert {(group.kind, group.views) for group in report.violations} >= set(violations)
    assert bool(report.violations) == bool(violations)
    assert {(group.kind, group.views) for group in report.unproven} >= set(unproven)
    assert bool(report.unproven) == bool(unproven)


def test_without_events_numbers_may_not_add_up() -> None:
    assert not attack([*BLIND, hour(0, "a", 301)], None, RULES).consistent


def test_a_history_comes_apart_by_site_and_day() -> None:
    records = [
        Trend(site, "PT1H", start, Dimension.TOTAL, "", 9, 5, True, "test")
        for site in ("b", "a")
        for start in ("2026-11-23T04:00:00Z", "2026-11-22T05:00:00Z", "2026-11-22T06:00:00Z")
    ]
    assert {key: len(of) for key, of in by_site_day(records).items()} == {
        SiteDay("a", "2026-11-22"): 2,
        SiteDay("a", "2026-11-23"): 1,
        SiteDay("b", "2026-11-22"): 2,
        SiteDay("b", "2026-11-23"): 1,
    }
