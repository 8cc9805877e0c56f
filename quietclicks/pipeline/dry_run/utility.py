"""What the release's rules cost: how many views are published under their value.

Computed from one site-day's counted cells, for operators: exact shares, not to be published. The
threshold alone is the yardstick; it is not safe (docs/release.md).
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, structs

from quietclicks.pipeline.release import HourCells, Params, Released, close_day, close_hour
from quietclicks.pipeline.release.cells import OVERFLOW, Cells, merge, values_of
from quietclicks.schemas.trend import NONE, OTHER, Dimension


class Share(Struct, frozen=True):
    """Of the counted views that have a value, (none) not being one, the part under its name."""

    dimension: Dimension
    views: int  # that have a value
    hour: float  # by the hour's records
    day: float
    hour_threshold: float  # the same, were the threshold the only rule
    day_threshold: float


class Advice(Struct, frozen=True):
    """What a day-only dimension would change: shares from 0 to 1."""

    dimension: Dimension
    day_gain: float
    hour_loss: float


def utility(hours: Mapping[int, HourCells], params: Params) -> list[Share]:
    """The day's shares by dimension."""
    dimensions = sorted({d for cells in hours.values() for d in cells} - {Dimension.TOTAL})
    return [_share(dimension, hours, params) for dimension in dimensions]


def by_the_day(params: Params) -> Params:
    """The same rules with every dimension day-only."""
    return structs.replace(params, day_only=frozenset(Dimension) - {Dimension.TOTAL})


def mean(shares: Sequence[Share]) -> Share:
    """One dimension's days as one, each with the weight of its views."""
    views = sum(share.views for share in shares)
    means = (
        sum(getattr(share, name) * share.views for share in shares) / max(views, 1)
        for name in ("hour", "day", "hour_threshold", "day_threshold")
    )
    return Share(shares[0].dimension, views, *means)


def advise(shares: Iterable[Share], day_only: Iterable[Share]) -> list[Advice]:
    """What if: `day_only` are the same dimensions' shares under `by_the_day`.

    A dimension's numbers do not depend on whether another is day-only.
    """
    return [
        Advice(now.dimension, then.day - now.day, now.hour)
        for now, then in zip(shares, day_only, strict=True)
    ]


def _share(dimension: Dimension, hours: Mapping[int, HourCells], params: Params) -> Share:
    by_hour: list[Released] = []
    remainders = {}
    alone = 0
    cells_of: dict[str, list[Cells]] = {}
    for start, cells in hours.items():
        total, own = cells[Dimension.TOTAL], cells[dimension]
        # Of views alone: what the chance of visitors is seeded by makes no difference.
        records, remainders[start] = close_hour(
            {Dimension.TOTAL: total, dimension: own}, params, ""
        )
        by_hour += records
        values = values_of(own, implied=False)
        alone += _above(dimension, values, params)
        for value in values:
            cells_of.setdefault(value, []).append(values)
    day = {value: merge(of[value] for of in found) for value, found in cells_of.items()}
    views = sum(cell.views for value, cell in day.items() if value != NONE)
    scale = 1 / max(views, 1)
    return Share(
        dimension=dimension,
        views=views,
        hour=_named(by_hour) * scale,
        day=_named(close_day(remainders, params, "")) * scale,
        hour_threshold=0.0 if dimension in params.day_only else alone * scale,
        day_threshold=_above(dimension, day, params) * scale,
    )


def _named(records: Iterable[Released]) -> int:
    return sum(
        record.views
        for record in records
        if record.dimension is not Dimension.TOTAL and record.value not in (NONE, OTHER)
    )


def _above(dimension: Dimension, values: Cells, params: Params) -> int:
    return sum(
        cell.views
        for value, cell in values.items()
        if value not in (NONE, OVERFLOW)
        and cell.visitors.count() >= params.threshold(dimension, value)
    )
