"""Two days of the sample shop on which many visitors come twice, and what an insider makes of them.

The sample day of `quietclicks.demo` has new visitors every day, so that days are put together here
from its parts: the same addresses, browsers, languages, wishes and ways through the shop.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import Any

import orjson
from msgspec.structs import replace

from quietclicks.demo.sessions import View, session
from quietclicks.demo.shop import SITE
from quietclicks.demo.visitors import Visitor, visitors
from quietclicks.pipeline.attack.linkability import Report, Truth, measure
from quietclicks.pipeline.attack.sightings import Sightings
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, MILLISECONDS_PER_HOUR, precise_text
from quietclicks.pipeline.dry_run.traced import Traced, Tracer, agreed
from quietclicks.pipeline.logs.events import tick
from quietclicks.pipeline.policy import EventsPolicy, Policy, parse
from quietclicks.schemas.pseudonymised import LISTABLE
from tests.paths import ROOT
from tests.pipeline_tools import MIDNIGHT, day_key

RETURNING = 0.4  # of a day's visitors who come the next day, too
FAITHFUL = 0.5  # of these, who look at a thing of theirs again
SEED = 14

Event = dict[str, Any]
Project = Callable[[Event], Event]

WIDE = ("network", "os")  # fields that events do not have unless the policy lists them
# Of a visitor's language, the countries that a database would name, the likeliest first.
COUNTRIES = {"de": "DE DE DE AT CH", "en": "GB GB GB IE US", "fr": "FR FR BE", "nl": "NL NL BE"}


def policy() -> Policy:
    """The shipped one, with every field that an event can have."""
    shipped = parse((ROOT / "deploy" / "policy.toml").read_text("utf-8"), "policy.toml")
    return replace(shipped, events=EventsPolicy(LISTABLE))


def every_field(event: Event) -> Event:
    """As events were before the policy listed their fields."""
    return event


def without_network(event: Event) -> Event:
    """One step."""
    return {name: value for name, value in event.items() if name != "network"}


def default_fields(event: Event) -> Event:
    """What the default policy lists: no network, no system, no version of the browser."""
    kept = {name: value for name, value in event.items() if name not in WIDE}
    return {**kept, "browser": {"family": event["browser"]["family"]}}


def by_the_minute(event: Event) -> Event:
    """The default with timestamps cut to the minute."""
    return {**default_fields(event), "timestamp": f"{event['timestamp'][:17]}00Z"}


def raw_events(count: int, seed: int = SEED) -> list[bytes]:
    """`count` visitors a day, with the ticks that close both days."""
    random = Random(seed)
    people = list(visitors(random, round(count * (2 - RETURNING))))
    first, second = people[:count], people[-count:]
    hours = {visitor.key: random.triangular(1, 22, 15) for visitor in people}
    things = {
        visitor.key: list(session(random, 0, 0))[-1]
        for visitor in people
        if random.random() < FAITHFUL
    }
    values = [tick(MIDNIGHT)]
    for day, cast in enumerate((first, second)):
        start = MIDNIGHT + day * MILLISECONDS_PER_DAY
        arrivals = sorted(_day(random, cast, hours, things), key=lambda arrival: arrival[0])
        values += [
            _event(f"{day}-{number}", start + at, view, visitor)
            for number, (at, view, visitor) in enumerate(arrivals)
        ]
    return [*values, tick(MIDNIGHT + 2 * MILLISECONDS_PER_DAY + MILLISECONDS_PER_HOUR)]


def _day(
    random: Random,
    cast: Iterable[Visitor],
    hours: Mapping[bytes, float],
    things: Mapping[bytes, View],
) -> Iterator[tuple[int, View, Visitor]]:
    for number, visitor in enumerate(cast):
        # Who comes again comes within an hour of the time of the other day.
        start = int((hours[visitor.key] + random.uniform(-0.5, 0.5)) * MILLISECONDS_PER_HOUR)
        thing = things.get(visitor.key)
        if thing is not None:
            yield start, thing, visitor
        for view in session(random, number, start):
            if view.at < MILLISECONDS_PER_DAY:
                yield view.at, view, visitor


def _event(event_id: str, at_ms: int, view: View, visitor: Visitor) -> bytes:
    fields = {
        "event_id": event_id,
        "site": SITE,
        "timestamp": precise_text(at_ms),
        "url": view.url,
        "referrer": view.referrer,
        "search_terms": view.terms,
    }
    sent = {name: value for name, value in fields.items() if value is not None}
    return orjson.dumps(sent)[:-1] + visitor.tail


class World:
    """Two days as the pipeline passes them on, and what every visitor's would have been."""

    def __init__(self, values: list[bytes]) -> None:
        self.values = values
        self.events = list(_traced(values))
        self.persons = list(_traced([agreed(value) for value in values]))
        self._reports: dict[tuple[Project, bool], list[Report]] = {}

    def reports(self, project: Project, *, countries: bool = False) -> list[Report]:
        """What each day's events say, with so many fields; `countries` as a database knows them."""
        asked = project, countries
        if asked not in self._reports:
            self._reports[asked] = self._measured(project, countries=countries)
        return self._reports[asked]

    def _measured(self, project: Project, *, countries: bool) -> list[Report]:
        sightings, truth = Sightings(), Truth()
        for person, event in self.events:
            told = project(_located(person, event) if countries else event)
            sightings.add(told)
            truth.own(told, person)
        for person, event in self.persons:
            told = project(_located(person, event) if countries else event)
            truth.persons.add({**told, "visitor": person})
        return list(measure(sightings, truth))


def _located(person: str, event: Event) -> Event:
    likely = COUNTRIES.get(event["language"] or "", "GB DE US").split()
    return {**event, "country": likely[int(person[:8], 16) % len(likely)]}


def _traced(values: list[bytes]) -> Iterator[Traced]:
    appended = MIDNIGHT + 2 * MILLISECONDS_PER_DAY + 2 * MILLISECONDS_PER_HOUR
    return Tracer(policy(), lambda packed: None, day_key).run((value, appended) for value in values)
