"""One dimension as a list: the top, or a page of all, and where the rest is."""

from collections.abc import Mapping
from typing import Any

from quietclicks.pipeline.dashboard.known import Rank, Ranking
from quietclicks.pipeline.dashboard.series import Times


def of(
    dimension: str,
    ranking: Ranking | None,
    times: Times,
    threshold: int,
    earlier: Mapping[tuple[str, str], int] | None,
) -> dict[str, Any]:
    """`from` is `days`, `hours` (none of the days is over) or null: nothing is told.

    Shares are of `views`, all of the dimension. `more` is what has a name and is not among the
    rows. Of days that are not over everything is at least so much. `earlier`: the views of the span
    before, by dimension and value.
    """
    if ranking is None:
        ranking = Ranking((), None, None, 0, 0, 0)
        source = None
    else:
        source = "days" if times.days_told else "hours"
    is_open = bool(times.open_days)
    named = ranking.views - sum(each.views for each in (ranking.other, ranking.none) if each)
    more = named - sum(row.views for row in ranking.rows)
    one_day = times.span.days == 1
    return {
        "dimension": dimension,
        "from": source,
        "views": ranking.views,
        "rows": [
            {
                "value": row.value,
                "views": row.views,
                "at_most": row.at_most,
                "share": share(row.views, ranking.views),
                "at_least": row.at_least or is_open,
                "visitors": row.visitors if one_day else None,
                "before": earlier.get((dimension, row.value)) if earlier is not None else None,
            }
            for row in ranking.rows
        ],
        "none": _part(ranking.none, ranking.views, is_open=is_open),
        "other": ranking.other and part(ranking.other.views, ranking.views),
        "more": part(more, ranking.views) if more else None,
        "values": ranking.values,
        "threshold": threshold,
    }


def _part(rank: Rank | None, views: int, *, is_open: bool) -> dict[str, Any] | None:
    return rank and part(rank.views, views, at_least=rank.at_least or is_open)


def part(views: int, of_views: int, *, at_least: bool = False) -> dict[str, Any]:
    """A part of a list that is no row of it."""
    return {"views": views, "share": share(views, of_views), "at_least": at_least}


def share(views: int, of_views: int) -> float:
    """To four places."""
    return round(views / of_views, 4) if of_views else 0.0
