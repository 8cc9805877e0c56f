"""Where the collector reads a visitor's choice from, as a site's policy says in one line.

It reads no request, and decides nothing about one.
"""

import re
from enum import StrEnum

from msgspec import Struct

OPT_OUT_COOKIE = "quietclicks-opt-out"
"""Set by the collector's own page for visitors who want no part in it."""


class From(StrEnum):
    """What the line begins with."""

    PAGE = "page"
    COOKIE = "cookie"
    HEADER = "header"
    VOUCHED = "vouched"


class ConsentSource(Struct, frozen=True):
    """`name` and `value` are a cookie's or a header's; a header's name is in small letters."""

    kind: From
    name: str = ""
    value: str = ""


# RFC 6265 section 4.1.1, but for the quotation marks that a value may stand in.
_COOKIE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})=([!#-+./0-:<-\[\]-~-]{1,256})")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})=([!-~](?:[ -~]{0,254}[!-~])?)")
# What browsers and proxies send of themselves is nobody's choice.
_SENT_ANYWAY = frozenset(
    """
    accept accept-encoding accept-language authorization cache-control connection content-length
    content-type cookie dnt forwarded host origin pragma purpose referer upgrade-insecure-requests
    user-agent x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip
    """.split()
)


def consent_source(line: str) -> ConsentSource:
    """`page`, `cookie NAME=VALUE`, `header NAME=VALUE` or `vouched`; raises `ValueError`."""
    if line in (From.PAGE, From.VOUCHED):
        return ConsentSource(From(line))
    kind, _, rest = line.partition(" ")
    if kind == From.COOKIE and (found := _COOKIE.fullmatch(rest)):
        if found[1] == OPT_OUT_COOKIE:
            raise ValueError("is the cookie of who opts out")
        return ConsentSource(From.COOKIE, found[1], found[2])
    if kind == From.HEADER and (found := _HEADER.fullmatch(rest)):
        name = found[1].lower()
        if name in _SENT_ANYWAY or name.startswith("sec-"):
            raise ValueError("is a header that browsers or proxies send to everybody")
        return ConsentSource(From.HEADER, name, found[2])
    raise ValueError('is none of "page", "cookie NAME=VALUE", "header NAME=VALUE" and "vouched"')
