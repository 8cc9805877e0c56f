"""The way of a request, from top to bottom: raw events, and why there is none.

Nothing in a body says who sent it, when, or which event it is: these come from the caller.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from quietclicks.pipeline.collect.consent import choice, without_tc_string
from quietclicks.pipeline.collect.site import Sites
from quietclicks.pipeline.collect.view import Format, Hit, Ignored, View
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.policy.consent_source import From, consent_source
from quietclicks.schemas.raw import MAX_RECORD_BYTES, Consent, Header, RawEvent

PAGEVIEW = "pageview"


class NotTaken(StrEnum):
    """Why a page view is not passed on. Each is counted, and none is told to who sent it."""

    OTHER_HOST = "other_host"  # the page is none of a site's in the policy
    OTHER_ORIGIN = "other_origin"  # sent by another site's page
    TOO_LARGE = "too_large"  # for a record


Unused = NotTaken | Ignored


class Arrival(Struct, frozen=True, gc=False):
    """What the collector itself knows of a request."""

    at: datetime
    address: str
    new_id: Callable[[], str]

    def __repr__(self) -> str:
        return "Arrival(…)"


class Collecting:
    """A policy's sites and their sources of consent, ready for many requests."""

    def __init__(self, policy: Policy) -> None:
        self.sites = Sites(policy)
        self._tcf = policy.tcf
        self.sources = {
            name: consent_source(site.collector.consent) for name, site in policy.sites.items()
        }

    def events(self, hit: Hit, format: Format, arrival: Arrival) -> Iterator[RawEvent | Unused]:
        """Of each page view in the request an event, or why there is none."""
        silent: dict[str, Consent | None] = {}
        for view in format.read(hit):
            if isinstance(view, Ignored):
                yield view
                continue
            site = self.sites.of(view.url)
            if site is None:
                yield NotTaken.OTHER_HOST
            elif not self.sites.is_from(site, hit.headers):
                yield NotTaken.OTHER_ORIGIN
            else:
                if self.sources[site].kind is not From.PAGE:
                    view = without_tc_string(view, self._tcf)
                chosen = self._choice(site, hit, view, silent)
                yield self._event(site, view, hit, chosen, arrival)

    def _choice(
        self, site: str, hit: Hit, view: View, silent: dict[str, Consent | None]
    ) -> Consent | None:
        """Of views that say nothing themselves once a request: it reads all cookies."""
        if view.consent is not None:
            return choice(self.sources[site], hit, view)
        if site not in silent:
            silent[site] = choice(self.sources[site], hit, view)
        return silent[site]

    def _event(
        self, site: str, view: View, hit: Hit, chosen: Consent | None, arrival: Arrival
    ) -> RawEvent:
        sent = hit.headers.get
        return RawEvent(
            event_id=arrival.new_id(),
            site=site,
            timestamp=arrival.at,
            type=PAGEVIEW,
            # What a browser keeps to itself, such as a token, some trackers send; nobody reads it.
            url=view.url.partition("#")[0],
            ip=arrival.address,
            user_agent=sent("user-agent"),
            accept_language=sent("accept-language"),
            referrer=view.referrer,
            sec_ch_ua=sent("sec-ch-ua"),
            sec_ch_ua_mobile=sent("sec-ch-ua-mobile"),
            sec_ch_ua_platform=sent("sec-ch-ua-platform"),
            search_terms=view.search_terms,
            dnt=_objection(sent("dnt"), view.dnt),
            gpc=_objection(sent("sec-gpc"), view.gpc),
            consent=chosen,
            tcf=view.tcf,
        )


def record(event: RawEvent) -> bytes | NotTaken:
    """As it is written to the raw topic."""
    value = msgspec.json.encode(event)
    return value if len(value) <= MAX_RECORD_BYTES else NotTaken.TOO_LARGE


def _objection(header: Header, page: Header) -> Header:
    """What the request says and what the page read: a list, of which one objection is enough."""
    if page is None:
        return header
    return page if header is None else f"{header}, {page}"
