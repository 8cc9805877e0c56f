"""A made-up website's published trends, and the dashboard's API over a store that holds them.

The site has weekdays, seasons, hours and days that are withheld, an `(other)` in most lists, a day
that is not over, visitors who opted out, and bots. The same seed makes the same records.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.web.dashboard import answering
from quietclicks.agents.web.guard import Hosts, guarded
from quietclicks.agents.web.server import Server, listen
from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.dashboard.records import Key, Numbers
from quietclicks.pipeline.policy import parse
from quietclicks.schemas.summary import DestroyedThrough, LastAudit, Summary
from quietclicks.schemas.trend import NONE, OTHER, SEARCH_PAGES, Stream, stream_name

SITE = "shop.example"
LAST = date(2026, 11, 27)  # the day that is not over
DAYS = 420  # all told, LAST included
DAYS_WITH_HOURS = 35
OPEN_HOURS = 15  # of the last day that are told
POLICY = 'revision = "2026-11-22"\nversion = 1\n[sites."shop.example"]\n'
SUMMARY = Summary(
    policy="2026-11-22",
    k=10,
    keys_destroyed=DestroyedThrough("2026-11-24", "2026-11-27T00:05:11Z"),
    last_audit=LastAudit("2026-11-26T03:00:00Z", "held", 21, 0, 2),
    next_audit="2026-12-03T03:00:00Z",
    checkpoint="shop.example/audit\n4711\nc2hvcC5leGFtcGxlIGF1ZGl0IGxvZyByb290IGhhc2g=\n",
)

K = 10
THRESHOLD = {"search": 20}
DAY_ONLY = ("search", "choice")
# By the hour: how many of a day's views, of a thousand.
HOURS = (4, 2, 1, 1, 1, 3, 9, 22, 38, 50, 58, 62, 66, 60, 56, 54, 56, 62, 74, 88, 92, 74, 44, 23)
WEEKDAYS = (1.0, 0.96, 0.94, 0.97, 1.05, 1.32, 1.4)
MONTHS = (0.8, 0.78, 0.86, 0.9, 0.95, 0.9, 0.84, 0.86, 0.98, 1.08, 1.45, 1.6)
SEARCHES = """red shoes|winter jacket|umbrella|gift card|raincoat|kids boots|scarf|size 44|returns|
linen shirt|tea cup|backpack|sale|opening hours|wool socks|green tea|delivery|blue shoes"""
VALUES = {
    "page": [
        *("/", SEARCH_PAGES, "/sale", "/about", "/delivery", "/cart", "/checkout", "/help"),
        *(f"/products/{number}" for number in range(1, 90)),
        *(f"/blog/{word}" for word in ("wool-or-cotton", "size-guide", "=cmd", "größe-messen")),
    ],
    "source": [
        *(NONE, "internal · shop.example", "search · google.com", "search · bing.com"),
        *("social · instagram.com", "campaign · newsletter", "search · duckduckgo.com"),
        *("ai · chatgpt.com", "site · blog.example", "campaign", "social · reddit.com"),
        *(f"site · friend-{number}.example" for number in range(1, 20)),
    ],
    "search": [NONE, *(each.strip() for each in SEARCHES.split("|"))],
    "browser": [
        *("Chrome · desktop", "Safari · mobile", "Chrome · mobile", "Firefox · desktop"),
        *("Edge · desktop", "Safari · desktop", "Samsung Internet · mobile", "Opera · desktop"),
    ],
    "language": ["de", "en", "fr", "nl", "pl", "ar", "tr", "es"],
    "country": ["DE", "AT", "CH", "GB", "FR", "NL", "PL", "EG", "US"],
    "choice": [NONE, "GPC", "DNT", "DNT · GPC"],
}
Entries = dict[Key, Numbers | None]


def weights(values: Sequence[str]) -> list[float]:
    """Zipf's: what is first is seen most. `(none)` is most of all."""
    return [8.0 if value == NONE else 1 / (place + 1) for place, value in enumerate(values)]


