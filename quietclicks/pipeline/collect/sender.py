"""Who sent a request: the address as far as it can be believed, and what proxies wrote of it.

It repairs and guesses nothing: where two accounts differ, nobody's address is taken.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from quietclicks.pipeline.fields.forwarded import (
    UNREADABLE,
    TrustedProxies,
    client_address,
    plain_address,
)

MAX_LENGTH = 4096  # of a list: longer than any chain of proxies
FORWARDED, X_FORWARDED_FOR = "forwarded", "x-forwarded-for"
# RFC 7239 section 4: a token, or a text in quotation marks, with commas and semicolons in it.
# Python's own: re2's copies the whole text for each part, and 4 KiB of commas took 0.2 s.
_PART = re.compile(r'\s*(?:([!#$%&\'*+.^_`|~\w-]+)=("[^"\\]*"|[^\s",;]+)\s*)?([;,]|$)', re.ASCII)


class Why(StrEnum):
    """How the address was found."""

    CONNECTION = "it is who connected; no proxy is listed that would stand before it"
    DIRECT = "it is who connected, and none of the listed proxies"
    PROXIES = "it is the nearest address before the listed proxies"
    NOT_SENT = "a listed proxy connected, and wrote no address down"
    DIFFER = "Forwarded and X-Forwarded-For tell different addresses: a proxy passes one on unread"
    UNREADABLE = "what the proxies wrote is no address, or all of it is their own"


class Sender(Struct, frozen=True):
    """`address` may be `UNREADABLE`, which the pipeline counts by the user agent alone."""

    address: str
    why: Why

    def __repr__(self) -> str:
        return "Sender(…)"


def sender(
    peer: str, x_forwarded_for: str | None, forwarded: str | None, trusted: TrustedProxies
) -> Sender:
    """`peer` is who connected; the others are the headers, with commas between several of them."""
    if not trusted:
        return Sender(plain_address(peer), Why.CONNECTION)
    if any(len(each or "") > MAX_LENGTH for each in (x_forwarded_for, forwarded)):
        return Sender(UNREADABLE, Why.UNREADABLE)
    own = plain_address(peer)
    if not own or own not in trusted:
        return Sender(own, Why.DIRECT if own else Why.UNREADABLE)
    told = [
        client_address(peer, values, trusted)
        for values in (_listed(x_forwarded_for), _of_forwarded(forwarded))
        if values
    ]
    if not told:
        return Sender(UNREADABLE, Why.NOT_SENT)
    if len(set(told)) > 1:
        return Sender(UNREADABLE, Why.DIFFER)
    return Sender(told[0], Why.PROXIES if told[0] else Why.UNREADABLE)


def _listed(value: str | None) -> list[str]:
    return [] if value is None else value.split(",")


def _of_forwarded(value: str | None) -> Sequence[str]:
    """The `for` of each element, "" where it has none or two, and "" alone where it is no list."""
    return [] if value is None else _for_of_each(_PART.finditer(value), len(value))


def _for_of_each(parts: Iterable[re.Match[str]], length: int) -> Sequence[str]:
    found, names, at = [""], set[str](), 0
    for part in parts:
        name = (part[1] or "").lower()
        if part.start() != at or (name and name in names):
            break
        names.add(name)
        if name == "for":
            found[-1] = part[2].strip('"')
        if part[3] == ",":
            found.append("")
            names.clear()
        if part.end() == length and part[3] != ",":
            return found
        at = part.end()
    return [""]
