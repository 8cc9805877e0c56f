"""What the live page shows: a bounded memory of the newest trends.

It is fed the records of `trends.*` and knows nothing else: no event, no visitor. It never adds
visitors up.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from quietclicks.pipeline.dashboard import snapshot as live_snapshot
from quietclicks.pipeline.dashboard.windows import Count, Day, ShownWindow
from quietclicks.schemas.trend import Dimension, Trend, TrendKey, stream_of

# Chosen: bounds on what a worker holds for the page, beside its work.
SITES = 20  # and as many streams of each kind
DAYS = 31  # totals of a month; older ones are left out
DAYS_WITH_HOURS = 3  # today, and the two days before it
VALUES = 200  # per window and dimension: twenty times what the page lists
MIN_VALUES = 10  # what the page lists
# Over all; when there are more, each window keeps fewer values. Some 80 MB at 190 bytes each, and
# enough for the fewest of every window that there may be: a test adds them up.
HELD = 420_000
MAX_VALUE_LENGTH = 1024  # characters; no value of ours is much longer than half of it
_START = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):00:00Z")


class _Site:
    """A site's days, by date, and the revision of the policy in its latest record."""

    __slots__ = ("days", "policy")

    def __init__(self) -> None:
        self.days: dict[str, Day] = {}
        self.policy = ""


class LiveTrends:
    """Feed it with `update`, in the order of the log; read it with `snapshot`."""

    def __init__(self) -> None:
        self._sites: dict[str, _Site] = {}
        self._latest = ""  # start of the latest hour seen, of whatever site
        self._values = VALUES
        self._held = 0
        self._trend = msgspec.json.Decoder(Trend)
        self._key = msgspec.json.Decoder(TrendKey)

    def update(self, key: bytes, value: bytes | None) -> None:
        """Take one record: a repeated key replaces, no value removes, no trend is ignored."""
        try:
            trend = self._key.decode(key) if value is None else self._trend.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        if stream_of(trend.site) and trend.dimension not in (Dimension.TOTAL, Dimension.CHOICE):
            return
        match = _START.fullmatch(trend.start)
        if not match or len(trend.site) > 253 or (isinstance(trend, Trend) and trend.views < 0):
            return
        hour = int(match[1]) if trend.window == "PT1H" else None
        window = self._window(trend.site, trend.start[:10], hour)
        if window is None:
            return
        if isinstance(trend, Trend):
            self._sites[trend.site].policy = trend.policy
            if hour is not None:
                self._latest = max(self._latest, trend.start)
            self._put(window, trend, Count(trend.views, trend.visitors, trend.complete))
        else:
            self._remove(window, trend)

    def snapshot(
        self,
        site: str | None = None,
        day: str | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What the page shows of a site's day, as JSON; see `live_snapshot`.

        Without a site (or with one that is not held) the first by name, without a day the newest.
        `meta` is passed through: what the page may say about the policy.
        """
        names = sorted(self._sites)
        chosen = site if site in self._sites else next(iter(names), None)
        held = self._sites[chosen] if chosen is not None else _Site()
        return {
            "sites": names,
            "site": chosen,
            "policy": held.policy or None,
            "meta": dict(meta or {}),
            **live_snapshot.of(held.days, day, self._latest, stream_of(chosen or "")),
        }

    def held(self) -> int:
        """How many values are in memory; at most `HELD`."""
        return self._held

    def _put(self, window: ShownWindow, trend: Trend, count: Count) -> None:
        if trend.dimension is Dimension.TOTAL:
            window.total = count
            return
        if len(trend.value) > MAX_VALUE_LENGTH:
            window.cut.add(trend.dimension)
            return
        values = window.values.setdefault(trend.dimension, {})
        self._held -= len(values)
        values[trend.value] = count
        if len(values) > 2 * self._values:
            window.keep_top(trend.dimension, self._values)
        self._held += len(window.values[trend.dimension])
        if self._held > HELD:
            self._keep_fewer()

    def _remove(self, window: ShownWindow, key: TrendKey) -> None:
        if key.dimension is Dimension.TOTAL:
            window.total = None
        elif window.values.get(key.dimension, {}).pop(key.value, None):
            self._held -= 1

    def _window(self, site: str, date: str, hour: int | None) -> ShownWindow | None:
        """The window a record belongs to, made when new; None if it is too old to be kept."""
        days = self._days(site, date)
        if days is None:
            return None
        day = days.get(date)
        if day is None:
            if len(days) >= DAYS:
                oldest = min(days)
                if date < oldest:
                    return None
                self._forget(days.pop(oldest))
            day = days[date] = Day()
            for older in sorted(days, reverse=True)[DAYS_WITH_HOURS:]:
                self._forget_hours(days[older])
        if hour is None:
            return day.whole
        return None if day.hours is None else day.hours.setdefault(hour, ShownWindow())

    def _days(self, site: str, date: str) -> dict[str, Day] | None:
        """The days of a site, made when new; None if there are enough sites that are newer."""
        if site not in self._sites:
            rivals = [name for name in self._sites if stream_of(name) is stream_of(site)]
            if len(rivals) >= SITES:
                stalest = min(rivals, key=lambda name: (max(self._sites[name].days), name))
                if date <= max(self._sites[stalest].days):
                    return None
                for day in self._sites.pop(stalest).days.values():
                    self._forget(day)
            self._sites[site] = _Site()
        return self._sites[site].days

    def _forget(self, day: Day) -> None:
        self._forget_hours(day)
        self._held -= day.whole.held()

    def _forget_hours(self, day: Day) -> None:
        self._held -= sum(window.held() for window in (day.hours or {}).values())
        day.hours = None

    def _keep_fewer(self) -> None:
        while self._held > HELD and self._values > MIN_VALUES:
            self._values = max(self._values // 2, MIN_VALUES)
            for window in self._windows():
                for dimension in window.values:
                    window.keep_top(dimension, self._values)
            self._held = sum(window.held() for window in self._windows())

    def _windows(self) -> Iterator[ShownWindow]:
        for site in self._sites.values():
            for day in site.days.values():
                yield day.whole
                yield from (day.hours or {}).values()
