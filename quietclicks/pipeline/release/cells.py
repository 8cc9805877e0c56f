"""What the release counts and what it hands on: cells, an hour's remainder, a released number.

Plain data; nothing here decides.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from quietclicks.pipeline.sketch import Sample, union
from quietclicks.schemas.trend import NONE, OTHER, Dimension

# Internal values: a control character cannot come from input. They are never published.
OVERFLOW = "\x00other"  # events whose value came after the bound on distinct values
ELIGIBLE_NONE = "\x00none"  # no value, though the event satisfies what a value would imply


class Cell(Struct, gc=False):
    """Counted events and their visitors; mutable while its hour is open.

    `eligible` are the visitors of those events that satisfy what the dimension's values imply (a
    search page, for a search term), where these are not simply all.
    """

    views: int = 0
    visitors: Sample = field(default_factory=Sample)
    eligible: Sample | None = None

    def who_is_eligible(self) -> Sample:
        """The visitors of the eligible events."""
        return self.visitors if self.eligible is None else self.eligible


Cells = Mapping[str, Cell]  # by value
HourCells = Mapping[Dimension, Cells]  # one site, one hour; the total is under ""


class Released(Struct, frozen=True, gc=False):
    """A number that may be published: a trend without site, window and start."""

    dimension: Dimension
    value: str
    views: int
    visitors: int  # about so many (`about.py`)
    complete: bool = True


class Remainder(Struct, frozen=True):
    """What the day's close needs of an hour, and all that is kept of it.

    `released` and `unreleased` share the hour's cells: do not change those any more.
    """

    published: bool  # or waiting: then nothing of it was released
    total: Cell
    released: Mapping[Dimension, Cells]
    unreleased: Mapping[Dimension, Cells]


def merge(cells: Iterable[Cell]) -> Cell:
    """One new cell of several."""
    parts = list(cells)
    whole = Cell(
        views=sum([cell.views for cell in parts]),
        visitors=union([cell.visitors for cell in parts]),
    )
    if any(cell.eligible is not None for cell in parts):
        whole.eligible = union(cell.who_is_eligible() for cell in parts)
    return whole


def bounded(cells: Cells, most: int) -> Cells:
    """The `most` values of an hour that have most, the others as overflow.

    Each raw partition bounds its own; together they may have a multiple of that.
    """
    special = (NONE, ELIGIBLE_NONE)
    if len(cells.keys() - {*special, OVERFLOW}) <= most:
        return cells
    by_size = sorted(
        (-cell.views, -cell.visitors.count(), value)
        for value, cell in cells.items()
        if value not in (*special, OVERFLOW)
    )
    named = {value for _, _, value in by_size[:most]}.union(special)
    kept = {value: cell for value, cell in cells.items() if value in named}
    return {**kept, OVERFLOW: merge(cell for value, cell in cells.items() if value not in named)}


def values_of(cells: Cells, implied: bool) -> Cells:
    """The cells by the values that the rules know: (none) is one value, with who is eligible.

    Raises `ValueError` where a value is reserved: such input is escaped before it is counted.
    """
    if OTHER in cells or "" in cells:
        raise ValueError("a reserved name is not a value")
    outside, inside = cells.get(NONE), cells.get(ELIGIBLE_NONE)
    if outside is None and inside is None:
        return cells
    values = {value: cell for value, cell in cells.items() if value != ELIGIBLE_NONE}
    values[NONE] = merge(cell for cell in (outside, inside) if cell is not None)
    if implied:
        values[NONE].eligible = inside.visitors if inside is not None else Sample()
    return values
