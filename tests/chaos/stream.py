"""An endless stream of raw records that knows what has to become of each.

Several websites, day after day, with ticks that close hours and days; among the page views are
repeated, late, broken and oversized ones. The same seed gives the same records. What a record has
to become is known from how it was made: none of the pipeline's code is asked.
"""

from collections import deque
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any, NamedTuple

import orjson

from quietclicks.agents.replay import partition_of
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY as DAY
from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR as HOUR
from quietclicks.pipeline.clock import precise_text
from quietclicks.pipeline.logs.events import tick
from quietclicks.schemas.rejection import Reason
from tests.chaos import broken
from tests.chaos.rules import SITES

FIRST_DAY = 19_780  # 2024-02-27: a leap day comes soon
HOURS = (7, 8, 9, 23)  # of a day
EVENTS = 700  # in an hour
OPEN_FOR = 60  # events of the next hour, before the tick that closes this one
LATENESS = 900_000  # ms, the policy's
REPEATED_WITHIN = 8_000  # records of the same partition; the pipeline looks 10,000 back
VISITORS = 45  # of a website in an hour
CANARY = "zq7canary"
"""Stands in every address that a page view names, and nowhere in what comes out."""

PSEUDONYMISED = "pseudonymised"
TICK = "tick"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.0 Safari/605.1.15"
)
PROGRAM = "curl/8.5.0"
AGREED = {"analytics": True, "partners": True}

WEIGHTS = {
    "agrees": 60,
    "agrees to all": 12,
    "repeats": 14,
    "is late": 3,
    "refuses": 3,
    "agrees to partners alone": 1,
    "does not say": 2,
    "objects": 4,
    "is a program": 3,
    "is no page": 3,
    "is broken": 5,
    "is oversized": 0.3,
    "is ahead": 1,
    "is elsewhere": 1,
    "is long": 0.5,
    "says more": 0.5,
}


class Truth(NamedTuple):
    """What has to become of a record: `pseudonymised`, `tick`, a reason; for which partners."""

    became: str
    partners: tuple[str, ...] = ()
    site: str = ""
    day: int = 0  # since 1970
    event_id: str = ""


class Item(NamedTuple):
    """A record to send. `moment` says what the workers do because of it: hour, day or key."""

    partition: int | None  # None: into every one
    value: bytes | None
    truth: Truth
    moment: str = ""


class _Original(NamedTuple):
    """An event that may be repeated."""

    offset: int
    at_ms: int
    fields: dict[str, Any]


