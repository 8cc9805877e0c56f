"""How much a close holds back: figures for operators.

They are exact here, and tell of the few whom no published number tells of. So they may leave only
rounded at random, as agents/metrics.py and `withheld.py` do it, and never in a record.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from enum import StrEnum

from quietclicks.pipeline.release.cells import OVERFLOW, Released, Remainder
from quietclicks.pipeline.release.day import enough_waiting
from quietclicks.pipeline.release.params import Params
from quietclicks.schemas.trend import NONE, OTHER, Dimension

NOT_VALUES = frozenset({NONE, OVERFLOW})


class Figure(StrEnum):
    """All of them; a step's tally has them by name."""

    CAPPED = "capped"  # events of a visitor who has had enough
    WAITING_HOURS = "waiting_hours"  # of which nothing is published by the hour
    WITHHELD_HOUR = "withheld_views_hour"  # the waiting hours' views
    WITHHELD_DAY = "withheld_views_day"  # views that are not in a day's total either
    FOLDED_HOUR = "folded_values_hour"  # values whose hour is inside (other)
    FOLDED_DAY = "folded_values_day"  # values whose rest is inside the day's (other)
    SPREAD = "spread_visitors"  # an hour's who came in several raw partitions: each caps apart


def of_hour(remainder: Remainder, params: Params) -> Counter[str]:
    """What a closed hour withholds."""
    if not remainder.published:
        return Counter({Figure.WAITING_HOURS: 1, Figure.WITHHELD_HOUR: remainder.total.views})
    folded = sum(
        len(values.keys() - NOT_VALUES)
        for dimension, values in remainder.unreleased.items()
        if dimension not in params.day_only
    )
    return Counter({Figure.FOLDED_HOUR: folded})


def of_day(
    hours: Collection[Remainder], released: Iterable[Released], params: Params
) -> Counter[str]:
    """What a closed day withholds; `released` are its records."""
    views = sum(hour.total.views for hour in hours)
    folds = set()
    named: Counter[Dimension] = Counter()  # with their rest
    for record in released:
        if record.dimension is Dimension.TOTAL:
            views -= record.views
        elif record.value == OTHER:
            folds.add(record.dimension)
        elif record.complete and record.value not in NOT_VALUES:
            named[record.dimension] += 1
    kept = [hour for hour in hours if hour.published]
    kept += enough_waiting([hour for hour in hours if not hour.published], params.k)
    folded = sum(
        len({value for hour in kept for value in hour.unreleased.get(dimension, ())} - NOT_VALUES)
        - named[dimension]
        for dimension in folds
    )
    return Counter({Figure.WITHHELD_DAY: views, Figure.FOLDED_DAY: folded})
