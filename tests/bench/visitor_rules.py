"""Ways to tell how many visitors a number has, and what each number may stand for.

The product has one, the others show what it prevents. What a number may stand for is worked out by
applying the rule to every number of visitors that there could be, not by trusting its description.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import pytest

from quietclicks.pipeline.attack.bounds import Range
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.release import Cell, about
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas.trend import Trend

NOT_TOLD = 0  # no record has no visitors
CAP_HOUR = 10  # of `params_for(10)`, which the days under attack have


class Rule(NamedTuple):
    """`number`: visitors, with chance added if there is some, views, k and least → a number."""

    number: Callable[[int, int, int, int], int]
    has_chance: bool


def rounded_down(visitors: int, views: int, k: int, least: int) -> int:
    """As it was until 2026-11-27: not told where the caps' lower bound cuts a step in two."""
    public = max(least, -(-views // CAP_HOUR))
    if public % k and visitors < public // k * k + 2 * k:
        return NOT_TOLD
    return visitors // k * k


ABOUT = Rule(about.nearest, has_chance=True)
WITHOUT_CHANCE = Rule(about.nearest, has_chance=False)
ROUNDED_DOWN = Rule(rounded_down, has_chance=False)
EXACT = Rule(lambda visitors, *_: visitors, has_chance=False)


@contextmanager
def released_by(rule: Rule) -> Iterator[None]:
    """Have the release follow another rule."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(about, "nearest", rule.number)
        if not rule.has_chance:
            patch.setattr(about, "_steps", lambda *_: 0)
        yield


@cache
def chance_of(k: int) -> range:
    """What the product adds to a number of visitors, seen from outside: by what it publishes.

    Where it was seen to add 2k and to take 2k, it is taken to have no bound (`test_about.py` holds
    that): far ends are too rare to be waited for.
    """
    visitors = 50 * k
    seen = set()
    for draw in range(1000):
        hashes = range(draw * visitors, (draw + 1) * visitors)
        cell = Cell(10**6, Sample(hashes))
        seen.add(about.about(cell, b"", k, k) - visitors)
    if min(seen) <= -2 * k and max(seen) >= 2 * k:
        return range(-(10**9), 10**9)
    return range(min(seen), max(seen) + 1)


def reading_of(rule: Rule) -> Callable[[Trend, Rules], Range]:
    """The fewest and the most visitors from which the rule makes a record's number."""

    @cache
    def stands_for(number: int, views: int, k: int, threshold: int) -> Range:
        least = -(-threshold // k) * k
        chance = chance_of(k) if rule.has_chance else range(1)
        possible = []
        for visitors in range(threshold, views + 1):
            # What would just be missing, as far as there is such a chance.
            missing = min(max(number - visitors, chance[0]), chance[-1])
            if rule.number(visitors + missing, views, k, least) == number:
                possible.append(visitors)
        return min(possible), max(possible)

    def read(record: Trend, rules: Rules) -> Range:
        threshold = rules.threshold(record.dimension, record.value)
        return stands_for(record.visitors, record.views, rules.k, threshold)

    return read
