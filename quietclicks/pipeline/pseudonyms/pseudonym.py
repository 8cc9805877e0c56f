"""Pseudonyms: keyed, length-delimited hashes, apart for each day, use and site.

`docs/pseudonyms.md` has the construction and its test vectors. It never chooses a key, and neither
shows nor keeps what a pseudonym was made of.
"""

from binascii import b2a_base64
from collections.abc import Iterable
from hashlib import blake2b

KEY_BYTES = 32
TEXT_BYTES = 12  # 96 bits
TEXT_LENGTH = 16  # characters of base64
NUMBER_BYTES = 8
PERSON = b"quietclicks/1"  # the construction's own name and version

# Uses. Nothing made for one can be joined with what was made for another.
EVENTS = b"visitor/events"  # the visitor, as analysts see one
TREND = b"visitor/trend"  # the visitor, as the trends' samples count one
OPTED_OUT = b"visitor/opted-out"  # the same for the stream of those who refused or object
BOT = b"visitor/bots"  # and for the stream of programs
EVENT_ID = b"event/events"  # the event's id, as analysts see it

_URL_SAFE = bytes.maketrans(b"+/", b"-_")


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
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key is {KEY_BYTES} bytes")
        # What is the same for every call is hashed once; a call goes on from a copy.
        self._text = blake2b(key=key, person=PERSON, digest_size=TEXT_BYTES)
        self._number = blake2b(key=key, person=PERSON, digest_size=NUMBER_BYTES)
        for hasher in (self._text, self._number):
            hasher.update(delimited((purpose, site.encode())))

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

    def number(self, parts: bytes) -> int:
        """An unsigned number of 64 bits."""
        hasher = self._number.copy()
        hasher.update(parts)
        return int.from_bytes(hasher.digest())


def visitor_identity(address: bytes | None, user_agent: str | None) -> bytes:
    """What one visitor is told from another by, within a site and day: to be hashed.

    `address` is what `network.parse_address` gave. Where that is nothing, all visitors with the
    same user agent are one: garbage in place of addresses cannot make up a crowd of visitors.
    """
    return delimited((address or b"", (user_agent or "").encode("utf-8", "surrogatepass")))
