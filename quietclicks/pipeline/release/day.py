"""A day's close: what its hours left over, folded until no difference gives a small group away.

Give it every hour of the day, once: a released day is final, and its remainders are destroyed.
"""

from collections.abc import Iterable, Mapping, Sequence

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
from quietclicks.pipeline.release.rounding import min_visitors, rounded, visitors_of
from quietclicks.pipeline.sketch import Sample, union
from quietclicks.schemas.trend import NONE, OTHER, Dimension


def close_day(hours: Mapping[int, Remainder], params: Params) -> list[Released]:
    """The day's records, in a fixed order. The keys of `hours` only have to sort."""
    closed = [hours[start] for start in sorted(hours)]
    published = [hour for hour in closed if hour.published]
    waiting = enough_waiting([hour for hour in closed if not hour.published], params.k)  # 1
    total = merge(hour.total for hour in (*published, *waiting))
    if total.visitors.count() < params.k:
        return []

    records: list[Released] = []
    public = max((min_visitors(hour.total.views, params.cap_hour) for hour in published), default=0)
    for dimension in Dimension:
        if dimension is not Dimension.TOTAL:
            of = _close_dimension(dimension, published, waiting, params)
            if any(record.value != OTHER for record in of):
                public = max(public, params.threshold(dimension))
            records += of
    return [_record(Dimension.TOTAL, "", [total], public, True, params), *records]


def enough_waiting(waiting: list[Remainder], k: int) -> list[Remainder]:
    """Step 1: all waiting hours, or none where the day's total would single out their visitors."""
    visitors = merge(hour.total for hour in waiting).visitors.count()
    return waiting if visitors >= k else []


def _close_dimension(
    dimension: Dimension,
    published: Sequence[Remainder],
    waiting: Sequence[Remainder],
    params: Params,
) -> list[Released]:
    rows = [hour.unreleased[dimension] for hour in published if hour.unreleased.get(dimension)]
    if waiting:  # one row: nobody knows how many events any one of these hours had
        rows.append(_by_value([hour.unreleased.get(dimension, {}) for hour in waiting]))
    rest = _by_value(rows)
    named = choose(dimension, rows, rest, params)
    folded = [value for value in rest if value not in named]
    if (
        len(folded) == 1
        and folded[0] != OVERFLOW
        and rest[folded[0]].visitors.count() >= params.threshold(dimension)
        and dimension not in params.implies
    ):  # 5: it is all of (other), so its name tells no more
        named, folded = {*named, folded[0]}, []

    records = []
    hourly = _per_value([hour.released.get(dimension, {}) for hour in published])
    least = params.threshold(dimension)
    for value in sorted(hourly.keys() | named):
        cells = hourly.get(value, [])
        public = max(
            least, max((min_visitors(cell.views, params.cap_hour) for cell in cells), default=0)
        )
        # Where (other) exists, a value without a remainder reads like one inside (other): else
        # the values known to be inside, with one event each, could add up to all of it.
        complete = value in named or not folded
        whole = [*cells, rest[value]] if value in named else cells
        records.append(_record(dimension, value, whole, public, complete, params))
    if folded:
        other = [rest[value] for value in folded]
        records.append(_record(dimension, OTHER, other, params.k, True, params))
    return records


def choose(dimension: Dimension, rows: Sequence[Cells], rest: Cells, params: Params) -> set[str]:
    """Steps 2 to 4: the values whose remainder may be published by name.

    `rows` are the unreleased cells of each published hour, and of all waiting hours together;
    `rest` is their sum by value.
    """
    if OVERFLOW in rest:  # any value may have events in there: no remainder is known in full
        return set()
    k, threshold = params.k, params.threshold(dimension)
    candidates = sorted(  # 2
        (
            value
            for value, cell in rest.items()
            if cell.visitors.count() >= threshold
            and not (value == NONE and dimension in params.implies)
        ),
        key=lambda value: order(value, rest[value]),
    )
    folded = rest.keys() - set(candidates)
    if candidates and needs_complementary_suppression(folded, rest, k):  # 3
        folded.add(candidates.pop(0))
    others = [_eligible(row, folded) for row in rows]
    named = set()
    for value in candidates:  # 4: one pass; folding only helps the later ones
        shared = [i for i, row in enumerate(rows) if value in row and others[i]]
        if others_reach_threshold([others[i] for i in shared], k) and value_reaches_threshold(
            [rows[i][value].visitors for i in shared], k
        ):
            named.add(value)
            continue
        for i, row in enumerate(rows):
            if value in row and others[i].count() < k:  # of k there are enough, whoever they are
                others[i].merge(row[value].who_is_eligible())
    return named


def needs_complementary_suppression(folded: Iterable[str], rest: Cells, k: int) -> bool:
    """Step 3: whether the day's (other) would be below k, or not there to hide behind."""
    return merge(rest[value] for value in folded).visitors.count() < k


def others_reach_threshold(others: Iterable[Sample], k: int) -> bool:
    """Step 4: those rows less the value still hold k visitors."""
    return _together(others, k)


def value_reaches_threshold(visitors: Iterable[Sample], k: int) -> bool:
    """Step 4: the value less the rows that lack (other) still holds k visitors."""
    return _together(visitors, k)


def _together(samples: Iterable[Sample], k: int) -> bool:
    parts, at_most = [], 0
    for sample in samples:  # nearly always the counts tell
        count = sample.count()
        if count >= k:
            return True
        parts.append(sample)
        at_most += count
    return at_most >= k and union(parts).count() >= k


def _eligible(row: Cells, folded: set[str]) -> Sample:
    return union(row[value].who_is_eligible() for value in folded & row.keys())


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


def _record(
    dimension: Dimension,
    value: str,
    cells: Sequence[Cell],
    public: int,
    complete: bool,
    params: Params,
) -> Released:
    whole = merge(cells)
    public = max(public, min_visitors(whole.views, params.cap_day))
    visitors = rounded(visitors_of(whole, params.cap_day), public, params.k)
    return Released(dimension, value, whole.views, visitors, complete)
