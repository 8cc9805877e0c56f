"""Boxes: what identifies a person, sealed for the workers alone, for one request and one day.

X25519, HKDF-SHA-256 and AES-256-GCM. A day's box key is made of the day's key and dies with it. It
draws no randomness: who seals gives an ephemeral key. What is opened is never in a message.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from quietclicks.pipeline.evidence import notes
from quietclicks.pipeline.evidence.notes import SigningKey, VerifierKey
from quietclicks.pipeline.pseudonyms.pseudonym import delimited

KEY_BYTES = 32
INFO = b"quietclicks/1 rights box"
BOX_USE = b"rights/box"  # of a day's key
NONCE = bytes(12)  # each box has a key of its own: the ephemeral one is used once
TITLE = "quietclicks box key"


class BoxError(ValueError):
    """No box of this request and day. Its text shows nothing of it."""


class Identity(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a request is about: an address as one writes it, and the browser as it calls itself."""

    address: str
    user_agent: str | None = None

    def __repr__(self) -> str:
        return "Identity(…)"


def context(request: str, verb: str, site: str, days: Iterable[str], day: str) -> bytes:
    """What a box is bound to, so that it opens for no other request, verb, site or day."""
    return delimited(part.encode() for part in (request, verb, site, ",".join(days), day))


def public_of(seed: bytes) -> bytes:
    """A day's box key, made of 32 secret bytes → its public half."""
    return X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def seal(identity: Identity, public: bytes, ephemeral: bytes, bound_to: bytes) -> str:
    """`ephemeral`: 32 random bytes, never to be used again. Raises `BoxError` for a bad key."""
    mine = X25519PrivateKey.from_private_bytes(ephemeral)
    head = mine.public_key().public_bytes_raw()
    cipher = _cipher(mine, public, head, public)
    return b64encode(head + cipher.encrypt(NONCE, msgspec.json.encode(identity), bound_to)).decode()


def unseal(box: str, seed: bytes, bound_to: bytes) -> Identity:
    """Raises `BoxError` for whatever is no box for this key, request, verb, site, days and day."""
    try:
        data = b64decode(box, validate=True)
        head, sealed = data[:KEY_BYTES], data[KEY_BYTES:]
        cipher = _cipher(X25519PrivateKey.from_private_bytes(seed), head, head, public_of(seed))
        return msgspec.json.decode(cipher.decrypt(NONCE, sealed, bound_to), type=Identity)
    except (ValueError, InvalidTag):
        raise BoxError("it does not open") from None


def published(day: str, public: bytes, keys: Iterable[SigningKey]) -> bytes:
    """A day's box key as officers read it; signed, if there is a key to sign with."""
    text = f"{TITLE}\n{day}\n{notes.encoded(public)}\n"
    keys = list(keys)
    return notes.sign(text, keys) if keys else text.encode()


def trusted(day: str, note: bytes, key: VerifierKey | None) -> bytes:
    """The public half, if `key` has signed it for this day; without one, as it stands.

    Raises `NoteError`.
    """
    text = notes.opened(note, [key])[0] if key else note.partition(b"\n\n")[0].decode()
    lines = text.rstrip("\n").split("\n")
    if len(lines) != 3 or lines[:2] != [TITLE, day]:
        raise notes.NoteError("it is no box key of that day")
    public = notes.decoded(lines[2])
    if len(public) != KEY_BYTES:
        raise notes.NoteError("it is no box key")
    return public


def _cipher(mine: X25519PrivateKey, theirs: bytes, ephemeral: bytes, public: bytes) -> AESGCM:
    try:
        shared = mine.exchange(X25519PublicKey.from_public_bytes(theirs))
    except ValueError:
        raise BoxError("it is no key") from None
    return AESGCM(HKDF(SHA256(), 32, salt=ephemeral + public, info=INFO).derive(shared))
