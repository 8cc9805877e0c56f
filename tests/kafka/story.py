"""Who is in the story of a thousand visitors, what they sent, and what must come of it.

The copy of the input is kept apart from the product: what is expected is worked out here, from
what was sent alone, and no function of the pipeline has a part in it.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zlib import crc32

from quietclicks.schemas.rights import Verb

SITE = "shop.example"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BROWSERS = (FIREFOX, FIREFOX.replace("140", "141"), FIREFOX.replace("140", "139"))
RAW_PARTITIONS = 2
VISITORS = 1000
EACH = 10  # people for each right
PAGES = ("/sale", "/hats")  # that everybody opens

DEAD = (int(time.time() * 1000) // DAY_MS - 9) * DAY_MS  # the day whose key is dead; ms since 1970
# Between them a day on which nobody comes: when the second one begins, the dead one is due.
FIRST, SECOND = DEAD + 2 * DAY_MS, DEAD + 3 * DAY_MS


def _text(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Person(NamedTuple):
    """Somebody with an address and a browser; their name is in the pages that they alone open."""

    name: str
    address: str
    browser: str
    language: str = "de"

    @property
    def partition(self) -> int:
        """Of the raw topic, as a collector would choose it."""
        return crc32(f"{self.address}{self.browser}".encode()) % RAW_PARTITIONS


class Visit(NamedTuple):
    """A page that somebody opened."""

    person: Person
    at_ms: int
    page: str

    @property
    def day(self) -> str:
        """UTC."""
        return _text(self.at_ms)[:10]

    def raw(self, number: int) -> tuple[int, bytes, bytes]:
        """Partition, key and value."""
        value = {
            "event_id": f"{self.person.name}-{number}",
            "site": SITE,
            "timestamp": _text(self.at_ms),
            "url": self.page,
            "ip": self.person.address,
            "user_agent": self.person.browser,
            "accept_language": self.person.language,
            "consent": {"analytics": True, "partners": True},
        }
        return self.person.partition, self.person.address.encode(), json.dumps(value).encode()


def person(number: int, prefix: str = "guest") -> Person:
    """One of 62,500, each with an address of their own."""
    high, low = divmod(number, 250)
    # No vowels: a path rule hides first names.
    name = f"{number:04}".translate(str.maketrans("0123456789", "bcdfghjklm"))
    return Person(f"{prefix}-{name}", f"198.51.{high}.{low + 1}", BROWSERS[number % 3])


def ten(right: str, first: int) -> list[Person]:
    """The ten who use one right; the first two are behind one address."""
    people = [person(first + number, right) for number in range(EACH)]
    neighbour = people[1]._replace(address=people[0].address)
    people[1] = neighbour._replace(browser=BROWSERS[(first + 1) % 3])
    return people


def visits(people: Iterable[Person], at_ms: int, pages: Sequence[str]) -> list[Visit]:
    """Each opens these pages, one a minute, beside one of their own."""
    return [
        Visit(each, at_ms + minute * 60_000, page)
        for each in people
        for minute, page in enumerate([f"/{each.name}/start", *pages])
    ]


# Who they are

DEAD_DAY, *_living = (_text(each)[:10] for each in (DEAD, FIRST, SECOND))
DAYS = tuple(_living)
VERBS: tuple[Verb, ...] = (
    *("access", "portability", "rectify"),
    *("erase", "restrict", "object", "lift"),
)
RIGHTS: tuple[str, ...] = (*VERBS, "refuse")
ROLES = {right: ten(right, number * 10) for number, right in enumerate(RIGHTS)}
OTHERS = [person(number) for number in range(len(RIGHTS) * 10, VISITORS)]
PEOPLE = [*(each for people in ROLES.values() for each in people), *OTHERS]


def late(right: str) -> list[Person]:
    """Those of ten whose day's key is dead: they were there on that day alone."""
    return ROLES[right][2:4]


def alive(right: str) -> list[Person]:
    """The others."""
    return [each for each in ROLES[right] if each not in late(right)]


LATE = [each for right in RIGHTS for each in late(right)]
ALIVE = [each for each in PEOPLE if each not in LATE]
ERASED = alive("erase")


# What is expected


def told(events: Iterable[bytes]) -> Counter[tuple[str, str, str | None]]:
    """What events for analysts or partners say of a visit: time, page, and the language if any."""
    found: Counter[tuple[str, str, str | None]] = Counter()
    for each in events:
        event: dict[str, Any] = json.loads(each)
        found[event["timestamp"], event["page"], event.get("language")] += 1
    return found


def expected(
    sent: Iterable[Visit], *, has_language: bool = True
) -> Counter[tuple[str, str, str | None]]:
    """The same, of what was sent."""
    return Counter(
        (_text(each.at_ms), each.page, each.person.language if has_language else None)
        for each in sent
    )


def views(sent: Iterable[Visit]) -> Counter[str]:
    """The pages opened in each hour, by all together."""
    return Counter(_text(each.at_ms)[:13] for each in sent)
