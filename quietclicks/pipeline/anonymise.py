"""The way of an event, from raw to anonymised, as an ordered list of steps.

`SiteAnonymiser.anonymise` is that list; the look-ups before its loop are made for all events at a
time. None keeps, logs or raises a raw value; what leaves is only what `Anonymised` and `Counted`
name. It never touches Kafka, files or the clock.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec import structs

from quietclicks.pipeline.cache import Cache
from quietclicks.pipeline.clock import HOURS_PER_DAY, MILLISECONDS_PER_HOUR, text
from quietclicks.pipeline.consent import ConsentRules, Decision
from quietclicks.pipeline.day_keys import DayKeys
from quietclicks.pipeline.outcomes import Outcomes
from quietclicks.pipeline.page import (
    CACHED_PIECES,
    Page,
    PageRules,
    Query,
    page_of,
    query_of,
    relevant,
)
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonym import (
    BOT,
    EVENT_ID,
    EVENTS,
    OPTED_OUT,
    TREND,
    delimited_part,
    partner,
    partner_event_id,
)
from quietclicks.pipeline.referrer import is_told_by_path, origin_of, referrer_of
from quietclicks.pipeline.rejected import Rejected
from quietclicks.pipeline.release import ELIGIBLE_NONE
from quietclicks.pipeline.scrub import Scrubber
from quietclicks.pipeline.search import search_term
from quietclicks.pipeline.visitor import Uses, Visitor, Visitors
from quietclicks.schemas.anonymised import Anonymised, Referrer
from quietclicks.schemas.raw import Consent, RawEvent
from quietclicks.schemas.rejection import Reason
from quietclicks.schemas.trend import NONE, Stream, stream_name

_Signals = tuple[str | None, str | None, Consent | None, str | None, str | None]
"""DNT, Sec-GPC, consent, consent string, country."""

CACHED_VALUES = 30_000  # per cache

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
            site: SiteAnonymiser(site, policy, keys, visitors, scrubber, size)
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


class SiteAnonymiser:
    """All that is decided about one event of one site."""

    def __init__(
        self,
        site: str,
        policy: Policy,
        keys: DayKeys,
        visitors: Visitors,
        scrubber: Scrubber,
        size: int,
    ) -> None:
        rules = PageRules(site, policy.sites[site], scrubber.scrub, min(size, CACHED_PIECES))
        consent = ConsentRules(policy)

        def uses(day: int) -> Uses:
            of = keys.of(day).pseudonyms
            partners = {
                name: (of(partner_event_id(name), site), of(partner(name), site))
                for name in policy.partners
            }
            streams = {Stream.OPTED_OUT: of(OPTED_OUT, site), Stream.BOTS: of(BOT, site)}
            return Uses(of(TREND, site), of(EVENTS, site), of(EVENT_ID, site), partners, streams)

        def page(base: str) -> Page:
            return page_of(base, rules)

        def query(wanted: str) -> Query:
            return query_of(wanted, rules)

        def origin(sent: str | None) -> tuple[Referrer, str] | None:
            return None if sent and is_told_by_path(sent) else referrer(sent)

        def referrer(sent: str | None) -> tuple[Referrer, str]:
            return _labelled(referrer_of(sent, site))

        def decision(key: _Signals) -> Decision:
            return consent.decide(*key, site)

        # Every cache is bounded; what is personal in a key lives only in memory, as in the
        # consumer's own buffer, until the cache is full or the day has ended.
        self.name = site
        self._streams = {stream: stream_name(site, stream) for stream in Stream}
        self._counts = policy.purposes.trends.enabled
        self._rules = rules
        self._visitors = Cache(visitors.visitor, size)
        self._uses = Cache(uses, size)
        self._pages = Cache(page, size)
        self._queries = Cache(query, size)
        self._decisions = Cache(decision, size)
        self._origins = Cache(origin, size)
        self._referrers = Cache(referrer, size)
        self._searches = Cache[str, str | None](lambda typed: search_term(typed, scrubber), size)
        self._seconds = Cache[int, str](lambda second: text(second * 1000), size)

    def anonymise(self, events: Sequence[RawEvent], times: Sequence[int]) -> Outcomes:
        """Events that are due, each at its own time (ms) → what becomes of them.

        Raises `day_keys.KeyMissing` where the key of a day is not at hand.
        """
        found = Outcomes()
        passed_on_at, passed_on = found.passed_on
        rows = found.counted[self.name]
        # The page. Of what is none nothing else is looked at.
        urls = [event.url.partition("?") for event in events]
        pages = self._paged([base for base, _, _ in urls])
        places: Sequence[int] = range(len(events))
        found.rejected += [(at, page.reason) for at, page in enumerate(pages) if page.reason]
        if found.rejected:
            places = [at for at in places if not pages[at].reason]
            events = [events[at] for at in places]
            times = [times[at] for at in places]
            urls = [urls[at] for at in places]
            pages = [pages[at] for at in places]
        # Of its query only what the site allows, who it is from, and what they allow.
        queries = self._asked([query for _, _, query in urls])
        visitors, decisions = self._who(events)
        columns = zip(places, events, times, pages, queries, visitors, decisions, strict=True)
        for at, event, at_ms, page, query, visitor, allowed in columns:
            # A bot is no visitor: it must not fill a threshold but in the stream of its own.
            if visitor.is_bot:
                found.rejected.append((at, Reason.BOT))
                if self._counts:
                    self._count_apart(found, visitor, Stream.BOTS, at_ms)
                continue
            if not allowed.trends and allowed.choice != NONE:
                self._count_apart(found, visitor, Stream.OPTED_OUT, at_ms, allowed.choice)
            if not (allowed.trends or allowed.events or allowed.partners):
                found.rejected.append((at, Reason.NO_CONSENT))
                continue
            # Only now is anything derived that tells one visitor of the site from another.
            hour = at_ms // MILLISECONDS_PER_HOUR
            uses = self._uses[hour // HOURS_PER_DAY]
            if visitor.uses is not uses:
                visitor.derive(uses)
            place = visitor.place
            name = f"{page.path}?{query.kept}" if query.kept else page.path
            referrer, referrer_label = (
                self._origins[origin_of(event.referrer)] or self._referrers[event.referrer]
            )
            typed = event.search_terms or query.search
            search = self._searches[typed] if typed else None
            if allowed.trends:
                row = (
                    self.name,
                    hour,
                    visitor.number,
                    allowed.choice,
                    name,
                    referrer_label,
                    # A term counts only on the site's search pages: the declared implication.
                    (search or ELIGIBLE_NONE) if page.is_search else NONE,
                    visitor.browser,
                    visitor.language or NONE,
                    place.country or NONE,
                )
                rows.append(row)
                if not allowed.events:
                    _pack(row)  # nothing else encodes it before its cells are written
            if not allowed.events:
                reason = Reason.COUNTED_ONLY if allowed.trends else Reason.NO_CONSENT
                found.rejected.append((at, reason))
                if not allowed.partners:
                    continue
            event_id = delimited_part(event.event_id.encode())
            client = visitor.client
            anonymised = Anonymised(
                uses.event_id.text(event_id),
                self.name,
                self._seconds[at_ms // 1000],
                visitor.pseudonym,
                place.network,
                place.country,
                name,
                referrer,
                search,
                client.browser,
                client.os,
                client.device,
                visitor.language,
            )
            if allowed.events:
                passed_on_at.append(at)
                passed_on.append(anonymised)
            for party in allowed.partners:
                ids, pseudonyms = uses.partners[party]
                # Under names that match nobody else's.
                theirs = structs.replace(
                    anonymised, id=ids.text(event_id), visitor=pseudonyms.text(visitor.identity)
                )
                their_places, their_events = found.partners.setdefault(party, ([], []))
                their_places.append(at)
                their_events.append(theirs)
        return found

    # Steps for many events at a time: code and caches that were just used are quickest.

    def _paged(self, bases: Sequence[str]) -> list[Page]:
        try:
            return [self._pages[base] for base in bases]
        except Rejected:
            return [self._page(base) for base in bases]

    def _page(self, base: str) -> Page:
        """What is no page is not remembered."""
        try:
            return self._pages[base]
        except Rejected as rejected:
            return Page("", False, rejected.reason)

    def _asked(self, queries: Iterable[str]) -> list[Query]:
        """Most of a query is dropped unread: what is left is seldom new to the cache."""
        return [self._queries[relevant(query, self._rules) if query else ""] for query in queries]

    def _who(self, events: Sequence[RawEvent]) -> tuple[list[Visitor], list[Decision]]:
        """The country is needed to decide; the address itself goes no further than this."""
        visitors = [
            self._visitors[
                event.ip,
                event.accept_language,
                event.user_agent,
                event.sec_ch_ua,
                event.sec_ch_ua_mobile,
                event.sec_ch_ua_platform,
            ]
            for event in events
        ]
        decisions = [
            self._decisions[event.dnt, event.gpc, event.consent, event.tcf, visitor.place.country]
            for event, visitor in zip(events, visitors, strict=True)
        ]
        return visitors, decisions

    def _count_apart(
        self, found: Outcomes, visitor: Visitor, stream: Stream, at_ms: int, *values: str
    ) -> None:
        """The event as its stream counts it, by a number that the trends' samples do not know."""
        hour = at_ms // MILLISECONDS_PER_HOUR
        uses = self._uses[hour // HOURS_PER_DAY]
        if visitor.uses_apart is not uses:
            visitor.derive_apart(uses, stream)
        name = self._streams[stream]
        found.counted[name].append((name, hour, visitor.apart, *values))

    def forget(self) -> None:
        """Drop every raw value held in memory."""
        self._rules.forget()
        self._visitors.clear()
        self._uses.clear()
        self._pages.clear()
        self._queries.clear()
        self._decisions.clear()
        self._origins.clear()
        self._referrers.clear()
        self._searches.clear()


def _labelled(referrer: Referrer) -> tuple[Referrer, str]:
    if referrer.kind == "none":
        return referrer, NONE
    return referrer, f"{referrer.kind} · {referrer.host}" if referrer.host else referrer.kind
