"""A site's totals over a span: which days are told, and the series by hour, day or month.

An hour or day without a number had too few visitors, or is not over: it is never given as zero.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from quietclicks.pipeline.clock import HOURS_PER_DAY, day_text, hour_text
from quietclicks.pipeline.dashboard.ask import MAX_DAYS_BY_HOUR, By, Span
from quietclicks.pipeline.dashboard.known import Total

Point = dict[str, Any]


class Times:
    """Totals of a span's days and hours; `latest` is the latest hour that is told of any site."""

    def __init__(self, site: str, span: Span, totals: Sequence[Total], latest: int) -> None:
        self.site = site
        self.span = span
        self._days = {each.hour // HOURS_PER_DAY: each for each in totals if each.is_day}
        self._hours = {each.hour: each for each in totals if not each.is_day}
        self._latest = latest
        with_hours = {hour // HOURS_PER_DAY for hour in self._hours}
        self.open_days = sorted(with_hours - self._days.keys())
        """Days of which only hours are told: not over, most often."""

    @property
    def views(self) -> int | None:
        """Of days, and of the hours of those that are open; None where nothing is told."""
        told = [*self._days.values()]
        told += [self._hours[hour] for day in self.open_days for hour in self._hours_of(day)]
        return sum(each.views for each in told) if told else None

    @property
    def days_told(self) -> int:
        """How many have a number of their own."""
        return len(self._days)

    def sums(self) -> dict[str, Any]:
        """`visitors` of one day only. `at_least`: some day is hidden, whole or in part."""
        one = self._days.get(self.span.first) if self.span.days == 1 else None
        told = all(day in self._days for day in self._all_days())
        return {
            "views": self.views or 0,
            "visitors": one.visitors if one else None,
            "days": self.span.days,
            "days_told": self.days_told,
            "hours_withheld": self._hours_withheld(),
            "at_least": not told or not all(each.complete for each in self._days.values()),
        }

    def _hours_withheld(self) -> int | None:
        """None where there are none by the hour, or too many to look at."""
        if not self._hours or self.span.days > MAX_DAYS_BY_HOUR:
            return None
        return sum(self._is_closed(hour) and hour not in self._hours for hour in self.span.hours)

    def day(self, day: int) -> Point:
        """Its point; `partial` where only hours of it are told."""
        start = f"{day_text(day)}T00:00:00Z"
        if total := self._days.get(day):
            return _point(start, total.views, total.visitors, "released")
        if hours := self._hours_of(day):
            return _point(start, sum(self._hours[hour].views for hour in hours), None, "partial")
        is_over = (day + 1) * HOURS_PER_DAY <= self._latest
        return _point(start, None, None, "nothing" if is_over else "open")

    def hour(self, hour: int) -> Point:
        """Its point."""
        if total := self._hours.get(hour):
            return _point(hour_text(hour), total.views, total.visitors, "released")
        state = "nothing" if self._is_closed(hour) else "open"
        return _point(hour_text(hour), None, None, state)

    def _is_closed(self, hour: int) -> bool:
        return hour < self._latest or hour // HOURS_PER_DAY in self._days

    def _hours_of(self, day: int) -> list[int]:
        first = day * HOURS_PER_DAY
        return [hour for hour in range(first, first + HOURS_PER_DAY) if hour in self._hours]

    def _all_days(self) -> range:
        return range(self.span.first, self.span.last + 1)

    def months(self) -> list[Point]:
        """Sums of the span's days; `partial` where days are missing, or outside of the span."""
        found: dict[str, list[Point]] = {}
        for day in self._all_days():
            found.setdefault(day_text(day)[:7], []).append(self.day(day))
        return [self._month(month, points) for month, points in found.items()]

    def _month(self, month: str, days: list[Point]) -> Point:
        views = [day["views"] for day in days if day["views"] is not None]
        states = {day["state"] for day in days}
        start = f"{month}-01T00:00:00Z"
        after = date.fromisoformat(days[-1]["start"][:10]) + timedelta(days=1)
        is_whole = days[0]["start"] == start and after.day == 1
        if not views:
            return _point(start, None, None, "open" if "open" in states else "nothing")
        is_told = is_whole and states == {"released"}
        return _point(start, sum(views), None, "released" if is_told else "partial")


def of(times: Times, by: By) -> list[Point]:
    """`start`, `views`, `visitors` and `state`, of each hour, day or month of the span."""
    if by == "hour":
        return [times.hour(hour) for hour in times.span.hours]
    if by == "month":
        return times.months()
    return [times.day(day) for day in range(times.span.first, times.span.last + 1)]


def _point(start: str, views: int | None, visitors: int | None, state: str) -> Point:
    return {"start": start, "views": views, "visitors": visitors, "state": state}
