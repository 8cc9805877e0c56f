"""What looks personal in a text: the audit's own patterns, written apart from the pipeline's scrub.

So that a fault of the one is not a fault of the other. They know what must never be there, and are
narrower than the scrub: what they find is wrong for certain, and never is it shown.
"""

import re
import unicodedata
from html import unescape
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import unquote

MAX_LOOKED_AT = 4096  # characters; a longer value is wrong by its length
_ROUNDS = 3  # of decoding

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\x00-\x1f\x7f]")
_QUAD = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)")
_COLONS = re.compile(r"(?<![0-9A-Za-z:.])[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?![0-9A-Za-z])")
_MAIL = re.compile(r"[^\s@/?&=<>\"']+@[^\s@/?&=<>\"']+\.[^\W\d_]{2,}")
_UUID = re.compile(r"(?i)(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])")
_HEX = re.compile(r"(?i)(?<![0-9a-z])(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{32,}(?![0-9a-z])")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")
_PHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ ().-]{0,2}\d){8,14}(?!\d)")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_LONG = re.compile(r"(?<!\d)\d{20,}(?!\d)")


def personal(text: str) -> str:
    """What is found in a text, in words, or nothing: written plainly, escaped or encoded."""
    if len(text) > MAX_LOOKED_AT:
        return "a value longer than any of ours"
    for view in _views(text):
        if found := _found(view):
            return found
    return ""


def _views(text: str) -> list[str]:
    views = [text]
    for _ in range(_ROUNDS):
        plain = unicodedata.normalize("NFKC", unescape(unquote(views[-1])))
        plain = _INVISIBLE.sub("", plain)
        if plain == views[-1]:
            break
        views.append(plain)
    return views


def _found(text: str) -> str:
    if any(map(_is_ipv4, _QUAD.findall(text))):
        return "an IPv4 address"
    if ":" in text and any(map(_is_ipv6, _COLONS.findall(text))):
        return "an IPv6 address"
    if "@" in text and _MAIL.search(text):
        return "an e-mail address"
    if _UUID.search(text) or _HEX.search(text) or _JWT.search(text):
        return "a token"
    if _PHONE.search(text):
        return "a telephone number"
    if _LONG.search(text) or any(map(_is_card, _CARD.findall(text))):
        return "a long number"
    return ""


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return all(int(part) < 256 for part in text.split("."))  # with zeros in front
    return True


def _is_ipv6(text: str) -> bool:
    """An address that somebody could have: two parts with a digit among them, or more."""
    text = text.rstrip(".:") if not text.endswith("::") else text
    parts = [part for part in text.split(":") if part]
    if len(parts) < 2 or not any(map(str.isdigit, text)):
        return False
    try:
        IPv6Address(text)
    except (AddressValueError, ValueError):
        return False
    return True


def _is_card(text: str) -> bool:
    """By the check digit of cards (ISO/IEC 7812), and no article number (GTIN-13, GTIN-14)."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    is_card = (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
    weighed = sum(digits[-1::-2]) + 3 * sum(digits[-2::-2])
    is_article = len(digits) in (13, 14) and weighed % 10 == 0
    return is_card and not is_article and len(set(digits)) > 1
