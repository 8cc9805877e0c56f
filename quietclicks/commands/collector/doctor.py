"""`quietclicks collector doctor`: what the collector would make of a request, and why.

It asks no broker and no collector, and prints what was typed and what the policy says of it.
"""

import os
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha384

import click

from quietclicks.agents.collector.pages import snippet
from quietclicks.agents.collector.serve import trusted_proxies
from quietclicks.agents.settings import COLLECTOR, Settings, load
from quietclicks.commands.options import policy_option, read_policy
from quietclicks.errors import UsageError
from quietclicks.pipeline.collect.consent import choice, has_opted_out, may_have_opted_out_unheard
from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.sender import FORWARDED, X_FORWARDED_FOR, sender
from quietclicks.pipeline.collect.site import Sites
from quietclicks.pipeline.collect.view import Hit, View
from quietclicks.pipeline.consent.rules import ConsentRules, Signals, Why
from quietclicks.pipeline.fields import bots
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.policy.consent_source import consent_source
from quietclicks.schemas.raw import Consent

Line = tuple[str, str]


@click.command
@policy_option
@click.option("--peer", default="127.0.0.1", metavar="ADDRESS", help="Who connects: a proxy's.")
@click.option(
    "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="As it arrives; repeatable."
)
@click.option("--path", default="/collect", help="Where the tracker sends to, such as /api/event.")
@click.option("--page", metavar="URL", help="The page that is looked at.")
@click.option(
    "--consent",
    type=click.Choice(["yes", "no"]),
    help="What the page says of analytics.",
)
@click.option(
    "--collector", "own", metavar="URL", help="Where browsers reach the collector: for the recipe."
)
def doctor(
    policy_path: str | None,
    peer: str,
    headers: Sequence[str],
    path: str,
    page: str | None,
    consent: str | None,
    own: str | None,
) -> None:
    """Tell what the collector would make of a request: whose, of which site, and whether it counts.

    Behind a proxy, give the proxy's address as --peer and the headers as they leave it. Nothing is
    sent anywhere.
    """
    settings = load(os.environ, os.environ.get("QUIETCLICKS_CONFIG"), COLLECTOR)
    policy = read_policy(policy_path, settings)
    hit = Hit(method="POST", path=path, headers=_headers(headers))
    for name, text in (
        *_whose(settings, peer, hit),
        *_tracker(hit),
        *_counted(policy, hit, page, consent),
        *_recipe(own.rstrip("/") if own else None),
    ):
        click.echo(f"{name + ':':12}{text}")


def _headers(given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in given:
        name, colon, value = each.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon or not name:
            raise UsageError(f"a header is written 'NAME: VALUE', and {each!r} is not")
        joined = "; " if name == "cookie" else ", "
        found[name] = f"{found[name]}{joined}{value}" if name in found else value
    return found


def _whose(settings: Settings, peer: str, hit: Hit) -> Iterator[Line]:
    listed = hit.headers.get(X_FORWARDED_FOR), hit.headers.get(FORWARDED)
    found = sender(peer, *listed, trusted_proxies(settings))
    yield "proxies", settings.collector_trusted_proxies or "none is listed"
    yield "address", f"{found.address or 'none'}: {found.why}"
    if not settings.collector_trusted_proxies and any(listed):
        yield (
            "fault",
            f"a proxy stands before it: all of its visitors look like one, {peer}; set "
            f"QUIETCLICKS_COLLECTOR_TRUSTED_PROXIES={peer}",
        )
    if not hit.headers.get("user-agent"):
        yield "fault", "no User-Agent: it is taken for a program's, and never counted"
    elif bots.is_bot(hit.headers["user-agent"]):
        yield "browser", "a program, counted apart from visitors"


def _tracker(hit: Hit) -> Iterator[Line]:
    format = FORMATS.get(hit.path)
    if format is None:
        raise UsageError(f"no tracker sends to {hit.path}: {', '.join(FORMATS)}")
    says = "can say" if format.tells_choice else "cannot say"
    yield "tracker", f"{format.name}, which {says} what a visitor chose"


def _counted(policy: Policy, hit: Hit, page: str | None, said: str | None) -> Iterator[Line]:
    if page is None:
        yield "site", "give a --page"
        return
    if "://" not in page:
        raise UsageError(f"--page is a whole URL, as https://{page} is")
    sites = Sites(policy)
    site = sites.of(page)
    if site is None:
        yield "site", "none of the policy's: ignored, and nobody is told"
        return
    yield "site", site
    if not sites.is_from(site, hit.headers):
        yield (
            "fault",
            "Origin or Referer name another site's page, or neither says anything and the browser "
            "calls it one of another address: ignored, and nobody is told",
        )
        return
    if said is not None and not FORMATS[hit.path].tells_choice:
        raise UsageError(f"--consent: the tracker of {hit.path} cannot say it")
    source = consent_source(policy.sites[site].collector.consent)
    consent = None if said is None else Consent(analytics=said == "yes")
    chosen = choice(source, hit, View(url=page, consent=consent))
    yield "consent", f'{_choice(chosen)}, by "{policy.sites[site].collector.consent}"'
    if has_opted_out(hit):
        yield "opt-out", "the visitor opted out on the collector's page"
    elif may_have_opted_out_unheard(FORMATS[hit.path].cookies, hit):
        yield (
            "opt-out",
            f"would not be heard: this tracker {FORMATS[hit.path].cookies}; see docs/trackers.md",
        )
    if bots.is_bot(hit.headers.get("user-agent", "")):
        yield "counted", "no: taken for a program"
        return
    dnt, gpc = hit.headers.get("dnt"), hit.headers.get("sec-gpc")
    why = ConsentRules(policy).explain(Signals(site, dnt, gpc, chosen))
    yield "counted", _verdict(policy, why.trends)
    yield "single", f"an event for analysts: {why.events}"


def _choice(consent: Consent | None) -> str:
    analytics = None if consent is None else consent.analytics
    return {True: "yes", False: "no", None: "unknown"}[analytics]


def _verdict(policy: Policy, why: Why) -> str:
    if why is Why.CONSENTED:
        return f"yes: {why}"
    countries = sorted(
        country
        for rule in policy.jurisdictions.values()
        if rule.analytics_unknown == "allow"
        for country in rule.countries
    )
    if why is Why.UNKNOWN and countries:
        return f"only from {', '.join(countries)}: {why}"
    return f"no: {why}"


def _recipe(collector: str | None) -> Iterator[Line]:
    """Of the page's own host, unless the collector is told to have another."""
    digest = f"sha384-{b64encode(sha384(snippet()).digest()).decode()}"
    yield "integrity", digest
    script = f"{collector or ''}/q.js"
    yield "script", f'<script defer src="{script}" crossorigin integrity="{digest}"></script>'
    origin = collector or "'self'"
    yield "csp", f"script-src '{digest}'; connect-src {origin}; img-src {origin}"
