"""What an insider collects from events, whatever fields they have."""

from typing import Any

import pytest

from quietclicks.pipeline.attack.differencing import SiteDay
from quietclicks.pipeline.attack.sightings import (
    MOMENTARY,
    Sightings,
    by_traits,
    with_traits,
)
from quietclicks.schemas.pseudonymised import Pseudonymised

EVENT: dict[str, Any] = {
    "id": "e",
    "site": "a.example",
    "timestamp": "2026-09-22T10:00:07Z",
    "visitor": "v",
    "page": "/a",
    "source": {"class": "search", "host": "google.com"},
    "search": None,
    "browser": {"family": "Firefox", "major": "128"},
    "language": "de",
}
DAY = SiteDay("a.example", "2026-09-22")


def sighted(*changes: dict[str, Any]) -> Sightings:
    found = Sightings()
    for change in changes:
        found.add({**EVENT, **change})
    return found


def test_each_field_of_the_event_is_a_trait_or_of_the_moment() -> None:
    """A new field is a trait: put what changes with every view into `MOMENTARY`."""
    fields = set(Pseudonymised.__struct_fields__)
    assert fields >= MOMENTARY
    assert fields - MOMENTARY == {
        *("site", "network", "country", "browser", "os", "device", "language")
    }


@pytest.mark.parametrize(
    ("change", "alone"),
    [
        ({"language": "fr"}, True),
        ({"browser": {"family": "Firefox", "major": "127"}}, True),
        ({"shoe": 42}, True),  # a field that nobody thought of
        *(({name: "else"}, False) for name in ("id", "page", "search", "source")),
        ({"timestamp": "2026-09-22T11:00:00Z"}, False),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_tells_two_visitors_from_each_other(change: dict[str, Any], alone: bool) -> None:
    found = sighted({}, {"visitor": "w", **change}).days[DAY]
    assert (len(by_traits(found)) == 2) is alone


def test_the_order_of_fields_is_no_trait() -> None:
    found = Sightings()
    found.add(EVENT)
    found.add({name: EVENT[name] for name in reversed(EVENT)} | {"visitor": "w"})
    [names] = by_traits(found.days[DAY]).values()
    assert names == {"v", "w"}


def test_two_who_share_a_pseudonym_are_found_by_either() -> None:
    found = sighted({}, {"language": "fr"}, {"visitor": "w"}).days[DAY]
    index = by_traits(found)
    assert sorted(map(len, index.values())) == [1, 2]
    assert with_traits(index, found["v"].traits) == {"v", "w"}


def test_days_and_sites_are_apart() -> None:
    found = sighted(
        {}, {"timestamp": "2026-09-25T00:00:00Z"}, {"site": "b.example"}, {"visitor": "w"}
    )
    assert found.in_order() == [
        DAY,
        SiteDay("a.example", "2026-09-25"),
        SiteDay("b.example", "2026-09-22"),
    ]
    assert found.next_of(DAY) == SiteDay("a.example", "2026-09-25")
    assert found.next_of(SiteDay("b.example", "2026-09-22")) is None
    assert found.days[DAY]["v"].seconds == [36_007]
    assert found.traits == {"browser.family", "browser.major", "language"}


def test_deeds() -> None:
    found = sighted({"search": "red bike"}, {"source": {"class": "internal", "host": None}})
    assert found.days[DAY]["v"].deeds == {
        "page /a",
        "search red bike",
        "source search google.com",
        "hour 10",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"visitor": None},
        {"visitor": 7},
        {"timestamp": None},
        {"timestamp": "2026-09-22 10:00:07"},
        {"timestamp": "2026-09-22T10:00:07+02:00"},
    ],
)
def test_what_is_no_event_is_refused_without_its_values(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^an event has a visitor and a timestamp$"):
        sighted(change)
    assert "Firefox" not in repr(sighted({}).days)
