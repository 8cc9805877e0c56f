"""How far a stream of pseudonymised events gives its visitors away to who reads it, without a key.

Everything here is what an insider can compute. With the truth it also says how often they would be
right. It holds counts, and no value of an event.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from quietclicks.pipeline.attack.differencing import SiteDay
from quietclicks.pipeline.attack.linking import Links, links_by_deeds, links_by_traits
from quietclicks.pipeline.attack.sightings import (
    Sighted,
    Sightings,
    Visitors,
    by_traits,
    with_traits,
)

CROWD = 10  # the policy's default k: fewer are called a small group


class Moments(Struct, frozen=True):
    """What the attacker saw happen: so many page views of a visitor, each to so many seconds."""

    views: int
    seconds: int


MOMENTS = (Moments(1, 1), Moments(1, 60), Moments(3, 60))


class Known(Struct, frozen=True):
    """How many visitors have events that nobody else's fit, if some moments are known."""

    moments: Moments
    alone: int  # by traits and moments
    alone_by_moments: int  # by moments alone


class Pairs(Struct, frozen=True):
    """Addresses with their browser, looked up by what their events would say.

    `present` have events in the stream: of them `found` match exactly their own pseudonym, and
    `mistaken` exactly another. `absent` have none (they refused, or made no choice): of them
    `accused` match exactly one pseudonym, which is somebody else's.
    """

    present: int
    found: int
    mistaken: int
    absent: int
    accused: int


class Linked(Struct, frozen=True):
    """Links with the next day. The last two are None where the truth is not known."""

    links: int
    right: int | None
    returned: int | None  # visitors who came on both days


class Report(Struct, frozen=True):
    """One site-day. `small` are in groups under `CROWD`, `alone` included."""

    site: str
    day: str
    visitors: int
    events: int
    alone: int
    small: int
    moments: tuple[Known, ...]
    pairs: Pairs | None  # with the truth only
    next_day: str | None
    by_traits: Linked | None
    by_deeds: Linked | None


class Truth(Struct):
    """Whose the pseudonyms are, and what the events of each address and browser would say.

    `owners`: pseudonym → person; `persons` has the persons in place of pseudonyms, whether or not
    they agreed to anything.
    """

    owners: defaultdict[SiteDay, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    persons: Sightings = field(default_factory=Sightings)

    def own(self, event: Mapping[str, Any], person: str) -> None:
        """An event that `Sightings` took is this person's."""
        where = SiteDay(str(event.get("site", "")), event["timestamp"][:10])
        self.owners[where][event["visitor"]] = person

    def __repr__(self) -> str:
        return "Truth(…)"


def measure(sightings: Sightings, truth: Truth | None = None) -> Iterator[Report]:
    """Every site-day, in order."""
    for where in sightings.in_order():
        visitors = sightings.days[where]
        index = by_traits(visitors)
        sizes = [min(len(index[each]) for each in sighted.traits) for sighted in visitors.values()]
        after = sightings.next_of(where)
        then = {} if after is None else sightings.days[after]
        owners = (
            None if truth is None or after is None else (truth.owners[where], truth.owners[after])
        )
        yield Report(
            site=where.site,
            day=where.day,
            visitors=len(visitors),
            events=sum(len(each.seconds) for each in visitors.values()),
            alone=sizes.count(1),
            small=sum(size < CROWD for size in sizes),
            moments=tuple(_known(visitors, index, moments) for moments in MOMENTS),
            pairs=None if truth is None else _pairs(truth, where, index),
            next_day=None if after is None else after.day,
            by_traits=_linked(links_by_traits(visitors, then), owners) if after else None,
            by_deeds=_linked(links_by_deeds(visitors, then), owners) if after else None,
        )


def _known(visitors: Visitors, index: Mapping[bytes, set[str]], moments: Moments) -> Known:
    there: defaultdict[int, set[str]] = defaultdict(set)
    for name, sighted in visitors.items():
        for second in sighted.seconds:
            there[second // moments.seconds].add(name)
    alone = alone_by_moments = 0
    for sighted in visitors.values():
        fit = set.intersection(*(there[moment] for moment in _seen(sighted, moments)))
        alone_by_moments += len(fit) == 1
        alone += len(fit & with_traits(index, sighted.traits)) == 1
    return Known(moments, alone, alone_by_moments)


def _seen(sighted: Sighted, moments: Moments) -> set[int]:
    """The moments that are known of a visitor: spread over the day, all if there are fewer."""
    times = sorted({second // moments.seconds for second in sighted.seconds})
    step = max(len(times) - 1, 0) / max(moments.views - 1, 1)
    return {times[round(number * step)] for number in range(moments.views)}


def _pairs(truth: Truth, where: SiteDay, index: Mapping[bytes, set[str]]) -> Pairs:
    owners = truth.owners[where]
    there = set(owners.values())
    present = found = mistaken = absent = accused = 0
    for person, sighted in truth.persons.days[where].items():
        fit = with_traits(index, sighted.traits)
        owner = owners[next(iter(fit))] if len(fit) == 1 else None
        if person in there:
            present += 1
            found += owner == person
            mistaken += owner not in (None, person)
        else:
            absent += 1
            accused += owner is not None
    return Pairs(present, found, mistaken, absent, accused)


def _linked(links: Links, owners: tuple[Mapping[str, str], Mapping[str, str]] | None) -> Linked:
    if owners is None:
        return Linked(len(links), None, None)
    first, second = owners
    right = sum(first[name] == second[other] for name, other in links.items())
    return Linked(len(links), right, len(set(first.values()) & set(second.values())))
