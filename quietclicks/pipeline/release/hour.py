"""An hour's close: which of its numbers may be published, and what is left for the day.

Give it every counted event of the hour: a released hour is final.
"""

from quietclicks.pipeline.release.about import Numbers
from quietclicks.pipeline.release.cells import (
    OVERFLOW,
    Cell,
    Cells,
    HourCells,
    Released,
    Remainder,
    bounded,
    merge,
    values_of,
)
from quietclicks.pipeline.release.params import Params
from quietclicks.schemas.trend import OTHER, Dimension


def close_hour(cells: HourCells, params: Params, start: str) -> tuple[list[Released], Remainder]:
    """The records to publish, in a fixed order, and the hour's remainder.

    `start` is the hour's, as in its records. Raises `ValueError` where the dimensions do not count
    the same events: their difference could be told from the published numbers.
    """
    total = cells[Dimension.TOTAL][""]
    values: dict[Dimension, Cells] = {
        dimension: values_of(
            bounded(cells[dimension], params.max_values), dimension in params.implies
        )
        for dimension in Dimension
        if dimension in cells and dimension is not Dimension.TOTAL
    }
    if any(sum(c.views for c in of.values()) != total.views for of in values.values()):
        raise ValueError("a dimension does not add up to the total")
    if waits(total, params.k):
        return [], Remainder(published=False, total=total, released={}, unreleased=values)

    named: dict[Dimension, Cells] = {}
    unreleased = dict(values)  # a day-only dimension keeps all values for the day
    for dimension in values.keys() - params.day_only:
        named[dimension], unreleased[dimension] = split(dimension, values[dimension], params)
    numbers = Numbers("PT1H", start, params)
    records = [numbers.record(Dimension.TOTAL, "", total)]
    for dimension, of in ((d, named[d]) for d in Dimension if d in named):
        complete = OVERFLOW not in unreleased[dimension]
        records += [numbers.record(dimension, value, of[value], complete) for value in sorted(of)]
        if unreleased[dimension]:
            other = merge(unreleased[dimension].values())
            records.append(numbers.record(dimension, OTHER, other))
    return records, Remainder(published=True, total=total, released=named, unreleased=unreleased)


def waits(total: Cell, k: int) -> bool:
    """Whether nothing of the hour can be published."""
    return total.visitors.count() < k


def split(dimension: Dimension, values: Cells, params: Params) -> tuple[Cells, Cells]:
    """The values to name and those to fold into (other), by value."""
    named = {
        value: cell
        for value, cell in values.items()
        if cell.visitors.count() >= params.threshold(dimension, value) and value != OVERFLOW
    }
    other = {value: cell for value, cell in values.items() if value not in named}
    # One more is not always enough: it may need less than those it joins. If all join, (other) is
    # the total, of which k are promised and no more.
    while named and needs_complementary_suppression(other, params.needed(dimension, other)):
        least = min(named, key=lambda value: order(value, named[value]))
        other[least] = named.pop(least)
    return named, other


def needs_complementary_suppression(other: Cells, needed: int) -> bool:
    """Whether (other), the total less the named values, would be too small a group.

    It is there even where nobody is known of it: visitors of whose choice nothing was counted.
    """
    return bool(other) and merge(other.values()).visitors.count() < needed


def order(value: str, cell: Cell) -> tuple[int, int, str]:
    """Ascending: what is folded first."""
    return cell.views, cell.visitors.count(), value
