"""How far events give their visitors away: the bounds that docs/linkability.md states.

The same matcher has to find most people in what events said before the policy listed their fields.
"""

import pytest

from quietclicks.pipeline.attack.linkability import (
    CROWD,
    MOMENTS,
    Linked,
    Moments,
    Pairs,
    Report,
    Truth,
    measure,
)
from quietclicks.pipeline.attack.sightings import Sightings
from tests.two_days import (
    World,
    by_the_minute,
    default_fields,
    every_field,
    raw_events,
    without_network,
)

VISITORS = 1_500  # a small shop: the fewer there are, the more of them are alone


@pytest.fixture(scope="module")
def world() -> World:
    return World(raw_events(VISITORS))


def shares(report: Report) -> dict[str, float]:
    assert report.pairs
    assert report.by_deeds
    assert report.by_deeds.right is not None
    assert report.by_deeds.returned
    return {
        "alone": report.alone / report.visitors,
        "small": report.small / report.visitors,
        "found": report.pairs.found / report.pairs.present,
        "precision": report.by_deeds.right / report.by_deeds.links,
        "recall": report.by_deeds.right / report.by_deeds.returned,
    }


def test_with_every_field_most_are_found(world: World) -> None:
    report, _ = world.reports(every_field)
    found = shares(report)
    assert report.visitors > 900
    assert report.pairs
    assert report.pairs.absent > 400
    assert found["alone"] > 0.8
    assert found["found"] > 0.8
    assert found["precision"] > 0.8
    assert found["recall"] > 0.8


@pytest.mark.parametrize(
    ("countries", "bounds"),
    [
        pytest.param(
            False,
            {"alone": 0.05, "small": 0.30, "found": 0.05, "precision": 0.35, "recall": 0.35},
            id="no country known",
        ),
        pytest.param(
            True,
            {"alone": 0.10, "small": 0.50, "found": 0.10, "precision": 0.45, "recall": 0.50},
            id="every country known",
        ),
    ],
)
def test_with_the_default_fields_few_are(
    world: World, countries: bool, bounds: dict[str, float]
) -> None:
    report, _ = world.reports(default_fields, countries=countries)
    found = shares(report)
    assert {name: found[name] for name in bounds if found[name] > bounds[name]} == {}


def test_each_field_that_goes_helps(world: World) -> None:
    found = [
        shares(world.reports(fields)[0])
        for fields in (every_field, without_network, default_fields)
    ]
    for name in ("alone", "small", "found", "recall"):
        assert found[0][name] > found[1][name] > found[2][name]


def test_who_knows_moments_finds_most_whatever_the_fields(world: World) -> None:
    """A declared limit: if this no longer holds, the page says more than is true."""
    report, _ = world.reports(default_fields)
    second, minute, minutes = (known.alone / report.visitors for known in report.moments)
    assert second > 0.95
    assert minutes > 0.8
    blunt, _ = world.reports(by_the_minute)
    assert blunt.moments[0].alone / blunt.visitors < second
    assert blunt.moments[1].alone / blunt.visitors == minute
    assert blunt.moments[2].alone / blunt.visitors == minutes


# Small days that can be counted by hand.


def told(*rows: tuple[str, str, str], day: str = "22") -> list[dict[str, str]]:
    """(visitor, language, time) each."""
    return [
        {
            "site": "s",
            "visitor": visitor,
            "language": language,
            "timestamp": f"2026-09-{day}T{time}Z",
        }
        for visitor, language, time in rows
    ]


def sightings(events: list[dict[str, str]]) -> Sightings:
    found = Sightings()
    for event in events:
        found.add(event)
    return found


def test_groups() -> None:
    rows = [(f"de{n}", "de", "10:00:00") for n in range(CROWD)]
    rows += [(f"fr{n}", "fr", "10:00:00") for n in range(CROWD - 1)]
    rows += [("cy", "cy", "10:00:00"), ("cy", "cy", "10:00:09")]
    [report] = measure(sightings(told(*rows)))
    assert (report.visitors, report.events) == (2 * CROWD, 2 * CROWD + 1)
    assert (report.alone, report.small) == (1, CROWD)
    assert (report.next_day, report.pairs, report.by_traits, report.by_deeds) == (None,) * 4


def test_moments() -> None:
    rows = [
        ("a", "de", "10:00:05"),
        ("b", "de", "10:00:50"),  # the same minute
        ("b", "de", "11:00:00"),
        ("c", "de", "10:00:50"),  # the same second, but never seen at eleven
        ("d", "fr", "10:00:50"),
        ("e", "de", "11:00:30"),
    ]
    [report] = measure(sightings(told(*rows)))
    alone = {known.moments: (known.alone, known.alone_by_moments) for known in report.moments}
    assert set(alone) == set(MOMENTS)
    assert alone[Moments(1, 1)] == (3, 2)  # a, e; and d by the language
    assert alone[Moments(1, 60)] == (1, 0)  # d
    assert alone[Moments(3, 60)] == (2, 1)  # b by two minutes; and d


def test_addresses_and_links_with_the_truth() -> None:
    first = told(("a1", "de", "10:00:00"), ("b1", "fr", "10:00:00"), ("c1", "fr", "10:00:00"))
    second = told(("a2", "de", "10:00:00"), ("x2", "cy", "09:00:00"), day="23")
    truth = Truth()
    owners = {"a1": "anna", "b1": "bert", "c1": "carl", "a2": "adam", "x2": "carl"}
    for event in first + second:
        truth.own(event, owners[event["visitor"]])
        truth.persons.add({**event, "visitor": owners[event["visitor"]]})
    for person, language in (("dora", "de"), ("eva", "fr"), ("finn", "it")):
        truth.persons.add(told((person, language, "10:00:00"))[0])  # they refused
    report, last = measure(sightings(first + second), truth)
    # Anna is alone; Bert and Carl are two; Dora would be taken for Anna, Eva for one of two.
    assert report.pairs == Pairs(present=3, found=1, mistaken=0, absent=3, accused=1)
    # Adam is taken for Anna. Carl was there on both days, in another language.
    assert report.by_traits == report.by_deeds == Linked(links=1, right=0, returned=1)
    assert last.pairs == Pairs(present=2, found=2, mistaken=0, absent=0, accused=0)
    assert last.by_traits is None
    assert "anna" not in repr(truth)


def test_who_looks_like_another_is_taken_for_them() -> None:
    truth = Truth()
    [event] = events = told(("a1", "de", "10:00:00"))
    truth.own(event, "anna")
    truth.persons.add({**event, "visitor": "anna", "language": "fr"})
    truth.own(other := told(("b1", "fr", "10:00:00"))[0], "bert")
    [report] = measure(sightings([*events, other]), truth)
    assert report.pairs == Pairs(present=1, found=0, mistaken=1, absent=0, accused=0)
