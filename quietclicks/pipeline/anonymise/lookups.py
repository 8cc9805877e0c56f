"""What is asked about the events of one site: for many at a time, and remembered.

Code and caches that were just used are quickest, so each question is asked for all events before
the next is. Every cache is bounded. What is personal in a key lives only in memory, as in the
consumer's own buffer, until the cache is full or the day has ended.
"""

from collections.abc import Collection, Iterable, Sequence

from quietclicks.pipeline.anonymise.visitor import Visitor, Visitors
from quietclicks.pipeline.cache import Cache
from quietclicks.pipeline.clock import text
from quietclicks.pipeline.consent.rules import ConsentRules, Decision
from quietclicks.pipeline.fields.page import (
    CACHED_PIECES,
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
from quietclicks.pipeline.scrub import Scrubber
from quietclicks.schemas.pseudonymised import Source
from quietclicks.schemas.raw import Consent, Header, RawEvent
from quietclicks.schemas.trend import NONE

_Signals = tuple[Header, Header, Consent | None, str | None, str | None]
"""DNT, Sec-GPC, consent, consent string, country."""

Labelled = tuple[Source, str]
"""A source, and the value that counts it."""

SPAM: Labelled = (NOWHERE, "")
"""What stands for referrer spam, and is compared by identity: it is counted as no source."""


class Lookups:
    """Each answers in the order in which it was asked."""

    def __init__(
        self,
        site: str,
        policy: Policy,
        visitors: Visitors,
        scrubber: Scrubber,
        spammers: Collection[str],
        size: int,
    ) -> None:
        rules = PageRules(site, policy.sites[site], scrubber.scrub, min(size, CACHED_PIECES))
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

        self._rules = rules
        self._visitors = Cache(visitors.visitor, size)
        self._pages = Cache(page, size)
        self._queries = Cache(query, size)
        self._decisions = Cache(decision, size)
        self._origins = Cache(origin, size)
        self._referrers = Cache(referrer, size)
        self._searches = Cache[str, str | None](
            lambda typed: search_term(typed, scrubber, rules.encodings), size
        )
        self._seconds = Cache[int, str](lambda second: text(second * 1000), size)

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
        self._rules.forget()
        self._visitors.clear()
        self._pages.clear()
        self._queries.clear()
        self._decisions.clear()
        self._origins.clear()
        self._referrers.clear()
        self._searches.clear()


def labelled(source: Source) -> Labelled:
    """With the value that counts it: `search · google.com`."""
    if source.kind == "none":
        return source, NONE
    return source, f"{source.kind} · {source.host}" if source.host else source.kind
