"""What the events of a day say of each visitor, for an insider who wants to find one.

It takes whatever fields the events have, and needs no key: a pseudonym is only what holds a
visitor's events of a day together.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from quietclicks.pipeline.attack.differencing import SiteDay

MOMENTARY = frozenset({"id", "timestamp", "visitor", "page", "source", "search"})
"""What changes from one page view to the next. Every other field, also one that is added later, is
taken for a trait: it says the same of a visitor in all events of the day."""

TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)Z", re.ASCII)

_encode = msgspec.json.Encoder(order="deterministic").encode


class Sighted(Struct):
    """One pseudonym on its day.

    `traits` has an element for each combination that occurred: more than one where two people
    share an address and browser. `seconds` are of the day; `deeds` what was done: pages,
    searches, places come from, hours of the day.
    """

    traits: set[bytes] = field(default_factory=set)
    seconds: list[int] = field(default_factory=list)
    deeds: set[str] = field(default_factory=set)

    def __repr__(self) -> str:
        return "Sighted(…)"


Visitors = Mapping[str, Sighted]


class Sightings:
    """Visitors by site and day. `traits` are the names of the fields that were taken for such."""

    def __init__(self) -> None:
        self.days: defaultdict[SiteDay, dict[str, Sighted]] = defaultdict(dict)
        self.traits: set[str] = set()
        self._same: dict[bytes, bytes] = {}  # equal traits are one object

    def add(self, event: Mapping[str, Any]) -> None:
        """One event. Raises `ValueError` where it does not say whose it is, or when it was."""
        visitor, time = event.get("visitor"), TIMESTAMP.fullmatch(str(event.get("timestamp")))
        if not isinstance(visitor, str) or time is None:
            raise ValueError("an event has a visitor and a timestamp")
        day, hour, minute, second = time.groups()
        where = SiteDay(str(event.get("site", "")), day)
        sighted = self.days[where].setdefault(visitor, Sighted())
        said = {name: value for name, value in event.items() if name not in MOMENTARY}
        said.pop("site", None)
        traits = _encode(said)
        if traits not in self._same:
            self.traits.update(_names(said))
        sighted.traits.add(self._same.setdefault(traits, traits))
        sighted.seconds.append(int(hour) * 3600 + int(minute) * 60 + int(second))
        sighted.deeds.update(_deeds(event), [f"hour {hour}"])

    def in_order(self) -> list[SiteDay]:
        """By site, then by day."""
        return sorted(self.days)

    def next_of(self, where: SiteDay) -> SiteDay | None:
        """The same site's next day that has events."""
        later = [each for each in self.days if each.site == where.site and each.day > where.day]
        return min(later, default=None)


def by_traits(visitors: Visitors) -> dict[bytes, set[str]]:
    """Traits → whose they are."""
    found: defaultdict[bytes, set[str]] = defaultdict(set)
    for name, sighted in visitors.items():
        for traits in sighted.traits:
            found[traits].add(name)
    return dict(found)


def with_traits(index: Mapping[bytes, Collection[str]], traits: Collection[bytes]) -> set[str]:
    """All who have one of these."""
    return {name for each in traits for name in index.get(each, ())}


def _names(said: Mapping[str, Any]) -> Iterator[str]:
    for name, value in said.items():
        if isinstance(value, Mapping):
            yield from (f"{name}.{part}" for part in value)
        else:
            yield name


def _deeds(event: Mapping[str, Any]) -> Iterator[str]:
    if page := event.get("page"):
        yield f"page {page}"
    if search := event.get("search"):
        yield f"search {search}"
    source = event.get("source")
    if isinstance(source, Mapping) and source.get("class") != "internal":
        yield f"source {source.get('class')} {source.get('host')}"
