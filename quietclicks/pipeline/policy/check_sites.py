"""What a policy may not say about websites and their URLs."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import can_ada

from quietclicks.pipeline.encodings import MAX_ENCODINGS, UNREADABLE, encoding_of
from quietclicks.pipeline.policy.consent_source import consent_source
from quietclicks.pipeline.policy.model import Policy, SitePolicy
from quietclicks.pipeline.policy.patterns import compiled

MAX_CAMPAIGN = 40  # characters; chosen: a trend's value that a table's column still shows
# Of tools that measure campaigns, whose parameters bear a prefix.
CAMPAIGN_PREFIXES = ("utm_", "mtm_", "matomo_", "pk_", "piwik_", "hsa_")
# Names of parameters that advertisers, mailing tools and their networks number a click or a reader
# with, in lower case. Written by hand on 2026-11-27 from what these document.
CLICK_IDS = frozenset(
    """
    __hsfp __hssc __hstc __s _branch_match_id _ga _gl _hsenc _hsmi _ke _kx _openstat awc
    bbeml cjdata cjevent dclid dm_i ef_id epik fb_action_ids fbclid gad_campaignid gad_source
    gbraid gclid gclsrc hsctatracking igsh igshid irclickid irgwc klclid li_fat_id mc_cid
    mc_eid mkt_tok mkwid ml_subscriber ml_subscriber_hash msclkid oly_anon_id oly_enc_id
    rb_clickid rdt_cid s_cid s_kwcid sc_click_id sccid srsltid tblci ttclid twclid vero_conv
    vero_id wbraid wickedid yclid ymclid ysclid
    """.split()
)

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
_PARAMETER = re.compile(r"[^\s&=#?;/]{1,64}")
_CAMPAIGN = re.compile(r"[^\s%+&#·]+( [^\s%+&#·]+)*")
_PATH = re.compile(r"/[^\s?#]{0,1023}")
_RULE = re.compile(r"(/([^\s?#/:*]+|:[a-z][a-z_-]{0,31}|\*))+")


def check_sites(policy: Policy) -> Iterator[str]:
    """Each contradiction as "key: reason"."""
    if not policy.sites:
        yield 'sites: none listed; begin with [sites."shop.example"]'
    for name, site in policy.sites.items():
        key = site_key(name)
        if not _is_host(name):
            yield f"{key}: not a host name in lower case, without scheme, port or path"
        yield from duplicates(f"{key}.hosts", site.hosts)
        for host in site.hosts:
            if not _is_host(host) or not _is_canonical(host):
                yield (
                    f"{key}.hosts: {host!r} is not a host name as browsers send it: lower case, "
                    "without scheme, port or path, other letters as xn--…; each is listed by itself"
                )
        yield from _site(key, site)


def site_key(name: str) -> str:
    """As the file writes it."""
    return f'sites."{name}"'


def duplicates(key: str, values: Sequence[object]) -> Iterator[str]:
    """A list that says something twice is a slip of the hand."""
    for value in values:
        if values.count(value) > 1:
            yield f"{key}: {value} is listed twice"
            return


def _is_host(name: str) -> bool:
    return len(name) <= 253 and _HOST.fullmatch(name) is not None


def _is_canonical(host: str) -> bool:
    """Whether URLs have it like that: no URL's host is `127.1`."""
    try:
        return bool(can_ada.parse(f"http://{host}/").hostname == host)
    except ValueError:
        return False


def _site(key: str, site: SitePolicy) -> Iterator[str]:
    for name in ("search_pages", "search_parameters", "path_rules"):
        yield from duplicates(f"{key}.{name}", getattr(site, name))
    for page in site.search_pages:
        if not _PATH.fullmatch(page):
            yield f"{key}.search_pages: {page!r} is not a path such as /search"
    for parameter in site.search_parameters:
        if not _PARAMETER.fullmatch(parameter):
            yield f"{key}.search_parameters: {parameter!r} is not the name of a URL parameter"
    if site.search_parameters and not site.search_pages:
        yield f"{key}.search_parameters: without search_pages no term is ever counted"
    yield from _parameters(f"{key}.parameters", site)
    yield from _campaigns(f"{key}.campaigns", site.campaigns)
    yield from _encodings(f"{key}.encodings", site.encodings)
    for rule in site.path_rules:
        if not _RULE.fullmatch(rule):
            yield f"{key}.path_rules: {rule!r} is not a path such as /user/:name or /shop/*"
    try:
        consent_source(site.collector.consent)
    except ValueError as error:
        yield f"{key}.collector.consent: {site.collector.consent!r} {error}"


def _parameters(key: str, site: SitePolicy) -> Iterator[str]:
    """Names in any case: what tells one person's link from another's is no page, however spelt."""
    searches = set(map(str.lower, site.search_parameters))
    for name, pattern in site.parameters.items():
        small = name.lower()
        if not _PARAMETER.fullmatch(name):
            yield f"{key}: {name!r} is not the name of a URL parameter"
        elif small in searches:
            yield f"{key}: {name} is a search parameter; the typed term would stand in the page"
        elif small.startswith(CAMPAIGN_PREFIXES):
            yield f"{key}: {name} tells a campaign, not a page; list its name under campaigns"
        elif small in CLICK_IDS:
            yield f"{key}: {name} is a number of one click or reader, not a page"
        else:
            try:
                compiled(pattern)
            except ValueError as error:
                yield f"{key}: {name} has no valid pattern: {error}"


def _campaigns(key: str, names: Sequence[str]) -> Iterator[str]:
    yield from duplicates(key, [name.casefold() for name in names])
    for name in names:
        plain = unicodedata.normalize("NFKC", name) == name and name.isprintable()
        plain = plain and UNREADABLE not in name
        if not plain or len(name) > MAX_CAMPAIGN or not _CAMPAIGN.fullmatch(name):
            yield (
                f"{key}: {name!r} is not a name such as newsletter: {MAX_CAMPAIGN} characters at "
                "most, none of % + & # · and no space at an end"
            )


def _encodings(key: str, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if encoding_of(name) is None:
            yield (
                f"{key}: {name!r} is no legacy encoding of websites, such as windows-1251, "
                "iso-8859-1, shift_jis, gbk, big5 or euc-kr; UTF-8 needs no entry"
            )
            return
    if len(names) > MAX_ENCODINGS:
        yield f"{key}: {len(names)} encodings, and {MAX_ENCODINGS} are read at most"
    yield from duplicates(key, [str(encoding_of(name)) for name in names])
