"""What the release's rules cost: how many views are published under their value.

Computed from one site-day's counted cells, for operators: exact shares, not to be published. The
threshold alone is the yardstick; it is not safe (docs/release.md).
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct, structs

from quietclicks.pipeline.release import HourCells, Params, Released, close_day, close_hour
from quietclicks.pipeline.release.cells import OVERFLOW, Cells, united, values_of
from quietclicks.schemas.trend import NONE, RESERVED, Dimension


class Share(Struct, frozen=True):
    """Of the counted views that have a value, (none) not being one, the part under its name."""

    dimension: Dimension
    views: int  # that have a value
    hour: float  # by the hour's records
    day: float
    hour_threshold: float  # the same, were the threshold the only rule
    day_threshold: float


class Advice(Struct, frozen=True):
    """What a day-only dimension would change: points of share, from 0 to 1."""

    dimension: Dimension
    day_gain: float
    hour_loss: float


def utility(hours: Mapping[int, HourCells], params: Params) -> list[Share]:
    """The day's shares by dimension."""
    dimensions = sorted({d for cells in hours.values() for d in cells} - {Dimension.TOTAL})
    return [_share(dimension, hours, params) for dimension in dimensions]


def advise(hours: Mapping[int, HourCells], params: Params) -> list[Advice]:
    """For each dimension that is published by the hour: what if it were not."""
    advice = []
    for share in utility(hours, params):
        if share.dimension not in params.day_only:
            other = structs.replace(params, day_only=params.day_only | {share.dimension})
            change = _share(share.dimension, hours, other)
            advice.append(Advice(share.dimension, change.day - share.day, share.hour))
    return advice


def _share(dimension: Dimension, hours: Mapping[int, HourCells], params: Params) -> Share:
    threshold = params.threshold(dimension)
    by_hour: list[Released] = []
    remainders = {}
    alone = 0
    cells_of: dict[str, list[Cells]] = {}
    for start, cells in hours.items():
        total, own = cells[Dimension.TOTAL], cells[dimension]
        records, remainders[start] = close_hour({Dimension.TOTAL: total, dimension: own}, params)
        by_hour += records
        values = values_of(own, implied=False)
        alone += _above(values, threshold)
        for value in values:
            cells_of.setdefault(value, []).append(values)
    day = {value: united(of[value] for of in found) for value, found in cells_of.items()}
    views = sum(cell.views for value, cell in day.items() if value != NONE)
    scale = 1 / max(views, 1)
    return Share(
        dimension=dimension,
        views=views,
        hour=_named(by_hour) * scale,
        day=_named(close_day(remainders, params)) * scale,
        hour_threshold=0.0 if dimension in params.day_only else alone * scale,
        day_threshold=_above(day, threshold) * scale,
    )


def _named(records: Iterable[Released]) -> int:
    return sum(
        record.views
        for record in records
        if record.dimension is not Dimension.TOTAL and record.value not in RESERVED
    )


def _above(values: Cells, threshold: int) -> int:
    return sum(
        cell.views
        for value, cell in values.items()
        if value not in (NONE, OVERFLOW) and cell.visitors.count() >= threshold
    )
