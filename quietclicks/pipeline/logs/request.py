"""What a line of a server's log says of one request, whatever its format → a raw event or why not.

Of what is no page view nothing is passed on, so that no address travels for its sake.
"""

from datetime import datetime
from hashlib import blake2b
from urllib.parse import quote

import re2
from msgspec import Struct

from quietclicks.pipeline.fields.asset import is_asset
from quietclicks.pipeline.fields.forwarded import NOBODY, TrustedProxies, client_address
from quietclicks.pipeline.fields.url import segments_of
from quietclicks.pipeline.scrub.url.path_rules import SiteRules
from quietclicks.schemas.raw import NOT_LOGGED, Consent, RawEvent
from quietclicks.schemas.rejection import Reason

VIEWED = {200, 304}
NO_RULES = SiteRules(())

SAYS_NOTHING = {"", "-", "_", "*"}  # as servers call a host that any name leads to
WITHOUT_PORT = re2.compile(r"([^:\[]+|\[[^\]]*\]):\d{1,5}")


class Request(Struct, frozen=True, gc=False, kw_only=True):
    """`target` as it was asked for; `host` is the virtual host's, as far as the log names one."""

    peer: str
    at: datetime
    method: str
    target: str
    status: int
    has_agent: bool  # whether the log says what the user agent was, if only that there was none
    forwarded: tuple[str, ...] = ()
    scheme: str = "http"
    host: str = ""
    user_agent: str | None = None
    referrer: str | None = None
    accept_language: str | None = None
    sec_ch_ua: str | None = None
    sec_ch_ua_mobile: str | None = None
    sec_ch_ua_platform: str | None = None
    dnt: str | None = None
    gpc: str | None = None
    purpose: str = ""  # of a fetch ahead of a view

    def __repr__(self) -> str:
        return "Request(…)"


class Reading(Struct, frozen=True):
    """What the operator says of a log."""

    site: str
    consent: Consent | None = None
    trusted: TrustedProxies = NOBODY
    without_agents: bool = False  # count what has no user agent all the same
    rules: SiteRules = NO_RULES  # what they show is a page, whatever it is called


def event_of(request: Request, line: bytes, place: bytes, reading: Reading) -> RawEvent | Reason:
    """A page view, or why it is none.

    `place` tells equal lines apart and is part of the event's id, so that the same file gives the
    same ids: a line's number, or a growing file's generation and offset.
    """
    if not is_view(request, reading.rules):
        return Reason.NOT_A_PAGE
    agent = request.user_agent
    if not request.has_agent:
        if not reading.without_agents:
            return Reason.UNREADABLE_LINE
        agent = NOT_LOGGED
    elif agent is None and reading.without_agents:
        agent = NOT_LOGGED
    return RawEvent(
        event_id=blake2b(b"%b %b" % (place, line.rstrip(b"\r\n")), digest_size=8).hexdigest(),
        site=reading.site,
        timestamp=request.at,
        url=_url(request),
        ip=client_address(request.peer, request.forwarded, reading.trusted),
        user_agent=agent,
        accept_language=request.accept_language,
        referrer=request.referrer,
        sec_ch_ua=request.sec_ch_ua,
        sec_ch_ua_mobile=request.sec_ch_ua_mobile,
        sec_ch_ua_platform=request.sec_ch_ua_platform,
        dnt=request.dnt,
        gpc=request.gpc,
        purpose=request.purpose or None,
        consent=reading.consent,
    )


def is_view(request: Request, rules: SiteRules = NO_RULES) -> bool:
    """A `GET` that was answered, of something that is no asset."""
    target = request.target
    if (
        request.method != "GET"
        or request.status not in VIEWED
        or not target.lower().startswith(("/", "http://", "https://"))
    ):
        return False
    path = target.partition("#")[0].partition("?")[0]
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return not is_asset(path) or rules.shows(segments_of(path))


def _url(request: Request) -> str:
    """The target as it stands; behind its host, where there is one, however odd: it was asked for.

    What cannot be a host's is encoded, so that it ends no host, and the URL is none of the site's.
    """
    if not request.target.startswith("/"):
        return request.target
    named = WITHOUT_PORT.fullmatch(request.host)
    host = named[1] if named else request.host
    if host in SAYS_NOTHING:
        return request.target
    return f"{request.scheme}://{quote(host, safe=':[]%*')}{request.target}"
