"""An IAB TC string (TCF v2.2), reduced to what was consented to.

Whatever is wrong with a string, the answer is None, which the rules take for a no where there was
a string: no exception, and nothing of it in a message. Only the core segment is read, and no field
past its end: none of the other segments can add a consent. (Why not by the library:
docs/decisions/tc-strings.md.)
"""

import binascii
import re
from base64 import urlsafe_b64decode
from itertools import islice

from msgspec import Struct

MAX_CHARACTERS = 2048  # of the core segment; the longest with every vendor known is near 1,500

# Bit positions of the core segment, version 2
_VERSION = 6
_PURPOSES = 152
_VENDORS = 213
_COUNT = 24  # purposes

_ALPHABET = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# A vendor; or the first and the last of several.
_ENTRY = re.compile("0([01]{16})|1([01]{16})([01]{16})")
_REQUIRES_CONSENT = 1  # the one publisher restriction under which a consent still counts


class TcfConsent(Struct, frozen=True):
    """What the string's owner consented to."""

    purposes: frozenset[int]
    vendors: frozenset[int]


def decode(
    text: str | None, vendors: frozenset[int], vendor_purposes: frozenset[int]
) -> TcfConsent | None:
    """`vendors` are those that are asked about, `vendor_purposes` what they would do.

    A vendor that the publisher restricts in one of these purposes has no consent.
    """
    core = (text or "").partition(".")[0]
    if len(core) > MAX_CHARACTERS or not _ALPHABET.fullmatch(core):
        return None
    try:
        data = urlsafe_b64decode(core + "=" * (-len(core) % 4))
        return _read(_Bits(data), vendors, vendor_purposes)
    except (binascii.Error, EOFError):
        return None


class _Bits:
    """Big-endian bits; reading past the end raises `EOFError`, never yields a bit."""

    def __init__(self, data: bytes) -> None:
        self.text = format(int.from_bytes(data), f"0{len(data) * 8}b") if data else ""
        self.at = 0

    def take(self, width: int) -> str:
        end = self.at + width
        if end > len(self.text):
            raise EOFError
        taken, self.at = self.text[self.at : end], end
        return taken

    def number(self, width: int) -> int:
        return int(self.take(width), 2)


def _read(bits: _Bits, vendors: frozenset[int], purposes: frozenset[int]) -> TcfConsent | None:
    if bits.number(_VERSION) != 2:
        return None
    bits.take(_PURPOSES - _VERSION)
    consented = frozenset(i for i, bit in enumerate(bits.take(_COUNT), 1) if bit == "1")
    bits.take(_VENDORS - _PURPOSES - _COUNT)
    allowed = _vendors(bits, vendors)
    _vendors(bits, vendors)  # legitimate interests: skipped, but they must be there
    restricted: set[int] = set()
    for _ in range(bits.number(12)):
        purpose, kind = bits.number(6), bits.number(2)
        named = _ranges(bits, vendors)
        if purpose in purposes and kind != _REQUIRES_CONSENT:
            restricted |= named
    return TcfConsent(consented, frozenset(allowed - restricted))


def _vendors(bits: _Bits, asked: frozenset[int]) -> set[int]:
    highest = bits.number(16)
    if bits.number(1):
        return {vendor for vendor in _ranges(bits, asked) if vendor <= highest}
    field = bits.take(highest)
    return {vendor for vendor in asked if 0 < vendor <= highest and field[vendor - 1] == "1"}


def _ranges(bits: _Bits, asked: frozenset[int]) -> set[int]:
    count = bits.number(12)
    entries = list(islice(_ENTRY.finditer(bits.text, bits.at), count))
    end = entries[-1].end() if entries else bits.at
    if len(entries) < count or sum(len(each[0]) for each in entries) < end - bits.at:
        raise EOFError
    bits.at = end
    if not asked:
        return set()
    # Of one width, texts of bits compare as their numbers do.
    named = [(each[1] or each[2], each[1] or each[3]) for each in entries]
    sought = {vendor: f"{vendor:016b}" for vendor in asked}
    return {
        vendor
        for vendor, text in sought.items()
        if len(text) == 16 and any(first <= text <= last for first, last in named)
    }
