"""Bounds on how many visitors each published number has, made as narrow as they get.

Pure interval arithmetic over one site-day's records. Whoever has numbers that bound nothing gets
back what the views alone say.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from quietclicks.pipeline.attack.rules import Rules
from quietclicks.schemas.trend import OTHER, Dimension, Trend, Window

Key = tuple[Window, str, Dimension, str]  # window, start, dimension, value
Range = tuple[int, int]  # the fewest and the most

ROUNDS = 1000  # each narrows a bound: a day of 24 hours takes some ten


class Bounds(NamedTuple):
    """`visitors` is what this module is about."""

    views: dict[Key, int]
    visitors: dict[Key, Range]
    partitions: list[tuple[Key, list[Key]]]  # no event of the whole is in two parts, each in one
    days: dict[Key, tuple[list[Key], int]]  # a day's number: its hours', and views beyond these

    def wholes(self, key: Key) -> Iterator[Key]:
        """What else the visitors of a number are among: its window, and the day of its hour."""
        window, start, dimension, value = key
        total = (window, start, Dimension.TOTAL, "")
        if key != total and total in self.views:
            yield total
        day: Key = ("P1D", f"{start[:10]}T00:00:00Z", dimension, value)
        if key in self.days.get(day, ((), 0))[0]:
            yield day


def bounds_of(
    records: Sequence[Trend], rules: Rules, read: Callable[[Trend, Rules], Range]
) -> Bounds:
    """The narrowest bounds that follow, one inequality at a time.

    Raises `ValueError` where no number of visitors fits.
    """
    views = {_key(record): record.views for record in records}
    visitors = {}
    for record in records:
        fewest, most = read(record, rules)
        cap = rules.cap_hour if record.window == "PT1H" else rules.cap_day
        visitors[_key(record)] = max(fewest, -(-record.views // cap)), min(most, record.views)
    bounds = Bounds(views, visitors, _partitions(views), _days(views))
    for _ in range(ROUNDS):
        if not _narrow(bounds, rules):
            break
    if any(fewest > most for fewest, most in visitors.values()):
        raise ValueError("no number of visitors fits these records")
    return bounds


def _key(record: Trend) -> Key:
    return record.window, record.start, record.dimension, record.value


def _partitions(views: dict[Key, int]) -> list[tuple[Key, list[Key]]]:
    """Each window's total, by each dimension that adds up to it."""
    of: defaultdict[tuple[Window, str, Dimension], list[Key]] = defaultdict(list)
    for key in views:
        if key[2] is not Dimension.TOTAL:
            of[key[:3]].append(key)
    found = []
    for (window, start, _), parts in of.items():
        whole: Key = (window, start, Dimension.TOTAL, "")
        if whole in views and sum(views[part] for part in parts) == views[whole]:
            found.append((whole, parts))
    return found


def _days(views: dict[Key, int]) -> dict[Key, tuple[list[Key], int]]:
    """A day's number is its hours' of the same value and a rest; but for (other)."""
    hours: defaultdict[tuple[str, Dimension, str], list[Key]] = defaultdict(list)
    for key in views:
        if key[0] == "PT1H":
            hours[key[1][:10], key[2], key[3]].append(key)
    found = {}
    for key in views:
        if key[0] == "P1D" and key[3] != OTHER:
            own = hours[key[1][:10], key[2], key[3]]
            rest = views[key] - sum(views[hour] for hour in own)
            if own and rest >= 0:
                found[key] = own, rest
    return found


def _narrow(bounds: Bounds, rules: Rules) -> bool:
    """Apply each inequality once; whether a bound moved."""
    moved = False
    for whole, parts in bounds.partitions:
        moved |= _sum(bounds, whole, parts, (0, 0))
    for day, (hours, rest) in bounds.days.items():
        moved |= _sum(bounds, day, hours, (-(-rest // rules.cap_day), rest))
    return moved


def _sum(bounds: Bounds, whole: Key, parts: Sequence[Key], rest: Range) -> bool:
    """Visitors of the whole: at least those of each part, at most those of all and the rest."""
    of = bounds.visitors
    before = [of[whole], *(of[part] for part in parts)]
    fewest, most = of[whole]
    together = sum(of[part][1] for part in parts) + rest[1]
    fewest = max([fewest, rest[0], *(of[part][0] for part in parts)])
    most = min(most, together)
    of[whole] = fewest, most
    for part in parts:
        few, many = of[part]
        of[part] = max(few, fewest - (together - many)), min(many, most)
    return before != [of[whole], *(of[part] for part in parts)]
