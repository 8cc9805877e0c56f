"""Numbers of visitors against every small world there could be.

All ways in which visitors can have come by so many views, closed by the release itself. Whoever
sees the views alone thinks of all worlds with these views; numbers of visitors must not take one of
them away. Thresholds are far below the floors, or there would be too many worlds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations_with_replacement, permutations
from typing import NamedTuple

import pytest

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.release import Params, params
from quietclicks.schemas.trend import OTHER, Dimension, Trend
from tests.bench.release_days import cells_of, params_for, released, start_of
from tests.bench.visitor_rules import (
    ABOUT,
    EXACT,
    ROUNDED_DOWN,
    WITHOUT_CHANCE,
    Rule,
    released_by,
)

pytestmark = pytest.mark.slow

Look = tuple[int, str, str]  # hour, page, country
World = tuple[tuple[Look, ...], ...]  # each visitor's looks
Key = tuple[str, str, str, str]
Group = tuple[str, Key, Key]
Seen = tuple[tuple[Key, int], ...]  # numbers by record

K = 3
VIEWS = 8
FAR = 40  # more than chance has to be for any number of so few views
ONE_HOUR = ((0, "/a", "DE"), (0, "/a", "FR"), (0, "/b", "DE"), (0, "/b", "FR"))
TWO_HOURS = ((0, "/a", "DE"), (0, "/b", "DE"), (1, "/a", "DE"), (1, "/b", "DE"))


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(params, "K_FLOOR", 2)
    monkeypatch.setattr(params, "CAP_FLOOR", 2)


def sizes(views: int, most: int) -> Iterator[list[int]]:
    """Looks of each visitor, most first."""
    if views == 0:
        yield []
    for first in range(min(views, most), 0, -1):
        for rest in sizes(views - first, first):
            yield [first, *rest]


def worlds(looks: Sequence[Look], views: int) -> Iterator[World]:
    """Every one with so many views, however visitors are called."""
    for of in sizes(views, K):
        yield from _worlds(looks, of, ())


def _worlds(looks: Sequence[Look], of: Sequence[int], before: World) -> Iterator[World]:
    if not of:
        yield before
        return
    for own in combinations_with_replacement(looks, of[0]):
        if not before or len(before[-1]) > of[0] or before[-1] <= own:  # each world once
            yield from _worlds(looks, of[1:], (*before, own))


def published(world: World, rules: Params) -> list[Trend]:
    """Under the exact rule: what each number counts."""
    events = [
        Event(start_of(hour), visitor, {Dimension.PAGE: page, Dimension.COUNTRY: country})
        for visitor, looks in enumerate(world)
        for hour, page, country in looks
    ]
    return released(cells_of(events), rules)


def key(record: Trend) -> Key:
    return record.window, record.start, record.dimension, record.value


@cache
def numbers(rule: Rule, visitors: int, views: int) -> frozenset[int]:
    """What the rule may publish of a record."""
    chances = range(-FAR, FAR + 1) if rule.has_chance else (0,)
    return frozenset(rule.number(visitors + chance, views, K, K) for chance in chances)


def groups(world: World, records: Sequence[Key]) -> Counter[Group]:
    """How many visitors each group has that an hour's records single out."""
    found: Counter[Group] = Counter()
    for looks in world:
        times = {record: sum(counts(record, look) for look in looks) for record in records}
        found.update(("again", each, each) for each, many in times.items() if many > 1)
        for one, other in permutations(records, 2):
            if times[one]:
                found["both" if times[other] else "only the first", one, other] += 1
    return found


def counts(record: Key, look: Look) -> bool:
    """Whether an hour's record counts a look."""
    _, start, dimension, value = record
    column = {Dimension.PAGE: 1, Dimension.COUNTRY: 2}.get(Dimension(dimension))
    return start_of(look[0]) == start and (column is None or look[column] == value)


class Possible(NamedTuple):
    """A world, the visitors of each record, and what groups there are."""

    visitors: dict[Key, int]
    groups: Counter[Group]


@cache
def classes(looks: tuple[Look, ...]) -> dict[Seen, list[Possible]]:
    """All worlds, by what is seen of their views."""
    rules = params_for(K, cap_hour=K)
    found: defaultdict[Seen, list[Possible]] = defaultdict(list)
    with released_by(EXACT):
        for world in worlds(looks, VIEWS):
            records = published(world, rules)
            visitors = {key(record): record.visitors for record in records}
            hourly = [r for r in visitors if r[0] == "PT1H" and r[3] != OTHER]
            seen = tuple((key(record), record.views) for record in records)
            found[seen].append(Possible(visitors, groups(world, hourly)))
    return dict(found)


def certain(worlds: Sequence[Possible]) -> set[Group]:
    """Groups that have 1 to k - 1 visitors in each of them."""
    everywhere = set.intersection(*(set(world.groups) for world in worlds))
    return {group for group in everywhere if all(world.groups[group] < K for world in worlds)}


def outputs_found(looks: tuple[Look, ...], rule: Rule) -> int:
    """How many outputs of a rule without chance make a small group certain that views do not."""
    count = 0
    for seen, alike in classes(looks).items():
        by_output: defaultdict[tuple[int, ...], list[Possible]] = defaultdict(list)
        for world in alike:
            told = [rule.number(world.visitors[record], views, K, K) for record, views in seen]
            by_output[tuple(told)].append(world)
        known = certain(alike)
        count += sum(bool(certain(of) - known) for of in by_output.values())
    return count


@pytest.mark.parametrize("looks", [ONE_HOUR, TWO_HOURS], ids=["an hour", "two hours and the day"])
def test_numbers_of_visitors_rule_no_world_out(looks: tuple[Look, ...]) -> None:
    """Each record's possible numbers are the same in all worlds whose views are the same."""
    tried = 0
    for seen, alike in classes(looks).items():
        for record, views in seen:
            visitors = {world.visitors[record] for world in alike}
            assert {numbers(ABOUT, each, views) for each in visitors} == {
                frozenset(range(K, views + 1, K))
            }
            tried += len(visitors) > 1
    assert tried > 30  # records whose visitors can be several numbers


@pytest.mark.parametrize(
    ("looks", "rule"),
    [
        pytest.param(ONE_HOUR, WITHOUT_CHANCE, id="an hour, to the nearest"),
        pytest.param(TWO_HOURS, WITHOUT_CHANCE, id="two hours and the day, to the nearest"),
        pytest.param(TWO_HOURS, ROUNDED_DOWN, id="two hours and the day, rounded down"),
        pytest.param(ONE_HOUR, EXACT, id="an hour, exactly"),
    ],
)
def test_without_chance_small_groups_become_certain(looks: tuple[Look, ...], rule: Rule) -> None:
    assert outputs_found(looks, rule) > 0
