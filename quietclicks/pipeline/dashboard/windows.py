"""Hours and days of trends, as the live page's memory holds them. They decide nothing."""

from heapq import nlargest
from typing import NamedTuple

from quietclicks.schemas.trend import NONE, OTHER, Dimension

_REST = frozenset({NONE, OTHER})  # what is no value of its own


class Count(NamedTuple):
    """The numbers of one trend."""

    views: int
    visitors: int
    complete: bool


class ShownWindow:
    """One hour or one day of a site: the total, and the values of each dimension."""

    __slots__ = ("cut", "total", "values")

    def __init__(self) -> None:
        self.total: Count | None = None
        self.values: dict[Dimension, dict[str, Count]] = {}
        self.cut: set[Dimension] = set()  # where values were left out to save room

    def held(self) -> int:
        return sum(len(values) for values in self.values.values())

    def keep_top(self, dimension: Dimension, count: int) -> None:
        """Leave out all but the values with the most views."""
        values = self.values[dimension]
        named = [(held.views, value) for value, held in values.items() if value not in _REST]
        if len(named) <= count:
            return
        top = {value for _, value in nlargest(count, named)} | _REST
        self.values[dimension] = {value: held for value, held in values.items() if value in top}
        self.cut.add(dimension)


class Day:
    """A day's own records and those of its hours, by the hour's number."""

    __slots__ = ("hours", "whole")

    def __init__(self) -> None:
        self.whole = ShownWindow()
        self.hours: dict[int, ShownWindow] | None = {}  # None: no longer held
