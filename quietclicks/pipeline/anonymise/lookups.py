"""What is asked about the events of one site: for many at a time, and remembered.

Code and caches that were just used are quickest, so each question is asked for all events before
the next is. All caches share one budget. What is personal in a key lives only in memory, as in the
consumer's own buffer, until the cache is full or the day has ended.
"""

from collections.abc import Collection, Iterable, Sequence

from quietclicks.pipeline.anonymise.visitor import Sent, Visitor, Visitors
from quietclicks.pipeline.cache import Budget, Cache, size_of
from quietclicks.pipeline.clock import text
from quietclicks.pipeline.consent.rules import ConsentRules, Decision
from quietclicks.pipeline.fields.page import (
    Page,
    PageRules,
    page_of,
)
from quietclicks.pipeline.fields.query import Query, query_of, relevant
from quietclicks.pipeline.fields.referrer import (
    NOWHERE,
    is_spam,
    is_told_by_path,
    origin_of,
    referrer_of,
)
from quietclicks.pipeline.fields.search import search_term
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.rejected import Rejected
from quietclicks.pipeline.rights.restrictions import Entry, Restrictions
from quietclicks.pipeline.scrub import Scrubber
from quietclicks.schemas.pseudonymised import Source
from quietclicks.schemas.raw import Consent, Header, RawEvent
from quietclicks.schemas.trend import NONE

_Signals = tuple[Header, Header, Consent | None, str | None, str | None]
"""DNT, Sec-GPC, consent, consent string, country."""

_Named = tuple[str, str | None]
"""Address and browser: what the list of restrictions goes by."""

Labelled = tuple[Source, str]
"""A source, and the value that counts it."""

SPAM: Labelled = (NOWHERE, "")
"""What stands for referrer spam, and is compared by identity: it is counted as no source."""

# What a key and its answer take beside their texts: measured by `tests.bench.cache_weights`.
PAGE_BYTES, QUERY_BYTES, DECISION_BYTES, SOURCE_BYTES = 50, 80, 250, 200
NAMED_BYTES = 80
VISITOR_BYTES = 1000  # with what will be derived of one


class Lookups:
    """Each answers in the order in which it was asked."""

    def __init__(
        self,
        site: str,
        policy: Policy,
        visitors: Visitors,
        scrubber: Scrubber,
        spammers: Collection[str],
        budget: Budget,
        restrictions: Restrictions,
    ) -> None:
        rules = PageRules(site, policy.sites[site], scrubber.scrub, budget)
        consent = ConsentRules(policy)

        def page(base: str) -> Page:
            return page_of(base, rules)

        def query(wanted: str) -> Query:
            return query_of(wanted, rules)

        def origin(sent: str | None) -> Labelled | None:
            return None if sent and is_told_by_path(sent) else referrer(sent)

        def referrer(sent: str | None) -> Labelled:
            return SPAM if is_spam(sent, site, spammers) else labelled(referrer_of(sent, site))

        def decision(key: _Signals) -> Decision:
            return consent.decide(*key, site)

        def entry(sent: _Named) -> Entry | None:
            return restrictions.entry(site, *sent)

        self.restrictions = restrictions
        self._read_until = 0  # of the list, when the next was last emptied
        self._entries = Cache(entry, budget, _weigh_named)
        self._rules = rules
        self._visitors = Cache(visitors.visitor, budget, _weigh_visitor)
        self._pages = Cache(page, budget, _weigh_page)
        self._queries = Cache(query, budget, _weigh_query)
        self._decisions = Cache(decision, budget, _weigh_decision)
        self._origins = Cache(origin, budget, _weigh_source)
        self._referrers = Cache(referrer, budget, _weigh_source)
        self._searches = Cache[str, str | None](
            lambda typed: search_term(typed, scrubber, rules.encodings), budget
        )
        self._seconds = Cache[int, str](lambda second: text(second * 1000), budget)

    def pages(self, bases: Sequence[str]) -> list[Page]:
        """URLs without their queries."""
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

    def queries(self, queries: Iterable[str]) -> list[Query]:
        """Most of a query is dropped unread: what is left is seldom new to the cache."""
        return [self._queries[relevant(query, self._rules) if query else ""] for query in queries]

    def restricted(self, events: Iterable[RawEvent], day: int) -> list[bool]:
        """Whose events of that day (since 1970) the list leaves out."""
        if self._read_until != self.restrictions.offset:
            self._entries.clear()
            self._read_until = self.restrictions.offset
        found = [self._entries[event.ip, event.user_agent] for event in events]
        return [entry is not None and entry.covers(day) for entry in found]

    def visitors(self, events: Iterable[RawEvent]) -> list[Visitor]:
        """No later look-up is given the address as sent."""
        return [
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

    def decisions(self, events: Iterable[RawEvent], visitors: Iterable[Visitor]) -> list[Decision]:
        """What they allow, who have sent and chosen this, in the visitor's country."""
        return [
            self._decisions[event.dnt, event.gpc, event.consent, event.tcf, visitor.place.country]
            for event, visitor in zip(events, visitors, strict=True)
        ]

    def referrers(self, sent: Iterable[str | None]) -> list[Labelled]:
        """Where visitors came from; or `SPAM`."""
        # Nearly all are told by their origin.
        return [self._origins[origin_of(each)] or self._referrers[each] for each in sent]

    def searches(self, typed: Iterable[str | None]) -> list[str | None]:
        """What was typed, as it may be shown."""
        return [self._searches[each] if each else None for each in typed]

    def seconds(self, times: Iterable[int]) -> list[str]:
        """Milliseconds since 1970, as text."""
        return [self._seconds[at_ms // 1000] for at_ms in times]

    def forget(self) -> None:
        """Drop every raw value held in memory."""
        self._entries.clear()
        self._rules.forget()
        self._visitors.clear()
        self._pages.clear()
        self._queries.clear()
        self._decisions.clear()
        self._origins.clear()
        self._referrers.clear()
        self._searches.clear()


def _weigh_visitor(key: Sent, _: Visitor) -> int:
    return VISITOR_BYTES + size_of(key)


def _weigh_named(sent: _Named, _: Entry | None) -> int:
    return NAMED_BYTES + size_of(sent)


def _weigh_page(base: str, page: Page) -> int:
    return PAGE_BYTES + size_of((base, page.path))


def _weigh_query(query: str, known: Query) -> int:
    return QUERY_BYTES + size_of((query, known.kept, known.search))


def _weigh_decision(key: _Signals, _: Decision) -> int:
    return DECISION_BYTES + size_of(key)


def _weigh_source(sent: str | None, found: Labelled | None) -> int:
    return SOURCE_BYTES + size_of((sent, found and found[1]))


def labelled(source: Source) -> Labelled:
    """With the value that counts it: `search · google.com`."""
    if source.kind == "none":
        return source, NONE
    return source, f"{source.kind} · {source.host}" if source.host else source.kind
