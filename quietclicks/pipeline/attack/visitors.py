"""What follows from numbers of visitors, in integers.

Views bound visitors from above and the caps from below; a window has at least the visitors of each
of its values and at most all of theirs together, and so does a day with its hours. Bounds are
propagated until nothing changes; where they leave a group of 1 to k - 1 visitors for certain, that
is found: who looked more than once, who never had a value, who had two, who came only outside an
hour. Sound (what it finds is there), and not complete: it takes one inequality at a time.
"""

from collections.abc import Callable, Iterator, Sequence

from quietclicks.pipeline.attack.bounds import Bounds, Key, Range, bounds_of
from quietclicks.pipeline.attack.report import Group, Kind
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.schemas.trend import Dimension, Trend

Reading = Callable[[Trend, Rules], Range]
"""What a record's number of visitors may stand for: the fewest and the most there can be."""


def by_views(record: Trend, rules: Rules) -> Range:
    """Who knows the views alone; and all who read numbers that have chance in them."""
    return min(rules.threshold(record.dimension, record.value), record.views), record.views


def to_the_letter(record: Trend, rules: Rules) -> Range:
    """Numbers that say what they count."""
    return record.visitors, record.visitors


def as_published(records: Sequence[Trend], rules: Rules) -> Reading:
    """Multiples of k have chance in them, others are exact: these rules publish no such number."""
    is_rounded = all(record.visitors % rules.k == 0 for record in records)
    return by_views if is_rounded else to_the_letter


def can_be(record: Trend, rules: Rules) -> bool:
    """Whether the rules publish such a number: a multiple of k from the least to the views."""
    k = rules.k
    most = record.views // k * k
    least = min(most, -(-rules.threshold(record.dimension, record.value) // k) * k)
    return least <= record.visitors <= most


def told_by_visitors(records: Sequence[Trend], rules: Rules, read: Reading) -> Iterator[Group]:
    """Every group of 1 to k - 1 visitors that the bounds make certain.

    `records` are those of one site-day. Raises `ValueError` where no number of visitors fits.
    """
    bounds = bounds_of(records, rules, read)
    for key in bounds.views:
        yield from _certain(key, _again(bounds, key), rules)
        for whole in bounds.wholes(key):
            yield from _certain(key, _without(bounds, key, whole), rules)
    for whole, parts in bounds.partitions:
        yield from _certain(whole, _several(bounds, whole, parts), rules)


def _certain(key: Key, visitors: Range, rules: Rules) -> Iterator[Group]:
    fewest, most = visitors
    if fewest >= 1 and most < rules.k:
        _, start, dimension, value = key
        yield Group(Kind.VISITORS, Dimension(dimension), value, (start,), None, most)


def _again(bounds: Bounds, key: Key) -> Range:
    """Who looked more than once: further looks are views less visitors."""
    fewest, most = bounds.visitors[key]
    views = bounds.views[key]
    return min(1, views - most), views - fewest


def _without(bounds: Bounds, part: Key, whole: Key) -> Range:
    """Who is in the whole and not in the part."""
    (fewest, most), (least, greatest) = bounds.visitors[part], bounds.visitors[whole]
    return least - most, greatest - fewest


def _several(bounds: Bounds, whole: Key, parts: Sequence[Key]) -> Range:
    """Who is in more than one of the parts: at most what they have together beyond the whole."""
    least, greatest = bounds.visitors[whole]
    fewest = sum(bounds.visitors[part][0] for part in parts) - greatest
    most = sum(bounds.visitors[part][1] for part in parts) - least
    return min(1, fewest), min(most, bounds.views[whole] - least)
