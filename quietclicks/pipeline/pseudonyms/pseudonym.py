"""Pseudonyms: keyed, length-delimited hashes, apart for each day, use and site.

`docs/pseudonyms.md` has the construction and its test vectors. It never chooses a key, and neither
shows nor keeps what a pseudonym was made of.
"""

from binascii import b2a_base64
from collections.abc import Iterable
from hashlib import blake2b
from struct import Struct

KEY_BYTES = 32
TEXT_BYTES = 12  # 96 bits
TEXT_LENGTH = 16  # characters of base64
NUMBERS_BYTES = 64  # the longest that BLAKE2b gives: eight numbers
PLACE_BYTES = 8  # of an address, that tell visitors apart: all of IPv4, the /64 of IPv6
PERSON = b"quietclicks/1"  # the construction's own name and version

# Uses. Nothing made for one can be joined with what was made for another.
EVENTS = b"visitor/events"  # the visitor, as analysts see one
TRENDS = b"numbers/trends"  # the visitor, as the trends' samples count one
OPTED_OUT = b"numbers/opted-out"  # the same for the stream of those who refused or object
BOTS = b"numbers/bots"  # and for the stream of programs
EVENT_ID = b"event/events"  # the event's id, as analysts see it

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_EIGHT = Struct(">8Q")

Numbers = tuple[int, ...]
"""A visitor's numbers, unsigned and of 64 bits: in the samples of each dimension another."""


def partner(name: str) -> bytes:
    """The use of a visitor's pseudonym by a partner of the policy."""
    return b"visitor/partner/" + name.encode()


def partner_event_id(name: str) -> bytes:
    """The use of an event's id by a partner of the policy."""
    return b"event/partner/" + name.encode()


def delimited(parts: Iterable[bytes]) -> bytes:
    """Each part after its length, so that no two lists of parts are the same bytes."""
    return b"".join(map(delimited_part, parts))


def delimited_part(part: bytes) -> bytes:
    """One such part."""
    return len(part).to_bytes(4) + part


class Pseudonymiser:
    """One key, one use, one site; the key is 32 random bytes, one for each UTC day of events.

    What it is given to hash is made by `delimited`.
    """

    def __init__(self, key: bytes, purpose: bytes, site: str) -> None:
        # What is the same for every call is hashed once; a call goes on from a copy.
        self._text = _hasher(key, TEXT_BYTES, purpose, site.encode())

    def text(self, parts: bytes) -> str:
        """16 characters of URL-safe base64: 96 bits."""
        return self.texts([parts])[0]

    def texts(self, all_parts: Iterable[bytes]) -> list[str]:
        """The same of many."""
        new = self._text.copy
        digests = []
        for parts in all_parts:
            hasher = new()
            hasher.update(parts)
            digests.append(hasher.digest())
        # Their length is a multiple of three: one after another they encode as they do alone.
        joined = b2a_base64(b"".join(digests), newline=False).translate(_URL_SAFE).decode()
        return [joined[at : at + TEXT_LENGTH] for at in range(0, len(joined), TEXT_LENGTH)]


class Numberer:
    """The same for a visitor's numbers, of which nothing joins one with another.

    One number for all dimensions would make a profile of who is in many samples.
    """

    def __init__(self, key: bytes, purpose: bytes, site: str, count: int) -> None:
        blocks = range(-(-count // 8))
        self._blocks = [
            _hasher(key, NUMBERS_BYTES, purpose, site.encode(), bytes([block])) for block in blocks
        ]
        self._count = count

    def numbers(self, parts: bytes) -> Numbers:
        """As many as were asked for, always in the same order."""
        numbers: Numbers = ()
        for block in self._blocks:
            hasher = block.copy()
            hasher.update(parts)
            numbers += _EIGHT.unpack(hasher.digest())
        return numbers[: self._count]


def _hasher(key: bytes, size: int, *parts: bytes) -> "blake2b":
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key is {KEY_BYTES} bytes")
    return blake2b(delimited(parts), key=key, person=PERSON, digest_size=size)


def visitor_identity(address: bytes | None, user_agent: str | None) -> bytes:
    """What one visitor is told from another by, within a site and day: to be hashed.

    `address` is what `network.parse_address` gave. Of IPv6 the first 64 bits count: the others are
    an interface's own and change at its will (RFC 8981), so one machine could be a crowd. Where
    there is no address, all visitors with the same user agent are one: garbage in place of
    addresses cannot make up a crowd of visitors.
    """
    place = (address or b"")[:PLACE_BYTES]
    return delimited((place, (user_agent or "").encode("utf-8", "surrogatepass")))
