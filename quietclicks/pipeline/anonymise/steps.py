"""The way of an event, from raw to anonymised, as an ordered list of steps.

`SiteAnonymiser.anonymise` is that list; each step is made for all events at a time. None keeps,
logs or raises a raw value; what leaves is only what `Anonymised` and `Counted` name. It never
touches Kafka, files or the clock.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress, repeat
from operator import not_

import msgspec

from quietclicks.pipeline.anonymise.lookups import Labelled, Lookups
from quietclicks.pipeline.anonymise.outcomes import Outcomes
from quietclicks.pipeline.anonymise.visitor import Uses, Visitor, Visitors
from quietclicks.pipeline.cache import Cache
from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR
from quietclicks.pipeline.columns import Columns
from quietclicks.pipeline.consent.rules import Decision
from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.fields.page import Page
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.pseudonyms.pseudonym import (
    BOT,
    EVENT_ID,
    EVENTS,
    OPTED_OUT,
    TREND,
    Pseudonymiser,
    delimited_part,
    partner,
    partner_event_id,
)
from quietclicks.pipeline.release import ELIGIBLE_NONE
from quietclicks.pipeline.scrub import Scrubber
from quietclicks.schemas.anonymised import Anonymised
from quietclicks.schemas.raw import RawEvent
from quietclicks.schemas.rejection import Reason
from quietclicks.schemas.trend import NONE, Stream, stream_name

CACHED_VALUES = 30_000  # per cache
CACHED_DAYS = 100

_pack = msgspec.msgpack.Encoder().encode


class Anonymiser:
    """The way of the events of every site. A worker's partitions share one, for its caches."""

    def __init__(
        self,
        policy: Policy,
        country: Callable[[bytes], str | None],
        keys: DayKeys,
        size: int = CACHED_VALUES,
    ) -> None:
        visitors = Visitors(policy, country, size)
        scrubber = Scrubber(policy.regions)
        self.sites = {
            site: SiteAnonymiser(
                site, policy, keys, Lookups(site, policy, visitors, scrubber, size)
            )
            for site in policy.sites
        }
        self._visitors = visitors
        # For long records: they are rare, and nothing of them is remembered.
        self.forgetful = Anonymiser(policy, country, keys, 1) if size > 1 else self

    def forget(self) -> None:
        """Drop every raw value held in memory: where few come, a cache would keep them for ever."""
        self._visitors.forget()
        for site in self.sites.values():
            site.forget()
        if self.forgetful is not self:
            self.forgetful.forget()


class _Group(Columns):
    """Events on their way: columns, filled in step by step."""

    places: Sequence[int]
    events: Sequence[RawEvent]
    times: Sequence[int]
    pages: Sequence[Page]
    queries: Sequence[str]  # as they were sent
    visitors: Sequence[Visitor] = ()
    decisions: Sequence[Decision] = ()
    names: Sequence[str] = ()  # of pages, with what is kept of the query
    referrers: Sequence[Labelled] = ()
    searches: Sequence[str | None] = ()


