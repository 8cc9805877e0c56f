"""One dimension as the attacker sees it: what is published, and a graph of what is not.

The graph's edges are the unpublished cells that hold events; they run between an hour and a value.
The sum at a value is known where the day's record tells it. The sum at an hour is its total less
the published cells; which of the totals are known is not decided here.
"""

from collections.abc import Container, Iterable, Mapping, Sequence

from msgspec import Struct, field

from quietclicks.pipeline.release.cells import ELIGIBLE_NONE
from quietclicks.schemas.trend import NONE, OTHER, Dimension, Trend


class Event(Struct, frozen=True, gc=False):
    """A counted event; an absent dimension has the value (none), and so has `ELIGIBLE_NONE`."""

    hour: str  # the hour's start, as in the records
    visitor: int
    values: Mapping[Dimension, str]


class Part(Struct, gc=False):
    """Some events and their visitors."""

    views: int = 0
    visitors: set[int] = field(default_factory=set)
    searches: int = 0  # views of search pages

    def add(self, other: "Part") -> None:
        """Make the other's events part of these."""
        self.views += other.views
        self.visitors |= other.visitors
        self.searches += other.searches


Cells = dict[str, Part]  # by hour


class Board(Struct, frozen=True):
    """`values` have a known sum; (other) is one of them, whatever is folded into it.

    `unsummed` are the cells of values about which the day says nothing.
    """

    dimension: Dimension
    hours: tuple[str, ...]
    published: dict[tuple[str, str], Part]  # by hour and value
    values: dict[str, Cells]
    unsummed: Cells
    others: frozenset[str]  # hours whose (other) is published, so that their total is known
    consistent: bool

    def views_in(self, hours: Container[str]) -> int:
        """All views of some hours."""
        cells = [part for (hour, _), part in self.published.items() if hour in hours]
        for of in (*self.values.values(), self.unsummed):
            cells += [part for hour, part in of.items() if hour in hours]
        return sum(part.views for part in cells)


def named_views(dimension: Dimension, records: Iterable[Trend]) -> dict[tuple[str, str], int]:
    """Views by hour and value of the hours' records that name a value."""
    return {
        (record.start, record.value): record.views
        for record in records
        if record.window == "PT1H" and record.dimension is dimension and record.value != OTHER
    }


def remainders(dimension: Dimension, records: Sequence[Trend]) -> dict[str, int]:
    """What the day's records tell about events that no hour's record names, by value.

    A day's views are the hours' and the remainder; an incomplete record may be the hours' alone.
    """
    hourly: dict[str, int] = {}
    for (_, value), views in named_views(dimension, records).items():
        hourly[value] = hourly.get(value, 0) + views
    told = {}
    for record in records:
        if record.window == "P1D" and record.dimension is dimension:
            rest = record.views - hourly.get(record.value, 0)
            if record.complete or rest:
                told[record.value] = rest
    return told


def coverage(records: Sequence[Trend], hours: Iterable[str]) -> frozenset[str]:
    """The hours that are in the day's records: all, unless the total says only published ones."""
    published = {hour for hour, _ in named_views(Dimension.TOTAL, records)}
    if remainders(Dimension.TOTAL, records).get("") == 0:
        return frozenset(published)
    return frozenset(published.union(hours))


def board_of(
    dimension: Dimension, records: Sequence[Trend], events: Sequence[Event], covered: Container[str]
) -> Board:
    """Lay the events out as the records cover them."""
    named = named_views(dimension, records)
    told = remainders(dimension, records)
    others = {
        record.start: record.views
        for record in records
        if record.window == "PT1H" and record.dimension is dimension and record.value == OTHER
    }
    published = {cell: Part() for cell in named}
    values: dict[str, Cells] = {}
    unsummed: Cells = {}
    for event in events:
        hour = event.hour
        value = _value(event, dimension)
        if (hour, value) in published:
            part = published[hour, value]
        elif hour in covered and value in told:
            part = values.setdefault(value, {}).setdefault(hour, Part())
        elif hour in covered and OTHER in told:
            part = values.setdefault(OTHER, {}).setdefault(hour, Part())
        else:
            part = unsummed.setdefault(hour, Part())
        part.views += 1
        part.visitors.add(event.visitor)
        part.searches += event.values.get(Dimension.SEARCH, NONE) != NONE
    residual = dict.fromkeys(others, 0)
    for cells in (*values.values(), unsummed):
        for hour in residual.keys() & cells.keys():
            residual[hour] += cells[hour].views
    consistent = (
        all(published[cell].views == views for cell, views in named.items())
        and all(_views(values.get(value, {})) == views for value, views in told.items())
        and residual == others
    )
    hours = {event.hour for event in events}.union(hour for hour, _ in named)
    return Board(
        dimension, tuple(sorted(hours)), published, values, unsummed, frozenset(others), consistent
    )


def _value(event: Event, dimension: Dimension) -> str:
    if dimension is Dimension.TOTAL:
        return ""
    value = event.values.get(dimension, NONE)
    return NONE if value == ELIGIBLE_NONE else value


def _views(cells: Cells) -> int:
    return sum(part.views for part in cells.values())
