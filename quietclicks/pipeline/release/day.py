"""A day's close: what its hours left over, folded until no difference gives a small group away.

Give it every hour of the day, once: a released day is final, and its remainders are destroyed.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from quietclicks.pipeline.release.about import Numbers
from quietclicks.pipeline.release.cells import (
    OVERFLOW,
    Cell,
    Cells,
    Released,
    Remainder,
    merge,
)
from quietclicks.pipeline.release.hour import order
from quietclicks.pipeline.release.params import Params
from quietclicks.pipeline.sketch import Sample, union
from quietclicks.schemas.trend import NONE, OTHER, Dimension


def close_day(hours: Mapping[int, Remainder], params: Params, start: str) -> list[Released]:
    """The day's records, in a fixed order. The keys of `hours` only have to sort.

    `start` is the day's, as in its records.
    """
    closed = [hours[hour] for hour in sorted(hours)]
    published = [hour for hour in closed if hour.published]
    waiting = enough_waiting([hour for hour in closed if not hour.published], params.k)  # 1
    total = merge(hour.total for hour in (*published, *waiting))
    if total.visitors.count() < params.k:
        return []

    numbers = Numbers("P1D", start, params)
    records = [numbers.record(Dimension.TOTAL, "", total)]
    for dimension in Dimension:
        if dimension is not Dimension.TOTAL:
            records += _close_dimension(dimension, published, waiting, numbers)
    return records


def enough_waiting(waiting: list[Remainder], k: int) -> list[Remainder]:
    """Step 1: all waiting hours, or none where the day's total would single out their visitors."""
    visitors = merge(hour.total for hour in waiting).visitors.count()
    return waiting if visitors >= k else []


def _close_dimension(
    dimension: Dimension,
    published: Sequence[Remainder],
    waiting: Sequence[Remainder],
    numbers: Numbers,
) -> list[Released]:
    params = numbers.params
    rows = [hour.unreleased[dimension] for hour in published if hour.unreleased.get(dimension)]
    if waiting:  # one row: nobody knows how many events any one of these hours had
        rows.append(_by_value([hour.unreleased.get(dimension, {}) for hour in waiting]))
    rest = _by_value(rows)
    named = choose(dimension, rows, rest, params)
    folded = [value for value in rest if value not in named]
    if (
        len(folded) == 1
        and folded[0] != OVERFLOW
        and rest[folded[0]].visitors.count() >= params.threshold(dimension, folded[0])
        and dimension not in params.implies
    ):  # 5: it is all of (other), so its name tells no more
        named, folded = {*named, folded[0]}, []

    records = []
    hourly = _per_value([hour.released.get(dimension, {}) for hour in published])
    for value in sorted(hourly.keys() | named):
        cells = hourly.get(value, [])
        # Where (other) exists, a value without a remainder reads like one inside (other): else
        # the values known to be inside, with one event each, could add up to all of it.
        complete = value in named or not folded
        whole = [*cells, rest[value]] if value in named else cells
        records.append(numbers.record(dimension, value, merge(whole), complete))
    if folded:
        records.append(numbers.record(dimension, OTHER, merge(rest[value] for value in folded)))
    return records


def choose(dimension: Dimension, rows: Sequence[Cells], rest: Cells, params: Params) -> set[str]:
    """Steps 2 to 4: the values whose remainder may be published by name.

    `rows` are the unreleased cells of each published hour, and of all waiting hours together;
    `rest` is their sum by value.
    """
    if OVERFLOW in rest:  # any value may have events in there: no remainder is known in full
        return set()
    candidates = sorted(  # 2
        (
            value
            for value, cell in rest.items()
            if cell.visitors.count() >= params.threshold(dimension, value)
            and not (value == NONE and dimension in params.implies)
        ),
        key=lambda value: order(value, rest[value]),
    )
    folded = rest.keys() - set(candidates)
    while candidates and needs_complementary_suppression(  # 3
        folded, rest, params.needed(dimension, folded)
    ):
        folded.add(candidates.pop(0))
    return _named(candidates, [_Row.of(dimension, row, folded, params) for row in rows], params)


class _Row(Struct):
    """A row as step 4 sees it: who is folded there, and how many the values of theirs need."""

    cells: Cells
    dimension: Dimension
    others: Sample
    needed: int

    @classmethod
    def of(
        cls, dimension: Dimension, cells: Cells, folded: AbstractSet[str], params: Params
    ) -> "_Row":
        there = folded & cells.keys()
        others = union(cells[value].who_is_eligible() for value in there)
        return cls(cells, dimension, others, params.needed(dimension, there))

    def fold(self, value: str, threshold: int, enough: int) -> None:
        """Make a value one of the others; of `enough` there are enough, whoever they are."""
        if value in self.cells:
            self.needed = max(self.needed, threshold)
            if self.others.count() < enough:
                self.others.merge(self.cells[value].who_is_eligible())


def _named(candidates: Sequence[str], rows: Sequence[_Row], params: Params) -> set[str]:
    """Step 4. Who is folded helps the later ones to hide, and who was named before.

    But one that needs more visitors than others raises what is needed: then all that was named is
    looked at again.
    """
    if not rows:
        return set()
    threshold = {value: params.threshold(rows[0].dimension, value) for value in candidates}
    enough = max([*(row.needed for row in rows), *threshold.values()])
    left, named = list(candidates), set[str]()
    while left:
        value = left.pop(0)
        shared = [row for row in rows if value in row.cells and row.others]
        if others_reach_threshold(
            [row.others for row in shared], max([row.needed for row in shared], default=params.k)
        ) and value_reaches_threshold(
            [row.cells[value].visitors for row in shared], threshold[value]
        ):
            named.add(value)
            continue
        for row in rows:
            row.fold(value, threshold[value], enough)
        if threshold[value] > min(threshold.values()):
            left = [each for each in candidates if each in named or each in left]
            named.clear()
    return named


def needs_complementary_suppression(folded: Iterable[str], rest: Cells, needed: int) -> bool:
    """Step 3: whether the day's (other) would be too small, or not there to hide behind."""
    return merge(rest[value] for value in folded).visitors.count() < needed


def others_reach_threshold(others: Iterable[Sample], needed: int) -> bool:
    """Step 4: those rows less the value still hold enough visitors."""
    return _together(others, needed)


def value_reaches_threshold(visitors: Iterable[Sample], needed: int) -> bool:
    """Step 4: the value less the rows that lack (other) still holds enough visitors."""
    return _together(visitors, needed)


def _together(samples: Iterable[Sample], needed: int) -> bool:
    parts, at_most = [], 0
    for sample in samples:  # nearly always the counts tell
        count = sample.count()
        if count >= needed:
            return True
        parts.append(sample)
        at_most += count
    return at_most >= needed and union(parts).count() >= needed


def _per_value(rows: Iterable[Cells]) -> dict[str, list[Cell]]:
    cells: dict[str, list[Cell]] = {}
    for row in rows:
        for value, cell in row.items():
            cells.setdefault(value, []).append(cell)
    return cells


def _by_value(rows: Iterable[Cells]) -> Cells:
    return {
        value: cells[0] if len(cells) == 1 else merge(cells)
        for value, cells in _per_value(rows).items()
    }
