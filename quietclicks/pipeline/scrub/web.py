"""What points into the network: URLs, IP and hardware addresses, handles.

A bare host ("amazon.com", "www.irs.gov") is an honest search and stays; anything that says more
than a host goes. Resolves nothing, asks nobody.
"""

import ipaddress

import re2

from quietclicks.pipeline.scrub.spans import Span, pattern, stands_alone

_WITH_SCHEME = pattern(
    r"(?:h(?:tt|xx)ps?:/|[a-z][a-z0-9+.\-]{1,20}://|//)/*[^\s\p{Co}/][^\s\p{Co}]*"
    r"|(?:mailto|tel|sms|callto|skype|javascript|data|view-source):[^\s\p{Co}:`][^\s\p{Co}]*"
)
_HOST = r"(?:[\p{L}\p{N}](?:[\p{L}\p{N}_\-]*[\p{L}\p{N}])?\.)+(?:xn--[a-z0-9\-]+|[\p{L}]{2,18})"
_WITH_PATH = pattern(rf"{_HOST}\.?(?::[0-9]{{2,5}})?[/?#\\][^\s\p{{Co}}]+")
_WITH_PORT = pattern(rf"(?:{_HOST}|localhost):[0-9]{{2,5}}(?:/[^\s\p{{Co}}]*)?")
_FILE = pattern(r"(?:\b[a-z]:\\|\\\\|/(?:home|users)/)[^\s\p{Co}]+")
# Before a slash these ends are words, units or file types far more often than countries.
_NOT_A_DOMAIN = frozenset(
    """
    mm cm in ft oz lb kg ml js py ts md ii iii iv vs no nr st
    """.split()
)
_SCHEME_AND_PATH = pattern(r"(?:[a-z][a-z0-9+.\-]*:)?/+[^/]+/.")
_HANDLE = pattern(r"@[\p{L}\p{N}_][\p{L}\p{N}_.\-]+")
_V4 = pattern(
    r"(?:ip)?[0-9]{1,3}(?:(?:\.|。| ?[\[({](?:\.|dot)[\])}] ?| \. | dot )[0-9]{1,3}){3}"
    r"(?::[0-9]{1,5}|/[0-9]{1,2})?"
)
_MORE_TWOS = re2.compile("^[:\\-][0-9]")
_MORE = re2.compile(r"^\.[0-9]")
_NUMBER = re2.compile("[0-9]+")
_V6 = pattern(r"[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*(?:%[a-z0-9]+)?(?:/[0-9]{1,3})?")
_V6_BOXED = pattern(r"\[[0-9a-f]*:[0-9a-f:.]*(?:%[a-z0-9]+)?\](?::[0-9]{1,5})?")
_V6_LIKE = pattern(r"[\p{L}\p{N}:.]*:[\p{L}\p{N}:.]*")
_HEX_GROUPS = pattern(r"(?:[0-9a-f]{1,4}:{1,2}){2,}[0-9a-f]{1,4}")
_MAC = pattern(r"[0-9a-f]{2}(?:[:\-][0-9a-f]{2}){5}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}")


def urls_with_scheme(text: str) -> list[Span]:
    """`https://…`, `//…`, `mailto:…`."""
    if ":" not in text and "//" not in text:
        return []
    return [_with_rest(text, *m.span()) for m in _WITH_SCHEME.finditer(text)]


def urls_without_scheme(text: str) -> list[Span]:
    """A host with a path, query or port, and paths of files."""
    if (
        "/" not in text
        and "\\" not in text
        and "?" not in text
        and "#" not in text
        and ":" not in text
    ):
        return []
    found = [_with_rest(text, *m.span()) for m in _FILE.finditer(text)]
    if "." in text or ":" in text:
        found += (
            _with_rest(text, *m.span())
            for m in _WITH_PATH.finditer(text)
            if _is_host(text, m.start())
        )
        found += (m.span() for m in _WITH_PORT.finditer(text))
    return found


def _with_rest(text: str, start: int, end: int) -> Span:
    """Spaces that were encoded in a URL are decoded by now, so it goes on behind them.

    To the end of the text where it has a query, or a path behind a scheme: nobody pastes one and
    then searches on. Otherwise as far as there are words with signs of a path or a query.
    """
    address = text[start:end]
    if "?" in address or "=" in address or _SCHEME_AND_PATH.match(address):
        return start, len(text)
    signs = max(text.rfind(sign, end) for sign in "/\\&=")
    if signs < 0:
        return start, end
    space = text.find(" ", signs)
    return start, len(text) if space < 0 else space


def _is_host(text: str, start: int) -> bool:
    host = re2.split(r"[/?#:\\]", text[start:], maxsplit=1)[0]
    return host.rstrip(".").rsplit(".", 1)[-1].lower() not in _NOT_A_DOMAIN


def handles(text: str) -> list[Span]:
    """`@name`, the way a person is called on a social network."""
    if "@" not in text:
        return []
    return [m.span() for m in _HANDLE.finditer(text) if any(map(str.isalpha, m[0]))]


def ip_addresses(text: str) -> list[Span]:
    """IPv4 and IPv6 addresses that are addresses, and hardware addresses."""
    found: list[Span] = []
    if max(text.count("."), text.count("。"), text.lower().count("dot")) >= 3:
        found += (m.span() for m in _V4.finditer(text) if _is_v4(text, *m.span()))
    if text.count(":") >= 2:
        found += (m.span() for m in _V6_BOXED.finditer(text) if m[0].count(":") > 1)
        found += (m.span() for m in _V6.finditer(text) if _is_v6(text, *m.span()))
        found += (m.span() for m in _V6_LIKE.finditer(text) if _holds_v6(m[0]))
    if text.count(":") >= 5 or text.count("-") >= 5 or text.count(".") >= 2:
        found += (m.span() for m in _MAC.finditer(text) if _is_mac(text, *m.span()))
    return found


def _is_v4(text: str, start: int, end: int) -> bool:
    # More numbers before or behind make a version of it; a dot behind is the end of a sentence.
    longer = text[max(start - 1, 0) : start] == "." or _MORE.search(text[end:])
    octets = _NUMBER.findall(text[start:end])[:4]
    return stands_alone(text, start, end) and not longer and all(int(o) < 256 for o in octets)


def _is_v6(text: str, start: int, end: int) -> bool:
    address = re2.split("[%/]", text[start:end], maxsplit=1)[0].rstrip(".")
    if not stands_alone(text, start, end) or len(address) > 45 or not address.strip(":"):
        return False
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return any(map(str.isdigit, address))


def _holds_v6(word: str) -> bool:
    """An address with something glued to it: hexadecimal groups, more of them than a time has."""
    groups = _HEX_GROUPS.search(word)
    if not groups:
        return False
    parts = [part for part in groups[0].split(":") if part]
    telling = any(len(part) > 2 for part in parts) and any(map(str.isdigit, groups[0]))
    return telling and (len(parts) > 4 or "::" in groups[0])


def _is_mac(text: str, start: int, end: int) -> bool:
    # Digits alone in dotted fours, or in more than six twos, are something else.
    other = "." in text[start:end] or _MORE_TWOS.search(text[end:])
    return stands_alone(text, start, end) and (_has_letters(text[start:end]) or not other)


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))
