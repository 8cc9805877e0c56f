"""Signed notes as C2SP's signed-note has them, with Ed25519: a text, and who signed it.

It makes no keys, and an unreadable note is never half believed: it raises `NoteError`.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

ED25519 = b"\1"  # the type of a signature; others are for others to read
KEY_BYTES, ID_BYTES = 32, 4
MAX_NOTE_BYTES = 64 * 1024
PRIVATE = "PRIVATE+KEY+"  # how a private key begins, so that none is taken for the public one
PRIME = 2**255 - 19  # of Ed25519's field


class NoteError(ValueError):
    """A note, or a key, that is not what it should be. Its text shows nothing of it."""


class UnknownSignerError(NoteError):
    """A note that may be right, and that none of the given keys has signed."""


class VerifierKey(Struct, frozen=True):
    """Whose signatures are known: what the statement publishes and anybody may have."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that say which key it was, and not that it was that key."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encoded(ED25519 + self.public)}"

    def has_signed(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's, of this text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """The private half. It shows itself to nobody who does not ask for `private_text`."""

    def __init__(self, name: str, seed: bytes) -> None:
        check_name(name)
        if len(seed) != KEY_BYTES:
            raise NoteError(f"a signing key is made of {KEY_BYTES} random bytes")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier.name!r})"

    def private_text(self) -> str:
        """As it is kept in a file of its own."""
        seed = self._private.private_bytes_raw()
        key_id = self.verifier.key_id.hex()
        return f"{PRIVATE}{self.verifier.name}+{key_id}+{encoded(ED25519 + seed)}"

    def signature_line(self, text: str) -> str:
        """A line of a note, without its end."""
        signature = self.verifier.key_id + self._private.sign(text.encode())
        return f"— {self.verifier.name} {encoded(signature)}"


def verifier_key(text: str) -> VerifierKey:
    """`name+key id+base64` → the key. Raises `NoteError`."""
    name, key_id, rest = _parts(text, "verifier key")
    key = VerifierKey(name, rest)
    if key.key_id.hex() != key_id:
        raise NoteError("the verifier key was copied wrongly: its id is of another key or name")
    if int.from_bytes(rest, "little") % 2**255 >= PRIME:
        raise NoteError("the verifier key is no Ed25519 key")
    return key


def signing_key(text: str) -> SigningKey:
    """What `private_text` gave → the key. Raises `NoteError`."""
    if not text.startswith(PRIVATE):
        raise NoteError(f"a private signing key begins with {PRIVATE}")
    name, key_id, seed = _parts(text.removeprefix(PRIVATE), "signing key")
    key = SigningKey(name, seed)
    if key.verifier.key_id.hex() != key_id:
        raise NoteError("the signing key was copied wrongly: its id is of another key or name")
    return key


def sign(text: str, keys: Iterable[SigningKey]) -> bytes:
    """A note: several keys may sign while one follows the other. Raises `NoteError`."""
    if not text.endswith("\n") or not _is_plain(text):
        raise NoteError("a note's text ends with a newline and holds no control characters")
    lines = [key.signature_line(text) for key in keys]
    if not lines:
        raise NoteError("a note needs a key to sign it")
    return (text + "\n" + "".join(f"{line}\n" for line in lines)).encode()


def opened(note: bytes, keys: Iterable[VerifierKey]) -> tuple[str, tuple[VerifierKey, ...]]:
    """The text, and which of the keys signed it.

    Signatures of other keys are ignored. One of a known key that does not fit ends it all, even
    beside one that does. Raises `NoteError`, and `UnknownSignerError` where none is known.
    """
    text, signatures = _read(note)
    known = {(key.name, key.key_id): key for key in keys}
    found = []
    for name, signature in signatures:
        key = known.get((name, signature[:ID_BYTES]))
        if key is None:
            continue
        if not key.has_signed(text.encode(), signature[ID_BYTES:]):
            raise NoteError("a signature does not fit the text")
        found.append(key)
    if not found:
        raise UnknownSignerError("none of the keys that are known has signed it")
    return text, tuple(found)


def encoded(data: bytes) -> str:
    """Base64, the standard one."""
    return b64encode(data).decode()


def decoded(text: str) -> bytes:
    """And back. Raises `NoteError` for anything that `encoded` does not write."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:  # bits beyond ASCII, too
        data = b""
    if not data or encoded(data) != text:
        raise NoteError("it is no base64")
    return data


def check_name(name: str) -> None:
    """A key's name is not empty and has neither spaces nor a plus. Raises `NoteError`."""
    if not name or "+" in name or not _is_plain(name) or any(each.isspace() for each in name):
        raise NoteError("a key's name is a text without spaces and plus signs")


def _parts(text: str, what: str) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)  # base64 may hold a plus
    if len(parts) != 3:
        raise NoteError(f"a {what} is written name+key id+base64")
    check_name(parts[0])
    key = decoded(parts[2])
    if key[:1] != ED25519 or len(key) != 1 + KEY_BYTES:
        raise NoteError(f"the {what} is not of the kind that is read here: Ed25519")
    return parts[0], parts[1], key[1:]


def _read(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    if len(note) > MAX_NOTE_BYTES:
        raise NoteError(f"a note is at most {MAX_NOTE_BYTES:,} bytes long")
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise NoteError("a note is a text in UTF-8") from None
    text, between, lines = whole.rpartition("\n\n")
    if not between or not lines.endswith("\n") or not _is_plain(whole):
        raise NoteError("a note is a text, an empty line, and signatures")
    signatures = []
    for line in lines[:-1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—":
            raise NoteError("a signature is written — name base64")
        check_name(parts[1])
        data = decoded(parts[2])
        if len(data) <= ID_BYTES:
            raise NoteError("a signature is too short")
        signatures.append((parts[1], data))
    return text + "\n", signatures


def _is_plain(text: str) -> bool:
    return all(each >= " " or each == "\n" for each in text)
