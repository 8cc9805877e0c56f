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
from quietclicks.pipeline.release import about
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


def reading_of(rule: Rule) -> Callable[[Trend, Rules], Range]:
    """The fewest and the most visitors from which the rule makes a record's number."""

    @cache
    def stands_for(number: int, views: int, k: int, threshold: int) -> Range:
        least = -(-threshold // k) * k
        possible = []
        for visitors in range(threshold, views + 1):
            # Chance has no bound (`test_about.py`), so it may be just what is missing.
            chance = number - visitors if rule.has_chance else 0
            if rule.number(visitors + chance, views, k, least) == number:
                possible.append(visitors)
        return min(possible), max(possible)

    def read(record: Trend, rules: Rules) -> Range:
        threshold = rules.threshold(record.dimension, record.value)
        return stands_for(record.visitors, record.views, rules.k, threshold)

    return read
