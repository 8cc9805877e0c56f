"""What is told of a site over a span: totals, a series, lists; by docs/analysts.md's rules.

Visitors are passed on as they were published, of one window, and never added up.
"""

from collections.abc import Mapping
from typing import Any

from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.dashboard import lists, series
from quietclicks.pipeline.dashboard.ask import Asked, Refused, Span
from quietclicks.pipeline.dashboard.known import Known, Wanted
from quietclicks.pipeline.dashboard.series import Times
from quietclicks.pipeline.fields import BREAKDOWNS
from quietclicks.schemas.trend import Dimension, Stream, stream_name, stream_of

TOP = 10


class Missing(Exception):
    """There is no such thing; the text says which kind, for the one who asked."""


class Thresholds:
    """How many visitors a number needs to be told, by the policy."""

    def __init__(self, k: int, of_dimension: Mapping[Dimension, int]) -> None:
        self._k = k
        self._of = of_dimension

    def of(self, dimension: str) -> int:
        return self._of.get(Dimension(dimension), self._k)


def sites(known: Known) -> list[dict[str, Any]]:
    """Each with its first and last day; streams are none."""
    return [
        {"name": site.name, "first": day_text(site.span.first), "last": day_text(site.span.last)}
        for site in known.sites()
        if stream_of(site.name) is None
    ]


def chosen(known: Known, asked: Asked) -> tuple[str, Span]:
    """The site and the span that are meant. Raises `Missing`."""
    found = {site.name: site.span for site in known.sites() if stream_of(site.name) is None}
    name = next(iter(found), None) if asked.site is None else asked.site
    if name is None or name not in found:
        raise Missing("there is no such site")
    last = found[name].last
    return name, asked.span or Span(last, last)


def trends(known: Known, asked: Asked, thresholds: Thresholds) -> dict[str, Any]:
    """All of a first look. Raises `Missing`."""
    site, span = chosen(known, asked)
    times = times_of(known, site, span)
    before = times_of(known, site, span.before) if asked.compare else None
    wanted = Wanted(site, span, times.open_days, size=TOP)
    rankings = known.rankings(wanted)
    earlier = _earlier(known, before, [row.value for r in rankings.values() for row in r.rows])
    return {
        "site": site,
        **span.texts,
        "by": asked.by,
        "totals": times.sums(),
        "before": before and {**before.span.texts, **before.sums()},
        "series": series.of(times, asked.by),
        "before_series": before and series.of(before, asked.by),
        "lists": [
            lists.of(each.value, rankings[each], times, thresholds.of(each), earlier)
            for each in BREAKDOWNS
            if each in rankings
        ],
        "uncounted": uncounted(known, site, span, thresholds),
    }


def one_list(known: Known, asked: Asked, thresholds: Thresholds) -> dict[str, Any]:
    """A page of all values of a dimension, or of those that hold what is searched for.

    Raises `Missing`, `Refused`.
    """
    if asked.dimension is None:
        raise Refused("say which dimension")
    site, span = chosen(known, asked)
    times = times_of(known, site, span)
    before = times_of(known, site, span.before) if asked.compare else None
    wanted = Wanted(
        site=site,
        span=span,
        open_days=times.open_days,
        dimension=asked.dimension.value,
        search=asked.search,
        skipped=(asked.page - 1) * asked.size,
        size=asked.size,
    )
    ranking = known.rankings(wanted).get(asked.dimension)
    earlier = _earlier(known, before, [row.value for row in ranking.rows] if ranking else [])
    threshold = thresholds.of(asked.dimension)
    return {
        **lists.of(asked.dimension.value, ranking, times, threshold, earlier),
        "site": site,
        "span": span.texts,
        "page": asked.page,
        "pages": max(1, -(-(ranking.found if ranking else 0) // asked.size)),
        "found": ranking.found if ranking else 0,
    }


def uncounted(known: Known, site: str, span: Span, thresholds: Thresholds) -> dict[str, Any]:
    """Views of who opted out, and of programs: in no other number of the site."""
    out, bots = stream_name(site, Stream.OPTED_OUT), stream_name(site, Stream.BOTS)
    times = times_of(known, out, span)
    choices = known.rankings(Wanted(out, span, times.open_days)).get(Dimension.CHOICE)
    return {
        "opted_out": {
            "views": times.views,
            "choices": choices
            and lists.of("choice", choices, times, thresholds.of(Dimension.CHOICE), None),
        },
        "bots": {"views": times_of(known, bots, span).views},
    }


def times_of(known: Known, site: str, span: Span) -> Times:
    """A site's totals, hour by hour and day by day."""
    return Times(site, span, known.totals(site, span), known.latest())


def _earlier(
    known: Known, before: Times | None, values: list[str]
) -> Mapping[tuple[str, str], int] | None:
    if before is None:
        return None
    return known.views_of(Wanted(before.site, before.span, before.open_days), set(values))
