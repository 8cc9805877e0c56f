"""An hour's close: which of its numbers may be published, and what is left for the day.

Give it every counted event of the hour: a released hour is final.
"""

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
from quietclicks.pipeline.release.rounding import min_visitors, rounded, visitors_of
from quietclicks.schemas.trend import OTHER, Dimension


def close_hour(cells: HourCells, params: Params) -> tuple[list[Released], Remainder]:
    """The records to publish, in a fixed order, and the hour's remainder.

    Raises `ValueError` where the dimensions do not count the same events: their difference could
    be told from the published numbers.
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

    records: list[Released] = []
    named: dict[Dimension, Cells] = {}
    unreleased = dict(values)  # a day-only dimension keeps all values for the day
    for dimension in values.keys() - params.day_only:
        named[dimension], unreleased[dimension] = split(
            values[dimension], params.threshold(dimension), params.k
        )
    public = params.k
    for dimension, of in ((d, named[d]) for d in Dimension if d in named):
        complete = OVERFLOW not in unreleased[dimension]
        for value in sorted(of):
            least = params.threshold(dimension)
            public = max(public, least)
            records.append(_record(dimension, value, of[value], least, complete, params))
        if unreleased[dimension]:
            other = merge(unreleased[dimension].values())
            records.append(_record(dimension, OTHER, other, params.k, True, params))
    records.insert(0, _record(Dimension.TOTAL, "", total, public, True, params))
    return records, Remainder(published=True, total=total, released=named, unreleased=unreleased)


def waits(total: Cell, k: int) -> bool:
    """Whether nothing of the hour can be published."""
    return total.visitors.count() < k


def split(values: Cells, threshold: int, k: int) -> tuple[Cells, Cells]:
    """The values to name and those to fold into (other), by value."""
    named = {
        value: cell
        for value, cell in values.items()
        if cell.visitors.count() >= threshold and value != OVERFLOW
    }
    other = {value: cell for value, cell in values.items() if value not in named}
    if needs_complementary_suppression(other, k):  # one more is enough: it has k visitors itself
        least = min(named, key=lambda value: order(value, named[value]))
        other[least] = named.pop(least)
    return named, other


def needs_complementary_suppression(other: Cells, k: int) -> bool:
    """Whether (other), the total less the named values, would be a group below k.

    It is there even where nobody is known of it: visitors of whose choice nothing was counted.
    """
    return bool(other) and merge(other.values()).visitors.count() < k


def order(value: str, cell: Cell) -> tuple[int, int, str]:
    """Ascending: what is folded first."""
    return cell.views, cell.visitors.count(), value


def _record(
    dimension: Dimension, value: str, cell: Cell, least: int, complete: bool, params: Params
) -> Released:
    public = max(least, min_visitors(cell.views, params.cap_hour))
    visitors = rounded(visitors_of(cell, params.cap_hour), public, params.k)
    return Released(dimension, value, cell.views, visitors, complete)
