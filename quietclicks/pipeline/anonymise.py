"""The way of one event, from raw to anonymised, as an ordered list of steps.

`Anonymiser.anonymise` is that list, in one piece because it runs for every event. A step may end
the event's way by raising a reason. None keeps, logs or raises a raw value; what leaves is only
what `Anonymised` and `Counted` name. It never touches Kafka, files or the clock.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct, structs

from quietclicks.pipeline.bots import is_bot
from quietclicks.pipeline.browser import Client, Hints, browser_label, client_of
from quietclicks.pipeline.cache import Cache
from quietclicks.pipeline.clock import HOURS_PER_DAY, MILLISECONDS_PER_HOUR, text
from quietclicks.pipeline.consent import ConsentRules, Decision
from quietclicks.pipeline.day_keys import DayKeys
from quietclicks.pipeline.language import primary_language
from quietclicks.pipeline.network import is_global, parse_address, truncate
from quietclicks.pipeline.page import Page, PageRules, Query, page_of, query_of, relevant
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonym import (
    BOT,
    EVENT_ID,
    EVENTS,
    OPTED_OUT,
    TREND,
    partner,
    partner_event_id,
    visitor_identity,
)
from quietclicks.pipeline.referrer import origin_of, referrer_of
from quietclicks.pipeline.rejected import Rejected
from quietclicks.pipeline.release import ELIGIBLE_NONE
from quietclicks.pipeline.scrub import Scrubber
from quietclicks.pipeline.search import search_term
from quietclicks.schemas.anonymised import Anonymised, Referrer
from quietclicks.schemas.raw import Consent, RawEvent
from quietclicks.schemas.rejection import Reason
from quietclicks.schemas.trend import NONE, Stream, stream_name

_Signals = tuple[str | None, str | None, bool | None, bool | None, str | None, str | None, str]
"""DNT, Sec-GPC, consent to analytics and partners, consent string, country, site."""

UNKNOWN = Consent()

CACHED_VALUES = 30_000  # per cache
LONG_RECORD = 2048  # bytes: attackers' text must not fill the caches' memory


class Counted(Struct, frozen=True, gc=False):
    """What of an event is counted. `values` are in the order of `cells.DIMENSIONS`.

    Of an event that counts in no trend `site` is its stream's name, and `values` are the choice of
    a visitor who opted out, or nothing of a bot.
    """

    site: str
    hour: int
    visitor: int
    values: tuple[str, ...]


class Outcome(Struct, frozen=True, gc=False):
    """What becomes of an admitted event. `event` is absent where it is `reason` instead."""

    event: Anonymised | None
    reason: Reason | None
    counted: Counted | None
    partners: Sequence[tuple[str, Anonymised]]  # partner's name, the event under its pseudonym


class _Place(Struct, frozen=True, gc=False):
    """What is kept of an address."""

    packed: bytes | None
    network: str | None
    country: str | None

    def __repr__(self) -> str:
        return "_Place(…)"


class _Visitor(Struct, gc=False):
    """One address and browser: what is the same for each of their events.

    The last five are derived of them, for one day, and only once an event of theirs may be used.
    """

    is_bot: bool
    place: _Place
    client: Client
    browser: str
    language: str | None
    identity: tuple[bytes, bytes]
    day: int = -1
    number: int = 0  # in the samples of trends
    pseudonym: str = ""  # for analysts
    apart_day: int = -1
    apart: int = 0  # in the samples of a stream, with nothing that is above

    def __repr__(self) -> str:
        return "_Visitor(…)"


_Agent = tuple[str | None, str | None, str | None, str | None]
"""User agent and client hints, as sent."""


class Anonymiser:
    """All that is decided about one event. A worker's partitions share one, for its caches."""

    def __init__(
        self,
        policy: Policy,
        country: Callable[[bytes], str | None],
        keys: DayKeys,
        size: int = CACHED_VALUES,
    ) -> None:
        scrubber = Scrubber(policy.regions)
        self._policy = policy
        self._keys = keys
        self._country = country
        consent = ConsentRules(policy)
        pages = {
            site: PageRules(site, rules, scrubber.scrub) for site, rules in policy.sites.items()
        }
        self._partners = {name: (partner_event_id(name), partner(name)) for name in policy.partners}
        # Long records are rare, and go another way where nothing of them is remembered.
        self._forgetful = Anonymiser(policy, country, keys, 1) if size > 1 else self

        def page(key: tuple[str, str]) -> Page:
            return page_of(key[1], pages[key[0]])

        def query(key: tuple[str, str]) -> Query:
            return query_of(key[1], pages[key[0]])

        def referrer(key: tuple[str | None, str]) -> tuple[Referrer, str]:
            return _labelled(referrer_of(*key))

        def decision(key: _Signals) -> Decision:
            dnt, gpc, analytics, partners, tcf, country, site = key
            return consent.decide(dnt, gpc, Consent(analytics, partners), tcf, country, site)

        def event_id(key: tuple[int, str]) -> Callable[[bytes], str]:
            day, site = key
            return keys.of(day).pseudonyms(EVENT_ID, site).text

        # Every cache is bounded; what is personal in a key lives only in memory, as in the
        # consumer's own buffer, until the cache is full or the day has ended.
        self._rules = pages
        self._visitors = Cache(self._visitor, size)
        self._event_ids = Cache(event_id, size)
        self._pages = Cache(page, size)
        self._queries = Cache(query, size)
        self._bots = Cache(is_bot, size)
        self._decisions = Cache(decision, size)
        self._referrers = Cache(referrer, size)
        self._searches = Cache[str, str | None](lambda typed: search_term(typed, scrubber), size)
        self._clients = Cache(_client, size)
        self._languages = Cache(primary_language, size)
        self._seconds = Cache[int, str](lambda second: text(second * 1000), size)

    def anonymise(self, event: RawEvent, at_ms: int) -> Outcome:
        """An event that is due, at its own time → what becomes of it.

        Raises `Rejected`, and `day_keys.KeyMissing` where its day's key is not at hand.
        """
        site = event.site
        # The page, and of its query only what the site allows.
        base, mark, query = event.url.partition("?")
        page = self._pages[site, base]
        name, typed = page.path, event.search_terms
        if mark:
            # Most of a query is dropped unread: what is left is seldom new to the cache.
            parts = self._queries[site, relevant(query, self._rules[site])]
            typed = typed or parts.search
            if parts.kept:
                name = f"{name}?{parts.kept}"
        visitor = self._visitors[
            site,
            event.ip,
            event.accept_language,
            event.user_agent,
            event.sec_ch_ua,
            event.sec_ch_ua_mobile,
            event.sec_ch_ua_platform,
        ]
        # A bot is no visitor: it must not fill a threshold but in the stream of its own.
        if visitor.is_bot:
            if not self._policy.purposes.trends.enabled:
                raise Rejected(Reason.BOT)
            return Outcome(None, Reason.BOT, self._apart(visitor, site, Stream.BOTS, at_ms), ())
        # The country is needed to decide; the address itself goes no further than this.
        place = visitor.place
        chosen = event.consent or UNKNOWN
        allowed = self._decisions[
            event.dnt,
            event.gpc,
            chosen.analytics,
            chosen.partners,
            event.tcf,
            place.country,
            site,
        ]
        opted_out = None
        if not allowed.trends and allowed.choice != NONE:
            opted_out = self._apart(visitor, site, Stream.OPTED_OUT, at_ms, allowed.choice)
        if not (allowed.trends or allowed.events or allowed.partners):
            if opted_out is None:
                raise Rejected(Reason.NO_CONSENT)
            return Outcome(None, Reason.NO_CONSENT, opted_out, ())
        # Only now is anything derived that tells one visitor of the site from another.
        hour = at_ms // MILLISECONDS_PER_HOUR
        day = hour // HOURS_PER_DAY
        if visitor.day != day:
            self._derive(visitor, site, day)
        referrer, referrer_label = self._referrers[origin_of(event.referrer), site]
        search = self._searches[typed] if typed else None

        counted = opted_out
        if allowed.trends:
            counted = Counted(
                site,
                hour,
                visitor.number,
                (
                    allowed.choice,
                    name,
                    referrer_label,
                    # A term counts only on the site's search pages: the declared implication.
                    (search or ELIGIBLE_NONE) if page.is_search else NONE,
                    visitor.browser,
                    visitor.language or NONE,
                    place.country or NONE,
                ),
            )
        if not allowed.events and not allowed.partners:
            return Outcome(None, Reason.COUNTED_ONLY, counted, ())
        event_id = event.event_id.encode()
        client = visitor.client
        anonymised = Anonymised(
            self._event_ids[day, site](event_id),
            site,
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
        passed_on = (
            self._for_partners(anonymised, allowed.partners, day, event_id, visitor.identity)
            if allowed.partners
            else ()
        )
        if allowed.events:
            return Outcome(anonymised, None, counted, passed_on)
        reason = Reason.COUNTED_ONLY if allowed.trends else Reason.NO_CONSENT
        return Outcome(None, reason, counted, passed_on)

    def for_record(self, value: bytes | None) -> "Anonymiser":
        """The one to use for a record of that value."""
        return self if value is None or len(value) <= LONG_RECORD else self._forgetful

    def forget(self) -> None:
        """Drop every raw value held in memory: where few come, a cache would keep them for ever."""
        self._visitors.clear()
        self._event_ids.clear()
        self._pages.clear()
        self._queries.clear()
        self._bots.clear()
        self._decisions.clear()
        self._referrers.clear()
        self._searches.clear()
        self._clients.clear()
        self._languages.clear()
        if self._forgetful is not self:
            self._forgetful.forget()

    def _for_partners(
        self,
        event: Anonymised,
        partners: Sequence[str],
        day: int,
        event_id: bytes,
        identity: tuple[bytes, bytes],
    ) -> list[tuple[str, Anonymised]]:
        """The event once for each partner, under names that match nobody else's."""
        pseudonyms = self._keys.of(day).pseudonyms
        passed_on = []
        for each in partners:
            id_use, visitor_use = self._partners[each]
            theirs = structs.replace(
                event,
                id=pseudonyms(id_use, event.site).text(event_id),
                visitor=pseudonyms(visitor_use, event.site).text(*identity),
            )
            passed_on.append((each, theirs))
        return passed_on

    def _place(self, ip: str) -> _Place:
        packed = parse_address(ip)
        if packed is None:
            return _Place(None, None, None)
        prefixes = self._policy.network
        return _Place(
            packed,
            truncate(packed, prefixes.ipv4_prefix, prefixes.ipv6_prefix),
            self._country(packed) if is_global(packed) else None,
        )

    def _visitor(self, key: tuple[str, str, str | None, *_Agent]) -> _Visitor:
        ip, language, user_agent = key[1:4]
        place = self._place(ip)
        client, browser = self._clients[key[3:]]
        return _Visitor(
            self._bots[user_agent],
            place,
            client,
            browser,
            self._languages[language],
            visitor_identity(place.packed, user_agent),
        )

    def _derive(self, visitor: _Visitor, site: str, day: int) -> None:
        key = self._keys.of(day)
        visitor.number = key.pseudonyms(TREND, site).number(*visitor.identity)
        visitor.pseudonym = key.pseudonyms(EVENTS, site).text(*visitor.identity)
        visitor.day = day

    def _apart(
        self, visitor: _Visitor, site: str, stream: Stream, at_ms: int, *values: str
    ) -> Counted:
        """The event as its stream counts it, by a number that the trends' samples do not know."""
        hour = at_ms // MILLISECONDS_PER_HOUR
        day = hour // HOURS_PER_DAY
        if visitor.apart_day != day:
            pseudonyms = self._keys.of(day).pseudonyms(_USES[stream], site)
            visitor.apart = pseudonyms.number(*visitor.identity)
            visitor.apart_day = day
        return Counted(stream_name(site, stream), hour, visitor.apart, values)


_USES = {Stream.OPTED_OUT: OPTED_OUT, Stream.BOTS: BOT}


def _labelled(referrer: Referrer) -> tuple[Referrer, str]:
    if referrer.kind == "none":
        return referrer, NONE
    return referrer, f"{referrer.kind} · {referrer.host}" if referrer.host else referrer.kind


def _client(key: _Agent) -> tuple[Client, str]:
    user_agent, *hints = key
    client = client_of(user_agent, Hints(*hints) if any(hints) else None)
    return client, browser_label(client)
