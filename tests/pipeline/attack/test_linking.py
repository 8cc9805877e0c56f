"""Who is who on the next day: small days whose answer can be seen."""

import pytest

from quietclicks.pipeline.attack import linking
from quietclicks.pipeline.attack.linking import links_by_deeds, links_by_traits
from quietclicks.pipeline.attack.sightings import Sighted, Visitors


def day(**visitors: str) -> Visitors:
    """`name="traits: deed deed"`; several traits are parted by a comma."""
    found = {}
    for name, said in visitors.items():
        traits, _, deeds = said.partition(":")
        found[name] = Sighted({each.encode() for each in traits.split(",")}, [], set(deeds.split()))
    return found


@pytest.mark.parametrize(
    ("first", "second", "links"),
    [
        pytest.param(day(a="x"), day(A="x"), {"a": "A"}, id="alone on both days"),
        pytest.param(day(a="x"), day(A="y"), {}, id="somebody else"),
        pytest.param(day(a="x", b="x"), day(A="x"), {}, id="two on the first day"),
        pytest.param(day(a="x"), day(A="x", B="x"), {}, id="two on the second"),
        pytest.param(day(a="x,y"), day(A="x", B="y"), {"a": "A"}, id="one link each"),
        pytest.param(
            day(a="x", b="y"), day(A="x,y"), {"a": "A"}, id="one link each, the other way"
        ),
    ],
)
def test_links_by_traits(first: Visitors, second: Visitors, links: dict[str, str]) -> None:
    assert links_by_traits(first, second) == links
    assert len(links_by_deeds(first, second)) == len(links)


@pytest.mark.parametrize(
    ("first", "second", "links"),
    [
        pytest.param(
            day(a="x: p q", b="x: r"),
            day(A="x: r", B="x: p"),
            {"a": "B", "b": "A"},
            id="who did the same",
        ),
        pytest.param(
            day(a="x: home rare", b="x: home", c="x: home"),
            day(A="x: home", B="x: home rare", C="x: home"),
            {"a": "B"},
            id="what many do says little",
        ),
        pytest.param(
            day(a="x: p", b="x: p"), day(A="x: p", B="x: q"), {}, id="two who are as much alike"
        ),
        pytest.param(
            day(a="x: p", b="x: q"), day(A="y: p", B="y: q"), {}, id="never with other traits"
        ),
        pytest.param(
            day(a="x: p", b="y: p"),
            day(A="x: q", B="y: p"),
            {"a": "A", "b": "B"},
            id="traits come first",
        ),
        pytest.param(
            day(a="x: p s", b="x: q"),
            day(A="x: p", B="x: p s t u v w"),
            {"a": "A"},
            id="who does everything is like nobody",
        ),
        pytest.param(
            day(a="x: p q rare", b="x: p q", c="x: p q", d="y: p q"),
            day(A="x: p q", B="x: rare p", C="x: s t", D="y: p q"),
            {"a": "B", "d": "D"},
            id="one rare thing weighs more than two that many do",
        ),
        pytest.param(
            day(a="x,y: p", b="y: q"),
            day(A="x: r", B="y: p", C="y: s"),
            {"a": "A"},
            id="who is linked is not linked again",
        ),
        pytest.param(
            day(a="x: r", b="y: p", c="y: s"),
            day(A="x,y: p", B="y: q"),
            {"a": "A"},
            id="nor who was linked to",
        ),
    ],
)
def test_links_by_deeds(first: Visitors, second: Visitors, links: dict[str, str]) -> None:
    assert links_by_deeds(first, second) == links


def test_in_a_large_group_what_few_do_still_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    first = day(a="x: home rare", b="x: home", c="x: home")
    second = day(A="x: home", B="x: home rare", C="x: home")
    monkeypatch.setattr(linking, "MAX_GROUP", 1)
    monkeypatch.setattr(linking, "MAX_PAIRS", 1)
    assert links_by_deeds(first, second) == {"a": "B"}
    monkeypatch.setattr(linking, "MAX_PAIRS", 0)
    assert links_by_deeds(first, second) == {}