class MadeUp:
    """Makes the entries; each is put under its key once."""

    def __init__(self, seed: int, views: int) -> None:
        self._random = Random(seed)
        self._views = views  # of an average day
        self.entries: Entries = {}

    def make(self, last: date, days: int) -> None:
        for back in range(days - 1, -1, -1):
            day = last - timedelta(days=back)
            busy = WEEKDAYS[day.weekday()] * MONTHS[day.month - 1] * (1 - back / days / 2)
            views = self._views * busy * self._random.uniform(0.85, 1.15)
            first = (day - date(1970, 1, 1)).days * HOURS_PER_DAY
            if back % 97 == 60:  # the server was down: too few came
                continue
            told = back < DAYS_WITH_HOURS
            hours = range(OPEN_HOURS if back == 0 else HOURS_PER_DAY) if told else ()
            released = [self._hour(first + each, views * HOURS[each] / 1000) for each in hours]
            if back:
                self._day(first, max(int(views), sum(released)))
                self._streams(first, views)

    def _hour(self, hour: int, mean: float) -> int:
        views = int(mean * self._random.uniform(0.8, 1.2))
        if views < 3 * K:  # too few visitors: the hour is withheld
            return 0
        self._put(SITE, hour, views, False)
        for dimension in VALUES:
            if dimension not in DAY_ONLY:
                self._list(hour, dimension, views, False)
        return views

    def _day(self, first: int, views: int) -> None:
        self._put(SITE, first, views, True)
        for dimension in VALUES:
            self._list(first, dimension, views, True)

    def _streams(self, first: int, views: float) -> None:
        for stream, part in ((Stream.OPTED_OUT, 0.11), (Stream.BOTS, 0.07)):
            site, count = stream_name(SITE, stream), int(views * part)
            if count < 3 * K:
                continue
            self._put(site, first, count, True)
            if stream is Stream.OPTED_OUT:
                refused = count * 7 // 10
                self._value(site, first, True, "choice", "refused", refused, True)
                self._value(site, first, True, "choice", "GPC", count - refused, True)

    def _list(self, hour: int, dimension: str, views: int, is_day: bool) -> None:
        values = VALUES[dimension]
        drawn = [weight * self._random.uniform(0.5, 1.5) for weight in weights(values)]
        left, hidden = views, 0
        counts = [int(views * weight / sum(drawn)) for weight in drawn]
        counts[0] += views - sum(counts)
        for value, count in zip(values, counts, strict=True):
            needed = 2.2 * THRESHOLD.get(dimension, K)
            left -= count
            if count < needed:
                hidden += count
                continue
            is_complete = self._random.random() < 0.8
            kept = count if is_complete else count - min(count // 10, 9)
            hidden += count - kept
            self._value(SITE, hour, is_day, dimension, value, kept, is_complete)
        assert left == 0
        if hidden:
            self._value(SITE, hour, is_day, dimension, OTHER, hidden, True)

    def _put(self, site: str, hour: int, views: int, is_day: bool) -> None:
        self._value(site, hour, is_day, "total", "", views, True)

    def _value(
        self,
        site: str,
        hour: int,
        is_day: bool,
        dimension: str,
        value: str,
        views: int,
        complete: bool,
    ) -> None:
        visitors = max(K, round(views * 0.42 / K) * K)
        key = Key(site, is_day, hour, dimension, value)
        self.entries[key] = Numbers(views, min(visitors, views), complete)


def made_up(seed: int = 1, views: int = 4000, days: int = DAYS) -> Entries:
    """A site's history, its newest day `LAST`."""
    making = MadeUp(seed, views)
    making.make(LAST, days)
    return making.entries


def filled(folder: Path, entries: Entries | None = None) -> Store:
    """A store with the made-up history, or another."""
    store = Store(folder)
    store.apply(made_up() if entries is None else entries, {})
    return store


class Dashboard(NamedTuple):
    """The real server's address, the store behind it (feed it with `apply`), and what it is told.

    Of `summaries` the last is the newest. `reading` is true while it is not empty.
    """

    url: str
    store: Store
    summaries: list[Summary]
    reading: list[bool]


@contextlib.asynccontextmanager
async def serving(store: Store, embedding: Sequence[str] = ()) -> AsyncIterator[Dashboard]:
    """On a free port of this machine. `embedding`: whose pages may show it in a frame."""
    summaries, reading = [SUMMARY], list[bool]()
    with answering(
        store,
        parse(POLICY, "policy"),
        lambda: summaries[-1] if summaries else None,
        lambda: bool(reading),
        embedding=embedding,
    ) as answer:
        listening = listen("127.0.0.1", 0)
        server = Server(listening, guarded(answer, Hosts((), on_this_machine=True)))
        server.start()
        try:
            port = listening[0].getsockname()[1]
            yield Dashboard(f"http://127.0.0.1:{port}/", store, summaries, reading)
        finally:
            server.close()


@contextlib.contextmanager
def closing(store: Store) -> Iterator[Store]:
    """The same, closed at the end."""
    try:
        yield store
    finally:
        store.close()
