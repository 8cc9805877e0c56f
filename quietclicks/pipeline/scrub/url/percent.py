"""Percent-encoded text to what it says: one plain form, however often it was wrapped.

Pure and total, and its work is bounded by the length of what it is given. What cannot be decoded
cleanly is for the caller to drop, see `is_clean`.
"""

import re
from unicodedata import category, decimal, normalize

from quietclicks.pipeline.encodings import UNREADABLE, Encoding
from quietclicks.pipeline.scrub.escapes import unescaped

MAX_DECODED = 2048  # characters
_PHRASES = "\ufdfa\ufdfb"  # characters of eighteen and of eight: no other has more than four
_MAX_PHRASES = 16
_ROUNDS = 4  # of wrapping in different ways; deeper is no accident
# Drawn as nothing: format characters, and what Unicode calls letters, marks or symbols.
_INVISIBLE = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f\u034f\u115f\u1160"
    "\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
# What an IRI may hold nowhere, and what would end or split a path or a query.
_UNSAFE = {code: f"%{code:02X}" for code in b' "#%<>?[\\]^`{|}'}
_UNSAFE_IN_QUERY = _UNSAFE | {code: f"%{code:02X}" for code in b"&+="}


def decoded(text: str, encodings: tuple[Encoding, ...] = ()) -> str:
    """Decoding, NFKC and the removal of invisible characters, until nothing changes.

    Undecodable bytes leave U+FFFD; of what is too long, or still wrapped after four rounds, U+FFFD
    is all that is left. `encodings` are for what is not UTF-8.
    """
    for _ in range(_ROUNDS):
        plain = unescaped(text, encodings)
        if not plain.isascii():
            if sum(map(plain.count, _PHRASES)) > _MAX_PHRASES:
                return UNREADABLE
            plain = normalize("NFKC", plain[: MAX_DECODED + 1])
            plain = normalize("NFKC", _INVISIBLE.sub("", plain[: MAX_DECODED + 1]))
        if len(plain) > MAX_DECODED:
            return UNREADABLE
        if plain == text:
            return text
        text = plain
    return UNREADABLE


def is_clean(text: str) -> bool:
    """Whether decoded text holds nothing but printable characters."""
    return text.isprintable() and UNREADABLE not in text


def encoded(text: str) -> str:
    """Clean text as part of an IRI's path: what is not ASCII stays readable."""
    return text.translate(_UNSAFE)


def encoded_value(text: str) -> str:
    """Clean text as a name or value in an IRI's query."""
    return text.translate(_UNSAFE_IN_QUERY)


def folded(text: str) -> str:
    """Text for looking at, not for keeping: accents gone, every script's digits as 0-9."""
    if text.isascii():
        return text
    return "".join(
        str(decimal(char)) if char.isdecimal() else char
        for char in normalize("NFKD", text)
        if category(char) != "Mn"
    )