class Stream:
    """Iterate as long as there is need, then send `last()`."""

    def __init__(self, seed: int, partitions: int) -> None:
        self._random = Random(f"stream {seed}")
        self._name = f"{seed:x}"
        self._numbers = count()
        self._partitions = partitions
        self._ends = [0] * partitions
        self._originals: list[deque[_Original]] = [deque() for _ in range(partitions)]
        self._start_ms = FIRST_DAY * DAY + HOURS[0] * HOUR
        self._tick_ms = self._start_ms + LATENESS

    def __iter__(self) -> Iterator[Item]:
        yield self._tick(self._start_ms)
        close_ms = None
        for day in count(FIRST_DAY):
            for hour in HOURS:
                self._start_ms = day * DAY + hour * HOUR
                for number in range(EVENTS):
                    if number == OPEN_FOR and close_ms is not None:
                        yield self._tick(close_ms)
                    first = number == 0 and hour == HOURS[0]
                    yield self._event("agrees", "key") if first else self._any()
                close_ms = (day + 1) * DAY if hour == HOURS[-1] else self._start_ms + HOUR

    def last(self) -> Item:
        """Closes the last day."""
        return self._tick((self._start_ms // DAY + 1) * DAY)

    def storm(self, ticks: int) -> Iterator[Item]:
        """Many that say no more than the last one did, or less."""
        for _ in range(ticks):
            at_ms = self._tick_ms - self._random.choice((0, 0, 1, 1000, HOUR, 3 * DAY))
            yield self._placed(None, tick(at_ms), Truth(TICK))

    @property
    def _closed_ms(self) -> int:
        """What is before this is late."""
        return (self._tick_ms - LATENESS) // HOUR * HOUR

    def _tick(self, end_ms: int) -> Item:
        self._tick_ms = end_ms + LATENESS
        moment = "hour" if end_ms % DAY else "day"
        return self._placed(None, tick(self._tick_ms), Truth(TICK))._replace(moment=moment)

    def _any(self) -> Item:
        [kind] = self._random.choices(list(WEIGHTS), list(WEIGHTS.values()))
        if kind == "repeats":
            return self._repeat() or self._event("agrees")
        if kind == "is broken":
            reason, value = broken.record(self._random, self._fields("agrees")[1])
            return self._placed(self._random.randrange(self._partitions), value, Truth(reason))
        if kind == "is oversized":
            reason, value = broken.oversized(self._random, self._fields("agrees")[1])
            return self._placed(self._random.randrange(self._partitions), value, Truth(reason))
        return self._event(kind)

    def _event(self, kind: str, moment: str = "") -> Item:
        at_ms, fields = self._fields(kind)
        value = orjson.dumps(fields)
        partition = partition_of(value, self._partitions)
        truth = self._truth(kind, at_ms, fields)
        if kind not in ("is late", "is ahead", "is elsewhere", "is no page"):
            originals = self._originals[partition]
            originals.append(_Original(self._ends[partition], at_ms, fields))
        return self._placed(partition, value, truth)._replace(moment=moment)

    def _fields(self, kind: str) -> tuple[int, dict[str, Any]]:
        random = self._random
        site = random.choice(SITES)
        visitor = random.randrange(VISITORS)
        page = random.choice(("", "about", "search", f"products/{random.randrange(30)}"))
        query = f"?session={CANARY}"
        if page == "search":
            query += f"&q={random.choice(('red shoes', 'tea', 'iphone 15'))}"
        at_ms = self._start_ms + random.randrange(HOUR)
        if random.random() < 0.1 and self._closed_ms < self._start_ms:
            at_ms = random.randrange(self._closed_ms, self._start_ms)
        fields: dict[str, Any] = {
            "event_id": f"{self._name}-{next(self._numbers)}",
            "site": site,
            "url": f"https://{site}/{page}{query}",
            "ip": f"198.51.100.{visitor + 1}",
            "user_agent": (FIREFOX, SAFARI)[visitor % 2],
            "accept_language": ("en-GB,en;q=0.9", "de")[visitor % 3 == 0],
            "consent": {"analytics": True},
        }
        match kind:
            case "agrees to all":
                fields["consent"] = AGREED
            case "is late":
                at_ms = self._closed_ms - 1 - random.randrange(30 * HOUR)
            case "refuses":
                fields["consent"] = {"analytics": False, "partners": False}
            case "agrees to partners alone":
                fields["consent"] = {"analytics": False, "partners": True}
            case "does not say":
                del fields["consent"]
            case "objects":
                fields["consent"] = AGREED
                fields[random.choice(("dnt", "gpc"))] = "1"
            case "is a program":
                fields["user_agent"] = PROGRAM
            case "is no page":
                fields["url"] = f"https://{site}/style.css{query}"
            case "is ahead":
                at_ms += 900 * 365 * DAY
            case "is elsewhere":
                fields["site"] = "elsewhere.example"
            case "is long":
                fields["url"] += "&more=" + "x" * random.randrange(2_000, 6_000)
            case "says more":
                fields["order"] = {"number": CANARY}
        fields["timestamp"] = precise_text(at_ms)
        return at_ms, fields

    def _truth(self, kind: str, at_ms: int, fields: dict[str, Any]) -> Truth:
        became = {
            "is late": Reason.LATE,
            "refuses": Reason.NO_CONSENT,
            "agrees to partners alone": Reason.NO_CONSENT,
            "does not say": Reason.NO_CONSENT,
            "objects": Reason.COUNTED_ONLY,
            "is a program": Reason.BOT,
            "is no page": Reason.NOT_A_PAGE,
            "is ahead": Reason.FROM_THE_FUTURE,
            "is elsewhere": Reason.UNKNOWN_SITE,
        }.get(kind)
        shared = kind in ("agrees to all", "agrees to partners alone")
        partners = (("adreach",) if fields["site"] == SITES[0] else ("reader",)) if shared else ()
        return Truth(
            became or PSEUDONYMISED, partners, fields["site"], at_ms // DAY, fields["event_id"]
        )

    def _repeat(self) -> Item | None:
        """Nearly always of something near, and now and then of something far."""
        partition = self._random.randrange(self._partitions)
        originals = self._originals[partition]
        while originals and self._ends[partition] - originals[0].offset > REPEATED_WITHIN:
            originals.popleft()
        if not originals:
            return None
        original = originals[-int(len(originals) ** self._random.random())]
        fields, is_late = original.fields, original.at_ms < self._closed_ms
        if is_late and self._random.random() < 0.7:
            fields = fields | {"timestamp": precise_text(self._start_ms)}
            is_late = self._start_ms < self._closed_ms
        reason = Reason.LATE if is_late else Reason.DUPLICATE
        return self._placed(partition, orjson.dumps(fields), Truth(reason))

    def _placed(self, partition: int | None, value: bytes | None, truth: Truth) -> Item:
        for number in range(self._partitions) if partition is None else [partition]:
            self._ends[number] += 1
        return Item(partition, value, truth)
