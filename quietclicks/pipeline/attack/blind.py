"""The attack of who has only the published numbers.

Which values occurred in which hour is then unknown, save for what is published as named or follows
from a sum of 0. Whether a group holds k visitors can be shown by a published number inside it, or
by the daily cap: so many events cannot come from fewer visitors.
"""

from collections.abc import Sequence
from itertools import combinations

from msgspec import Struct

from quietclicks.pipeline.attack.board import named_views, remainders
from quietclicks.pipeline.attack.report import Group, Kind, Report
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.schemas.trend import OTHER, Dimension, Trend

# Sets of hours that some value is confined to, tried alone and two by two: 20,000 sets and their
# complements. With more, the report says that it is not exhaustive.
PATTERNS = 200
WAITING = "(waiting)"  # the hours without a record, as one: only their sum is known


class _Sums(Struct, frozen=True):
    """What is left of one dimension when the named cells are taken off; hours are bits of a set."""

    hours: list[str]
    views: list[int]  # by hour
    values: dict[str, int]
    where: dict[str, int]  # the set of hours that a value's remainder can be in
    shown: int  # the set of hours whose rest is a published number: (other), or the hour's total


def attack_blindly(records: Sequence[Trend], rules: Rules) -> Report:
    """Every determined group that is found and not shown to hold k visitors."""
    k = rules.k
    small = [
        Group(Kind.PUBLISHED, record.dimension, record.value, (record.start,), record.views, None)
        for record in records
        if 0 < record.views < rules.threshold(record.dimension, record.value)
    ]
    groups: list[Group] = []
    consistent = exhaustive = True
    for dimension in Dimension:
        if not any(record.dimension is dimension for record in records):
            continue
        sums = _sums(dimension, records)
        if min((*sums.views, *sums.values.values()), default=0) < 0:
            consistent = False
            continue
        groups += [
            Group(Kind.REMAINDER, dimension, value, _names(sums, sums.where[value]), views, None)
            for value, views in sums.values.items()
            if 0 < views < k
        ]
        sets, finished = _sets(sums)
        exhaustive &= finished
        for inside in sets:
            views = _views(sums, inside)
            if views > 0 and not _is_shown(sums, inside) and views <= (k - 1) * rules.cap_day:
                groups.append(Group(Kind.CUT, dimension, None, _names(sums, inside), views, None))
    return Report(
        violations=(*small, *(group for group in groups if (group.views or 0) < k)),
        unproven=tuple(group for group in groups if (group.views or 0) >= k),
        consistent=consistent,
        exhaustive=exhaustive,
    )


def _sums(dimension: Dimension, records: Sequence[Trend]) -> _Sums:
    rest = {hour: views for (hour, _), views in named_views(Dimension.TOTAL, records).items()}
    rest[WAITING] = remainders(Dimension.TOTAL, records).get("", 0)
    named = named_views(dimension, records)
    for (hour, _), views in named.items():
        rest[hour] = rest.get(hour, 0) - views
    hours = [hour for hour, views in rest.items() if views]
    told = remainders(dimension, records)
    if OTHER not in told:  # the day's sum less what is told
        told[OTHER] = sum(rest.values()) - sum(told.values())
    values = {value: views for value, views in told.items() if views}
    hourly = [r for r in records if r.window == "PT1H"]
    shown = {r.start for r in hourly if r.dimension is dimension and r.value == OTHER}
    totals = {r.start for r in hourly if r.dimension is Dimension.TOTAL}
    shown |= totals - {hour for hour, _ in named}
    return _Sums(
        hours=hours,
        views=[rest[hour] for hour in hours],
        values=values,
        where={
            value: sum(1 << i for i, hour in enumerate(hours) if (hour, value) not in named)
            for value in values
        },
        shown=sum(1 << i for i, hour in enumerate(hours) if hour in shown),
    )


def _sets(sums: _Sums) -> tuple[list[int], bool]:
    """Sets of hours to try, and whether these are all that a cut can go through."""
    everything = (1 << len(sums.hours)) - 1
    patterns = sorted(set(sums.where.values()) - {everything}, key=lambda s: (s.bit_count(), s))
    tried = [*patterns[:PATTERNS], *(1 << i for i in range(len(sums.hours)))]
    tried += [one | other for one, other in combinations(patterns[:PATTERNS], 2)]
    tried += [everything & ~inside for inside in tried]
    return sorted(set(tried) - {0, everything}), len(patterns) <= 2


def _views(sums: _Sums, inside: int) -> int:
    """Events in these hours of values that can be outside them too: a determined count."""
    in_hours = sum(views for i, views in enumerate(sums.views) if inside >> i & 1)
    return in_hours - sum(
        views for value, views in sums.values.items() if not sums.where[value] & ~inside
    )


def _is_shown(sums: _Sums, inside: int) -> bool:
    """Whether all that a published number counts is in the group."""
    whole = inside & sums.shown
    for where in sums.where.values():
        if not where & ~inside:
            whole &= ~where
    return bool(whole)


def _names(sums: _Sums, inside: int) -> tuple[str, ...]:
    return tuple(hour for i, hour in enumerate(sums.hours) if inside >> i & 1)
