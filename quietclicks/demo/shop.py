"""A day of a shop that does not exist: raw events in the order in which a collector sends them.

The same seed, day and number of visitors give the same bytes. It brings its own ticks. Everything
that looks like a person's is made up, or set aside for examples.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple
from urllib.parse import quote, quote_plus

import orjson

from quietclicks.demo import hostile
from quietclicks.demo.catalogue import CARDS, EMAILS, EXTRA_EMAIL, IBANS, PHONES
from quietclicks.demo.sessions import View, crawl, session
from quietclicks.demo.visitors import Visitor, visitors

SITE = "shop.example"
VISITORS = 8_000  # about 65,000 events

_SECOND = 1000
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_TICK_EVERY = 5 * _MINUTE
_LAST_TICK = _DAY + 20 * _MINUTE  # beyond the policy's allowed lateness of 15 minutes
_HOSTILE_AT = (9.5 * _HOUR, 14.25 * _HOUR, 20.75 * _HOUR)
_REPEAT_EACH = 331

# Of 10,000 visits, how many start in each hour (UTC). At night too few come for an hour to be told.
_CURVE = (
    160, 70, 22, 4, 6, 60, 190, 380, 520, 600, 640, 650,
    640, 600, 590, 590, 610, 640, 690, 760, 780, 640, 400, 230,
)  # fmt: skip


class Record(NamedTuple):
    """`kind` is `event`, `delayed`, `late`, `repeated`, `tick` or a hostile kind's name.

    `key` is equal for the events of one visitor, and empty where there is none.
    """

    kind: str
    key: bytes
    value: bytes


def sample_day(seed: int, day: date, visitors: int = VISITORS) -> Iterator[bytes]:
    """The raw records of one day, in order of arrival."""
    return (record.value for record in sample_records(seed, day, visitors))


def newest_day(now: datetime, events_end: int) -> date:
    """The latest UTC day whose key may go at `now` (UTC), and could a day before it.

    `events_end`: how many seconds after a day's end that is. The day in between is for a clock that
    goes on from there.
    """
    return (now - 2 * timedelta(days=1) - timedelta(seconds=events_end)).date()


def sample_records(seed: int, day: date, visitors: int = VISITORS) -> Iterator[Record]:
    """The same records, each with its kind and its visitor's key."""
    random = _random(seed, day)
    cast = _cast(random, visitors)
    arrivals = sorted(_arrivals(random, cast, visitors), key=lambda arrival: arrival[0])
    clock = _Clock(day)
    unsent_hostile = [int(at) for at in _HOSTILE_AT]
    tick = 0
    repeat: Record | None = None
    for number, (at, kind, view) in enumerate(arrivals):
        while tick <= at:
            yield _tick(clock, tick)
            tick += _TICK_EVERY
        while unsent_hostile and unsent_hostile[0] <= at:
            now = clock.text(unsent_hostile.pop(0))
            for name, value in hostile.hostile(f"h{now[11:13]}", now):
                yield Record(name, b"", value)
        person = cast[view.visitor]
        record = Record(kind, person.key, _event(random, clock, view, person))
        yield record
        if number % _REPEAT_EACH == 0:
            repeat = record._replace(kind="repeated")
        elif number % _REPEAT_EACH == 7 and repeat is not None:
            yield repeat
    while tick <= _LAST_TICK:
        yield _tick(clock, tick)
        tick += _TICK_EVERY


def canaries(seed: int, day: date, visitors: int = VISITORS) -> frozenset[bytes]:
    """What must not be found in any place but `clickstream.raw`.

    Every full address, user agent, e-mail, phone, card and account number of the day, the typed
    ones also as they stand in a URL.
    """
    cast = _cast(_random(seed, day), visitors)
    typed = {*EMAILS, EXTRA_EMAIL, *PHONES, *CARDS, *IBANS}
    texts = {visitor.address for visitor in cast} | {hostile.ADDRESS, hostile.USER_AGENT}
    texts |= {visitor.user_agent for visitor in cast if visitor.user_agent}
    texts |= typed | {quote(text) for text in typed} | {quote_plus(text) for text in typed}
    return frozenset(text.encode() for text in texts)


class _Clock:
    """Milliseconds since the day's midnight → RFC 3339."""

    def __init__(self, day: date) -> None:
        self._days = [(day + timedelta(days=n)).isoformat() for n in range(2)]

    def text(self, at: int) -> str:
        days, rest = divmod(at, _DAY)
        minutes, milliseconds = divmod(rest, _MINUTE)
        return (
            f"{self._days[days]}T{minutes // 60:02}:{minutes % 60:02}"
            f":{milliseconds // 1000:02}.{milliseconds % 1000:03}Z"
        )


def _random(seed: int, day: date) -> Random:
    return Random(f"{seed} {day.isoformat()}")  # noqa: S311 - a sample, not a secret


def _cast(random: Random, count: int) -> list[Visitor]:
    """People first, then programs, one for sixty of them."""
    return [*visitors(random, count), *visitors(random, count // 60, bot=True)]


def _arrivals(random: Random, cast: list[Visitor], people: int) -> Iterator[tuple[int, str, View]]:
    """(when the collector sends it, kind, view), in no order."""
    for view in _views(random, cast):
        if view.at >= _DAY:  # at midnight everybody goes home
            continue
        draw = random.random()
        if draw < 0.001 and view.at < 17 * _HOUR:
            # A collector that was cut off: hours behind, so the event's hour is closed.
            yield view.at + random.randrange(150 * _MINUTE, 6 * _HOUR), "late", view
        elif draw < 0.005:
            # A slow one, within what the policy allows.
            yield view.at + random.randrange(_MINUTE, 12 * _MINUTE), "delayed", view
        else:
            yield view.at, "event", view


def _views(random: Random, cast: list[Visitor]) -> Iterator[View]:
    curve = list(accumulate(_CURVE))
    hours = range(24)
    for index, visitor in enumerate(cast):
        if visitor.bot:
            yield from crawl(random, index, random.randrange(_DAY), random.randrange(5, 80))
            continue
        while True:
            [hour] = random.choices(hours, cum_weights=curve)
            yield from session(random, index, hour * _HOUR + random.randrange(_HOUR))
            if random.random() < 0.75:  # one in four comes back the same day
                break


def _event(random: Random, clock: _Clock, view: View, visitor: Visitor) -> bytes:
    fields = {
        "event_id": f"{random.getrandbits(96):024x}",
        "site": SITE,
        "timestamp": clock.text(view.at),
        "url": view.url,
    }
    if view.referrer is not None:
        fields["referrer"] = view.referrer
    if view.terms is not None:
        fields["search_terms"] = view.terms
    return orjson.dumps(fields)[:-1] + visitor.tail


def _tick(clock: _Clock, at: int) -> Record:
    value = orjson.dumps({"type": "tick", "timestamp": clock.text(at)})
    return Record("tick", b"", value)