class SiteAnonymiser:
    """All that is decided about the events of one site."""

    def __init__(self, site: str, policy: Policy, keys: DayKeys, lookups: Lookups) -> None:
        def uses(day: int) -> Uses:
            of = keys.of(day).pseudonyms
            partners = {
                name: (of(partner_event_id(name), site), of(partner(name), site))
                for name in policy.partners
            }
            streams = {Stream.OPTED_OUT: of(OPTED_OUT, site), Stream.BOTS: of(BOT, site)}
            return Uses(of(TREND, site), of(EVENTS, site), of(EVENT_ID, site), partners, streams)

        self.name = site
        self._streams = {stream: stream_name(site, stream) for stream in Stream}
        self._counts_bots = policy.purposes.trends.enabled
        self._look_up = lookups
        self._uses = Cache(uses, CACHED_DAYS)

    def anonymise(self, day: int, events: Sequence[RawEvent], times: Sequence[int]) -> Outcomes:
        """Due events of one day (since 1970), each at its time (ms) → what becomes of them.

        Raises `day_keys.KeyMissing` where the day's key is not at hand.
        """
        found = Outcomes()
        group = self._pages_alone(events, times, found)
        group.visitors = self._look_up.visitors(group.events)
        # The country is needed to decide.
        group.decisions = self._look_up.decisions(group.events, group.visitors)
        group = self._without_bots(group, day, found)
        group = self._allowed(group, day, found)
        if not group.places:
            return found
        # Only now is anything derived that tells one visitor of the site from another.
        uses = self._uses[day]
        for visitor in group.visitors:
            if visitor.uses is not uses:
                visitor.derive(uses)
        self._show(group)
        self._count(group, found)
        self._pass_on(group, uses, found)
        return found

    def forget(self) -> None:
        """Drop every raw value held in memory."""
        self._look_up.forget()
        self._uses.clear()

    # The steps

    def _pages_alone(
        self, events: Sequence[RawEvent], times: Sequence[int], found: Outcomes
    ) -> _Group:
        """Of what is no page nothing else is looked at."""
        urls = [event.url.partition("?") for event in events]
        pages = self._look_up.pages([base for base, _, _ in urls])
        queries = [query for _, _, query in urls]
        group = _Group(range(len(events)), events, times, pages, queries)
        found.rejected += [(at, page.reason) for at, page in enumerate(pages) if page.reason]
        return group.only(page.reason is None for page in pages) if found.rejected else group

    def _without_bots(self, group: _Group, day: int, found: Outcomes) -> _Group:
        """A bot is no visitor: it must not fill a threshold but in the stream of its own."""
        is_bot = [visitor.is_bot for visitor in group.visitors]
        if True not in is_bot:
            return group
        found.rejected += [(at, Reason.BOT) for at in compress(group.places, is_bot)]
        if self._counts_bots:
            self._count_apart(group, is_bot, day, Stream.BOTS, [], found)
        return group.only(map(not_, is_bot))

    def _allowed(self, group: _Group, day: int, found: Outcomes) -> _Group:
        """Those that may be used for anything. Who opted out is counted, in a stream apart."""
        opted_out = [each.opted_out for each in group.decisions]
        if True in opted_out:
            choices = [each.choice for each in group.decisions]
            self._count_apart(group, opted_out, day, Stream.OPTED_OUT, [choices], found)
        may = [each.anything for each in group.decisions]
        if False not in may:
            return group
        found.rejected += [(at, Reason.NO_CONSENT) for at in compress(group.places, map(not_, may))]
        return group.only(may)

    def _count_apart(
        self,
        group: _Group,
        wanted: Sequence[bool],
        day: int,
        stream: Stream,
        values: list[list[str]],
        found: Outcomes,
    ) -> None:
        """By numbers that the trends' samples do not know."""
        visitors = list(compress(group.visitors, wanted))
        uses = self._uses[day]
        for visitor in visitors:
            if visitor.uses_apart is not uses:
                visitor.derive_apart(uses, stream)
        found.counted[self._streams[stream]] = Counted(
            _hours(list(compress(group.times, wanted))),
            [visitor.apart for visitor in visitors],
            [list(compress(column, wanted)) for column in values],
        )

    def _show(self, group: _Group) -> None:
        """What of an event may be shown, or counted under."""
        queries = self._look_up.queries(group.queries)
        group.names = [
            f"{page.path}?{query.kept}" if query.kept else page.path
            for page, query in zip(group.pages, queries, strict=True)
        ]
        group.referrers = self._look_up.referrers([event.referrer for event in group.events])
        typed = zip(group.events, queries, strict=True)
        group.searches = self._look_up.searches(
            [event.search_terms or query.search for event, query in typed]
        )

    def _count(self, group: _Group, found: Outcomes) -> None:
        """As `cells.DIMENSIONS` has them in order."""
        visitors = group.visitors
        values = [
            [each.choice for each in group.decisions],
            list(group.names),
            [label for _, label in group.referrers],
            [
                # A term counts only on the site's search pages: the declared implication.
                (search or ELIGIBLE_NONE) if page.is_search else NONE
                for page, search in zip(group.pages, group.searches, strict=True)
            ],
            [visitor.browser for visitor in visitors],
            [visitor.language or NONE for visitor in visitors],
            [visitor.place.country or NONE for visitor in visitors],
        ]
        counted = Counted(_hours(group.times), [visitor.number for visitor in visitors], values)
        may = [each.trends for each in group.decisions]
        if False in may:
            counted = counted.only(may)
        if counted:
            found.counted[self.name] = counted

    def _pass_on(self, group: _Group, uses: Uses, found: Outcomes) -> None:
        """To analysts; and to partners under names that match nobody else's."""
        for party, (ids, pseudonyms) in uses.partners.items():
            may = [party in each.partners for each in group.decisions]
            if True in may:
                theirs = group.only(may)
                names = pseudonyms.texts([visitor.identity for visitor in theirs.visitors])
                found.partners[party] = theirs.places, self._anonymised(theirs, ids, names)
        may = [each.events for each in group.decisions]
        if False in may:
            found.rejected += [
                (at, Reason.COUNTED_ONLY if each.trends else Reason.NO_CONSENT)
                for at, each in zip(group.places, group.decisions, strict=True)
                if not each.events
            ]
            if self.name in found.counted:
                # Nothing else encodes these before their cells are written.
                _pack(found.counted[self.name].values)
            group = group.only(may)
        names = [visitor.pseudonym for visitor in group.visitors]
        found.passed_on = group.places, self._anonymised(group, uses.event_id, names)

    def _anonymised(
        self, group: _Group, ids: Pseudonymiser, names: Iterable[str]
    ) -> list[Anonymised]:
        """The fields in their order, a column each."""
        places = [visitor.place for visitor in group.visitors]
        clients = [visitor.client for visitor in group.visitors]
        return list(
            map(
                Anonymised,
                ids.texts([delimited_part(event.event_id.encode()) for event in group.events]),
                repeat(self.name),
                self._look_up.seconds(group.times),
                names,
                [place.network for place in places],
                [place.country for place in places],
                group.names,
                [referrer for referrer, _ in group.referrers],
                group.searches,
                [client.browser for client in clients],
                [client.os for client in clients],
                [client.device for client in clients],
                [visitor.language for visitor in group.visitors],
            )
        )


def _hours(times: Sequence[int]) -> list[int]:
    first = min(times) // MILLISECONDS_PER_HOUR
    if max(times) // MILLISECONDS_PER_HOUR == first:
        return [first] * len(times)
    return [at_ms // MILLISECONDS_PER_HOUR for at_ms in times]
