"""Where a visitor came from: the kind of place and its registrable domain, never more.

Pure and total. The domain is cut by the public suffix list's ICANN part: below its private part
(blog hosts and the like) people's names stand.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from ipaddress import ip_address

import can_ada

from quietclicks.pipeline.fields.referrer_hosts import (
    APPS,
    ASSISTANTS,
    ENGINES,
    ENGINES_ANYWHERE,
    PATHS,
    SEARCH_HOSTS,
    SOCIALS,
    SOCIALS_ANYWHERE,
)
from quietclicks.pipeline.fields.suffixes import suffixes
from quietclicks.pipeline.scrub.url.host import has_short_host
from quietclicks.pipeline.scrub.url.pieces import without_personal
from quietclicks.schemas.pseudonymised import Source, SourceClass

MAX_ORIGIN = 300  # characters that are worth remembering
MAX_REFERRER = 1024  # characters that are looked at: a host, and the start of a path
_HOST = re.compile(r"[a-z0-9._-]{1,253}|\[[0-9a-f:.]+\]")  # a name, or IPv6
NOWHERE = Source("none", None)
_APP_WITHOUT_COLON = "android-app//"  # as some collectors write it
_MINOR = ("www.", "m.")


@lru_cache(maxsize=1024)
def _home(site: str) -> str:
    """What marks a host as the site's own."""
    return suffixes().owned(site) or site


def origin_of(referrer: str | None) -> str | None:
    """The referrer without what `referrer_of` does not look at: mostly the origin alone is left."""
    if not referrer:
        return None
    referrer = referrer[:MAX_REFERRER]
    start = 8 if referrer.startswith("https://") else 7 if referrer.startswith("http://") else 0
    if not start or not referrer[start : start + 1].isalnum():
        return referrer  # more slashes may follow before the host does
    end = referrer.find("/", start)
    return referrer[: end + 1] if 0 < end < MAX_ORIGIN else referrer


def is_told_by_path(origin: str) -> bool:
    """A few hosts are of one kind or another by their path: there an origin is not enough."""
    return any(host in origin.lower() for host in PATHS)


def referrer_of(referrer: str | None, site: str) -> Source:
    """The `Referer` header, or what an app sent → class and registrable domain.

    Nothing, garbage, addresses of a private network and names without a public suffix are `none`;
    a public address is a `site` without a host.
    """
    place = _place(referrer) if referrer else None
    if place is None:
        return NOWHERE
    host, path = place
    home = _home(site)
    if host == home or host.endswith("." + home):
        return Source("internal", suffixes().registrable(site))
    domain = suffixes().registrable(host)
    if domain is None:
        return Source("site", None) if _is_public_address(host) else NOWHERE
    kind = _kind(host, path, domain)
    if kind == "site" and not _is_harmless(domain):
        return Source("site", None)
    return Source(kind, domain)


def is_spam(referrer: str | None, site: str, spammers: Collection[str]) -> bool:
    """Whether the referrer is one of the hosts listed, or below one. A site's own never is.

    Also without a scheme: no browser sends that, but such programs send what they like.
    """
    referrer = (referrer or "")[:MAX_REFERRER].strip()
    bare = referrer.lstrip("/\\")
    host, _ = _place(referrer) or (_place("http://" + bare) if bare else None) or ("", "")
    if host == (home := _home(site)) or host.endswith("." + home):
        return False
    while host:
        if host in spammers:
            return True
        host = host.partition(".")[2]
    return False


def known_host(host: str) -> SourceClass | None:
    """What a host is, in lower case: a search engine, a network or an assistant; None otherwise."""
    domain = suffixes().registrable(host) if _HOST.fullmatch(host) else None
    kind = _kind(host, "/", domain) if domain else "site"
    return None if kind == "site" else kind


def _place(referrer: str) -> tuple[str, str] | None:
    """Host and path, where the scheme is one that a visitor comes by."""
    if referrer.startswith(_APP_WITHOUT_COLON):
        referrer = referrer.replace("//", "://", 1)
    referrer = referrer[:MAX_REFERRER]
    if not has_short_host(referrer):
        return None
    try:
        url = can_ada.parse(referrer)
    except (ValueError, TypeError):
        return None
    host = url.hostname.lower().rstrip(".")
    if not _HOST.fullmatch(host):
        return None
    if url.protocol == "android-app:":
        host = _service(host)
    elif url.protocol not in ("http:", "https:"):
        return None
    return APPS.get(host, host), url.pathname


def _service(package: str) -> str:
    """An app's package name is its maker's host read backwards; some send the host as it is."""
    labels = package.split(".")
    names = (".".join(labels[:end]) for end in range(len(labels), 1, -1))  # `.lite` and the like
    host = next((APPS[name] for name in names if name in APPS), ".".join(reversed(labels)))
    return host if suffixes().registrable(host) else package


def _kind(host: str, path: str, domain: str) -> SourceClass:
    for minor in _MINOR:
        host = host.removeprefix(minor) if len(host) > len(domain) else host
    for start, kind in PATHS.get(host, ()):
        if path == start or path.startswith(start + "/"):
            return kind
    if host in SEARCH_HOSTS or suffixes().before_suffix(host, domain) in ENGINES_ANYWHERE:
        return "search"
    if domain.partition(".")[0] in SOCIALS_ANYWHERE:
        return "social"
    while True:
        if host in ASSISTANTS:
            return "ai"
        if host in SOCIALS:
            return "social"
        if host in ENGINES:
            return "search"
        if len(host) <= len(domain):
            return "site"
        host = host.partition(".")[2]


def _is_harmless(domain: str) -> bool:
    """Whether the registered name itself is not a number or a token."""
    name = domain.partition(".")[0]
    return name.startswith("xn--") or without_personal(name, str, is_content=True) == name


def _is_public_address(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_global
    except ValueError:
        return False
