"""From the trends that are held to what the page says, with its limits.

A day's list comes from the day's own records where there are any, else from its released hours,
views added up. Visitors are only ever passed on as they were released.
"""

from collections import Counter
from typing import Any

from quietclicks.pipeline.dashboard.windows import Day, ShownWindow
from quietclicks.pipeline.fields import BREAKDOWNS
from quietclicks.pipeline.fields.field import Breakdown
from quietclicks.schemas.trend import NONE, OTHER, Dimension, Stream

ROWS = 10
STREAM_LISTS = {None: tuple(BREAKDOWNS), Stream.OPTED_OUT: (Dimension.CHOICE,), Stream.BOTS: ()}


def of(
    days: dict[str, Day], wanted: str | None, latest: str, stream: Stream | None = None
) -> dict[str, Any]:
    """The days there are, newest first; the chosen one's totals, hours and lists.

    `latest` is the start of the latest hour released on any site: hours before it are closed.
    `stream` is what the days are of, if not of the site's own trends: it has fewer lists.
    """
    dates = sorted((date for date in days if _totals(days[date])), reverse=True)
    date = wanted if wanted in dates else next(iter(dates), None)
    chosen = days[date] if date is not None else None
    return {
        "days": [{"day": each, **_summary(days[each])} for each in dates],
        "day": {"day": date, **_summary(chosen)} if chosen else None,
        "hours": _hours(chosen, date, latest) if chosen and date else None,
        "lists": _lists(chosen, stream) if chosen else [],
    }


def _totals(day: Day) -> bool:
    return day.whole.total is not None or bool(_released(day))


def _released(day: Day) -> list[ShownWindow]:
    return [window for _, window in sorted((day.hours or {}).items()) if window.total]


def _summary(day: Day) -> dict[str, Any]:
    """`closed`: the day's total is released; else the views are those of the hours so far."""
    total, hours = day.whole.total, _released(day)
    return {
        "closed": total is not None,
        "views": total.views if total else sum(hour.total.views for hour in hours if hour.total),
        "visitors": total.visitors if total else None,
        "hours_released": None if day.hours is None else len(hours),
        "hours_views": sum(hour.total.views for hour in hours if hour.total),
    }


def _hours(day: Day, date: str, latest: str) -> list[dict[str, Any]] | None:
    """24 hours; `state` is `released`, `nothing` (closed without a number) or `open`."""
    if day.hours is None:
        return None
    hours = []
    for number in range(24):
        start = f"{date}T{number:02}:00:00Z"
        window = day.hours.get(number)
        total = window.total if window else None
        closed = day.whole.total is not None or start < latest
        hours.append(
            {
                "start": start,
                "state": "released" if total else "nothing" if closed else "open",
                "views": total.views if total else None,
                "visitors": total.visitors if total else None,
            }
        )
    return hours


def _lists(day: Day, stream: Stream | None) -> list[dict[str, Any]]:
    """A policy may have choices switched off: then nobody need read that they are missing."""
    lists = [_list(day, dimension) for dimension in STREAM_LISTS[stream]]
    return [each for each in lists if each["dimension"] != Dimension.CHOICE or each["from"]]


def _list(day: Day, dimension: Dimension) -> dict[str, Any]:
    """The top of one dimension, what the page calls it, and where the rest is.

    `from` is `day`, `hours` or null (nothing released); `views` is what the shares are of. `more`
    are values with a name of their own that are not listed.
    """
    origin: str | None
    if day.whole.total and day.whole.values.get(dimension):
        origin, hours, views = "day", 0, day.whole.total.views
        counts, at_least = _of_day(day.whole, dimension)
        visitors = {value: held.visitors for value, held in day.whole.values[dimension].items()}
    else:
        windows = [window for window in _released(day) if window.values.get(dimension)]
        origin, hours, visitors = "hours" if windows else None, len(windows), {}
        views = sum(window.total.views for window in windows if window.total)
        counts, at_least = _of_hours(windows, dimension)
    named = sorted((-count, value) for value, count in counts.items() if value not in (NONE, OTHER))
    listed = named[:ROWS]
    other, none = counts.get(OTHER), counts.get(NONE)
    more = views - (other or 0) - (none or 0) + sum(count for count, _ in listed)
    return {
        "dimension": dimension.value,
        "words": _words(BREAKDOWNS[dimension]),
        "from": origin,
        "hours": hours,
        "views": views,
        "rows": [
            {
                "value": value,
                "views": -count,
                "share": _share(-count, views),
                "visitors": visitors.get(value),
                "at_least": value in at_least,
            }
            for count, value in listed
        ],
        "none": _part(none, views, at_least=NONE in at_least),
        "other": _part(other, views),
        "more": _part(max(more, 0) or None, views),
    }


def _words(breakdown: Breakdown) -> dict[str, str]:
    """As the field table has them."""
    return {
        "title": breakdown.title,
        "heading": breakdown.heading,
        "none": breakdown.none,
        "empty": breakdown.empty,
        "only_none": breakdown.only_none,
    }


def _of_day(window: ShownWindow, dimension: Dimension) -> tuple[Counter[str], set[str]]:
    values = window.values[dimension]
    counts = Counter({value: held.views for value, held in values.items()})
    return counts, {value for value, held in values.items() if not held.complete}


def _of_hours(windows: list[ShownWindow], dimension: Dimension) -> tuple[Counter[str], set[str]]:
    """Views added up. Where something is hidden, a value that is missing may be part of it."""
    counts: Counter[str] = Counter()
    told: Counter[str] = Counter()
    incomplete: set[str] = set()
    hiding = 0
    for window in windows:
        values = window.values[dimension]
        hides = OTHER in values or dimension in window.cut
        hiding += hides
        for value, held in values.items():
            counts[value] += held.views
            told[value] += hides
            if not held.complete:
                incomplete.add(value)
    return counts, incomplete | {value for value in counts if told[value] < hiding}


def _part(views: int | None, of_views: int, *, at_least: bool = False) -> dict[str, Any] | None:
    if views is None:
        return None
    return {"views": views, "share": _share(views, of_views), "at_least": at_least}


def _share(views: int, of_views: int) -> float:
    return round(views / of_views, 4) if of_views else 0.0
