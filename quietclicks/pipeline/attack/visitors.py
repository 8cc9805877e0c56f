"""Visitor counts that were published exactly, subtracted.

Rounded counts are left alone: what their steps cannot tell is argued in docs/release.md.
"""

from collections.abc import Iterator, Sequence

from quietclicks.pipeline.attack.report import Group, Kind
from quietclicks.schemas.trend import Dimension, Trend


def told_by_visitors(records: Sequence[Trend], k: int) -> Iterator[Group]:
    """Visitors who never had a value, and visitors who only came outside an hour."""
    if all(record.visitors is None or record.visitors % k == 0 for record in records):
        return
    totals = {
        (record.window, record.start): record.visitors
        for record in records
        if record.dimension is Dimension.TOTAL and record.visitors is not None
    }
    days = [visitors for (window, _), visitors in totals.items() if window == "P1D"]
    for record in records:
        if record.visitors is None:
            continue
        wholes = [totals.get((record.window, record.start))]
        if record.dimension is Dimension.TOTAL and record.window == "PT1H":
            wholes += days
        for whole in wholes:
            if whole is not None and 0 < whole - record.visitors < k:
                yield Group(
                    Kind.VISITORS,
                    record.dimension,
                    record.value,
                    (record.start,),
                    None,
                    whole - record.visitors,
                )
