"""Random site-days of every awkward size, and three ways to release them.

Used by the release's tests and by the table in docs/release.md. Seeded: the same seed gives the
same day everywhere.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.counting.cap import Cap
from quietclicks.pipeline.release import (
    ELIGIBLE_NONE,
    Cell,
    HourCells,
    Params,
    Released,
    close_day,
    close_hour,
)
from quietclicks.schemas.trend import (
    BOTH,
    DNT,
    GPC,
    NONE,
    OTHER,
    SEARCH_PAGES,
    Dimension,
    Trend,
    Window,
)

DAY = "2026-11-22T00:00:00Z"
FOUND_AT = ("/search", "/search", "/search", "/suche")  # the search pages
D = Dimension


def start_of(hour: int) -> str:
    """An hour of the day, as records have it."""
    return f"2026-11-22T{hour:02}:00:00Z"


def params_for(k: int = 10, **changes: object) -> Params:
    """The rules that the policy has by default, with another threshold, and choices by the hour."""
    rules: dict[str, object] = {
        "policy": "test",
        "k": k,
        "k_dim": {D.SEARCH: 2 * k},
        "day_only": frozenset({D.SEARCH}),
        "cap_hour": min(k, 10),
        "cap_day": 50,
        "implies": frozenset({D.SEARCH}),
    }
    return Params(**(rules | changes))  # type: ignore[arg-type]


def random_day(seed: int, visitors: int | None = None, hours: int | None = None) -> list[Event]:
    """A day as it came in, before the cap: tiny to middling, of few or many hours and values."""
    dice = random.Random(seed)
    visitors = visitors or dice.choice((15, 25, 40, 60, 100, 160, 300, 500))
    hours = hours or dice.choice((3, 5, 8, 12, 24))
    busy = [dice.paretovariate(1) for _ in range(hours)]
    page = _zipf(dice, "/p", dice.choice((3, 10, 40, 200)))
    site = _zipf(dice, "site ", dice.choice((2, 8, 30)))
    term = _zipf(dice, "term ", dice.choice((2, 10)))
    browser = _zipf(dice, "browser ", dice.choice((2, 6, 14)))
    country = _zipf(dice, "", dice.choice((2, 5, 12)))
    searching = dice.choice((0.02, 0.2, 0.5))
    events = []
    for _ in range(visitors):
        who = dice.getrandbits(64)
        own = {D.BROWSER: browser(), D.COUNTRY: country()}
        # Of the number drawn already: one in eight sends a header, a few of them both.
        own[D.CHOICE] = {0: DNT, 1: DNT, 2: GPC, 3: BOTH}.get(who % 32, NONE)
        own[D.LANGUAGE] = own[D.COUNTRY] if dice.random() < 0.8 else country()
        first = dice.choices(range(hours), busy)[0]
        for _ in range(min(int(dice.paretovariate(0.9)), 60)):
            hour = min(hours - 1, first + int(dice.expovariate(2)))
            values = own | {D.PAGE: page(), D.SOURCE: site() if dice.random() < 0.7 else NONE}
            values[D.SEARCH] = NONE
            if dice.random() < searching:
                values[D.PAGE] = FOUND_AT[who % len(FOUND_AT)]
                values[D.SEARCH] = term() if dice.random() < 0.8 else ELIGIBLE_NONE
            events.append(Event(start_of(hour), who, values))
    events.sort(key=lambda event: event.hour)
    return events


class _zipf:  # noqa: N801 - reads as the function that it is
    def __init__(self, dice: random.Random, prefix: str, size: int) -> None:
        self._dice = dice
        self._names = [f"{prefix}{i}" for i in range(size)]
        self._weights = list(accumulate(1 / (i + 1) ** 1.1 for i in range(size)))

    def __call__(self) -> str:
        return self._dice.choices(self._names, cum_weights=self._weights)[0]


def low_repeat_events(seed: int, hours: int) -> list[Event]:
    """A site whose visitors look once, and few of them again: what rounding alone gives away.

    At most 500 of them, so that samples hold them all.
    """
    dice = random.Random(seed)
    again = dice.choice((0.02, 0.05, 0.1))
    page = _zipf(dice, "/p", dice.choice((3, 5, 10)))
    site = _zipf(dice, "site ", dice.choice((3, 5)))
    browser = _zipf(dice, "browser ", dice.choice((2, 4)))
    country = _zipf(dice, "", dice.choice((2, 5)))
    events = []
    for _ in range(min(500, hours * dice.randint(15, 90))):
        who, hour = dice.getrandbits(64), dice.randrange(hours)
        own = {D.BROWSER: browser(), D.COUNTRY: country(), D.SOURCE: site()}
        for _ in range(1 + (dice.random() < again)):
            events.append(Event(start_of(hour), who, own | {D.PAGE: page()}))
    events.sort(key=lambda event: event.hour)
    return events


def counted(events: Iterable[Event], params: Params) -> list[Event]:
    """What the cap lets through, as trends count it."""
    return grouped(capped(events, params))


def grouped(events: Iterable[Event]) -> list[Event]:
    """With all search pages as one."""
    return [
        Event(event.hour, event.visitor, {**event.values, D.PAGE: SEARCH_PAGES})
        if event.values.get(D.SEARCH, NONE) != NONE
        else event
        for event in events
    ]


def capped(events: Iterable[Event], params: Params) -> list[Event]:
    """The events that the cap lets through."""
    rows = list(events)
    cap = Cap(params.cap_hour, params.cap_day)
    gone = cap.over_cap([int(row.hour[11:13]) for row in rows], [row.visitor for row in rows])
    return [row for at, row in enumerate(rows) if at not in gone]


def cells_of(events: Iterable[Event]) -> dict[int, HourCells]:
    """Counted events as the pipeline counts them."""
    hours: dict[int, dict[Dimension, dict[str, Cell]]] = {}
    for event in events:
        hour = hours.setdefault(int(event.hour[11:13]), {})
        for dimension, value in ((D.TOTAL, ""), *event.values.items()):
            cell = hour.setdefault(dimension, {}).setdefault(value, Cell())
            cell.views += 1
            cell.visitors.update((event.visitor,))
    return dict(hours)


def released(hours: Mapping[int, HourCells], params: Params) -> list[Trend]:
    """Our release of a whole day."""
    trends: list[Trend] = []
    remainders = {}
    for hour, cells in hours.items():
        records, remainders[hour] = close_hour(cells, params, start_of(hour))
        trends += (_trend("PT1H", start_of(hour), record) for record in records)
    trends += (_trend("P1D", DAY, record) for record in close_day(remainders, params, DAY))
    return trends


def published_values(events: Iterable[Event]) -> list[Event]:
    """The events with values as records have them: one (none)."""
    return [
        Event(
            event.hour,
            event.visitor,
            {d: NONE if x == ELIGIBLE_NONE else x for d, x in event.values.items()},
        )
        for event in events
    ]


def released_naively(events: Sequence[Event], params: Params, other: bool) -> list[Trend]:
    """The threshold as the only rule, in both windows; or with (other) in each window by itself."""
    trends: list[Trend] = []
    everything = published_values(events)
    by_hour: dict[str, list[Event]] = {}
    for event in everything:
        by_hour.setdefault(event.hour, []).append(event)
    windows: list[tuple[Window, str, list[Event]]] = [
        ("PT1H", start, of) for start, of in by_hour.items()
    ]
    hourly: dict[tuple[Dimension, str], int] = {}
    for window, start, of in (*windows, ("P1D", DAY, everything)):
        if len({event.visitor for event in of}) < params.k:
            continue
        for dimension in (D.TOTAL, *of[0].values):
            if window == "PT1H" and dimension in params.day_only:
                continue
            views: dict[str, int] = {}
            who: dict[str, set[int]] = {}
            for event in of:
                value = event.values.get(dimension, "")
                views[value] = views.get(value, 0) + 1
                who.setdefault(value, set()).add(event.visitor)
            named = {x for x in views if len(who[x]) >= params.threshold(dimension, x)}
            rest = views.keys() - named
            if other and rest:
                if len(set().union(*(who[x] for x in rest))) < params.k:
                    rest.add(min(named, key=lambda x: (views[x], len(who[x]), x)))
                views[OTHER] = sum(views[x] for x in rest)
                named = named - rest | {OTHER}
                if window == "P1D":  # the hours tell their part of it anyway
                    views[OTHER] -= sum(hourly.get((dimension, x), 0) for x in rest)
            for x in sorted(named):
                trends.append(
                    Trend("s", window, start, dimension, x, views[x], params.k, True, "naive")
                )
                if window == "PT1H" and x != OTHER:
                    hourly[dimension, x] = hourly.get((dimension, x), 0) + views[x]
    return trends


def _trend(window: Window, start: str, record: Released) -> Trend:
    return Trend(
        "s",
        window,
        start,
        record.dimension,
        record.value,
        record.views,
        record.visitors,
        record.complete,
        "test",
    )
