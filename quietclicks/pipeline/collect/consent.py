"""What a visitor chose, of a request: from where the site's policy says, and from nowhere else.

A no is a no from wherever it comes; a yes counts from the policy's one source alone.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from quietclicks.pipeline.collect.view import Cookies, Hit, View
from quietclicks.pipeline.consent import tcf
from quietclicks.pipeline.policy.consent_source import OPT_OUT_COOKIE, ConsentSource, From
from quietclicks.pipeline.policy.model import TcfPolicy
from quietclicks.schemas.raw import Consent

NO = Consent(analytics=False, partners=False)


def has_opted_out(hit: Hit) -> bool:
    """By the collector's own page."""
    return next(_cookies(hit, OPT_OUT_COOKIE), None) is not None


def is_of_one_origin(hit: Hit) -> bool:
    """Whether the page that sent it is on the collector's own host, as its browser says."""
    if (fetched_from := hit.headers.get("sec-fetch-site")) is not None:
        return fetched_from == "same-origin"
    named = hit.headers.get("origin", "").partition("://")[2]
    return bool(named) and named == hit.headers.get("host")


def may_have_opted_out_unheard(cookies: Cookies, hit: Hit) -> bool:
    """Whether no cookie would have come along, had the visitor opted out."""
    if cookies is Cookies.SENT or "cookie" in hit.headers:
        return False
    return cookies is Cookies.LEFT_OUT or not is_of_one_origin(hit)


def choice(source: ConsentSource, hit: Hit, view: View) -> Consent | None:
    """What goes into the event; `None` is unknown.

    A cookie or header that holds another value than the policy's is a no; one that is not sent says
    nothing. Only the page itself can say yes to partners.
    """
    if has_opted_out(hit):
        return NO
    said = view.consent or Consent()
    if source.kind is From.PAGE:
        return view.consent
    analytics = False if said.analytics is False else _analytics(source, hit)
    partners = False if said.partners is False else None
    if analytics is None and partners is None:
        return None
    return Consent(analytics=analytics, partners=partners)


def without_tc_string(view: View, purposes: TcfPolicy) -> View:
    """The same for where the page is not the source: what a TC string refuses is left of it."""
    if not view.tcf:
        return view
    string = tcf.decode(view.tcf, frozenset(), frozenset())
    agreed = frozenset[int]() if string is None else string.purposes
    said = view.consent or Consent()
    refused = Consent(
        said.analytics if agreed.issuperset(purposes.analytics) else False,
        said.partners if agreed.issuperset(purposes.partners) else False,
    )
    return replace(view, tcf=None, consent=refused)


def _analytics(source: ConsentSource, hit: Hit) -> bool | None:
    if source.kind is From.VOUCHED:
        return True
    if source.kind is From.HEADER:
        sent = hit.headers.get(source.name)
        return None if sent is None else sent.strip() == source.value
    values = list(_cookies(hit, source.name))
    return all(value == source.value for value in values) if values else None


def _cookies(hit: Hit, name: str) -> Iterator[str]:
    for pair in hit.headers.get("cookie", "").split(";"):
        found, _, value = pair.strip().partition("=")
        if found == name:
            yield value.removeprefix('"').removesuffix('"')
