"""An event's URL: whether its host is the site's, and its path taken apart.

Pure and total: nothing but `Rejected` leaves it. No host leaves it in any way, and the query is
never looked at: what stands in the URLs of other hosts is read by nobody.
"""

from collections.abc import Collection
from ipaddress import ip_address

import can_ada

from quietclicks.pipeline.fields.suffixes import suffixes
from quietclicks.pipeline.rejected import Rejected
from quietclicks.pipeline.scrub.escapes import percent_encoded
from quietclicks.pipeline.scrub.url.host import has_short_host
from quietclicks.pipeline.scrub.url.percent import decoded
from quietclicks.schemas.rejection import Reason

MAX_URL = 8 * 1024  # chosen: what web servers take of a request's line by default
MAX_SPLIT = 64  # segments, before empty ones and dots are taken out
_NO_HOST = "http://site.invalid/"
_SLASHES = "/\\"
_DEFAULT_STEMS = ("index", "default")
_DEFAULT_EXTENSIONS = frozenset(
    """
    asp aspx cgi htm html jsp php php5 phtml shtml xhtml
    """.split()
)


def pathname_of(base: str, hosts: Collection[str]) -> str:
    """A URL or a path, without its query → the path as WHATWG has it, still encoded.

    Raises `Rejected`: invalid, or a URL whose host, as WHATWG has it, is none of `hosts`. Users,
    ports and a dot at the host's end tell no hosts apart. A path is the site's own, also behind
    its host, unless it begins with two slashes and what can only be another host.
    """
    if not base or len(base) > MAX_URL:
        raise Rejected(Reason.INVALID)
    if base[0] not in _SLASHES:
        host, path = _parsed(base)
        if host not in hosts:
            raise Rejected(Reason.OTHER_HOST)
        if path[1:2] != "/":
            return path
        base = path
    if base[1:2] and base[1] in _SLASHES:
        # A doubled slash, or what a browser takes for a host? In a request it is a path, but who
        # asks for `//www.google.com/search` is looking for a proxy.
        host, path = _parsed("http://" + base.lstrip(_SLASHES), lenient=True)
        if host in hosts:
            return path
        if _is_elsewhere(host, base):
            raise Rejected(Reason.OTHER_HOST)
    return _parsed(_NO_HOST + base.lstrip(_SLASHES))[1]


def segments_of(pathname: str) -> list[str]:
    """The decoded segments: no dots, no path parameters, no default document."""
    segments: list[str] = []
    plain = decoded(pathname).partition("?")[0].replace("\\", "/")
    for segment in plain.split("/", MAX_SPLIT)[:MAX_SPLIT]:
        segment = segment.partition(";")[0].strip()
        if segment == "..":
            segments[-1:] = []
        elif segment not in ("", "."):
            segments.append(segment)
    while segments and _is_default_document(segments[-1]):
        segments.pop()
    return segments


def _parsed(url: str, lenient: bool = False) -> tuple[str, str]:
    """Host and path. If `lenient`, what cannot be parsed has neither."""
    url = percent_encoded(url)
    try:
        found = can_ada.parse(url) if has_short_host(url) else None
    except (ValueError, TypeError):
        found = None
    if found is None:
        if lenient:
            return "", ""
        raise Rejected(Reason.INVALID) from None
    if found.protocol not in ("http:", "https:"):
        raise Rejected(Reason.INVALID)
    return found.hostname.removesuffix("."), str(found.pathname)


def _is_elsewhere(host: str, base: str) -> bool:
    """Whether it is a name that can be registered, or an address: no directory is called so."""
    if suffixes().registrable(host):
        return True
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return host in base  # a year is an address as well, to who must have one: 0.0.7.232


def _is_default_document(segment: str) -> bool:
    stem, _, extension = segment.lower().partition(".")
    return stem in _DEFAULT_STEMS and extension in _DEFAULT_EXTENSIONS
