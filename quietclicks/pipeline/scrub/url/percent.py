"""Percent-encoded text to what it says: one plain form, however often it was wrapped.

Pure and total. What cannot be decoded cleanly is for the caller to drop, see `is_clean`.
"""

import re
from unicodedata import category, decimal, normalize
from urllib.parse import unquote

_ROUNDS = 8  # deeper wrapping is no accident
_LEGACY = re.compile(r"%u([0-9A-Fa-f]{4})")  # JavaScript's old escape()
# Drawn as nothing, and not in the category of format characters.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180f]")
_REPLACEMENT = "\ufffd"
# What an IRI may hold nowhere, and what would end or split a path or a query.
_UNSAFE = {code: f"%{code:02X}" for code in b' "#%<>?[\\]^`{|}'}
_UNSAFE_IN_QUERY = _UNSAFE | {code: f"%{code:02X}" for code in b"&+="}


def decoded(text: str) -> str:
    """Percent-decoding, NFKC and the removal of invisible characters, until nothing changes.

    Undecodable bytes, and whatever is still wrapped after eight rounds, leave U+FFFD.
    """
    for _ in range(_ROUNDS):
        plain = unquote(text, errors="replace") if "%" in text else text
        if "%u" in plain:
            plain = _LEGACY.sub(lambda match: chr(int(match[1], 16)), plain)
        if not plain.isascii():
            plain = normalize("NFKC", _visible(normalize("NFKC", plain)))
        if plain == text:
            return text
        text = plain
    return _REPLACEMENT


def is_clean(text: str) -> bool:
    """Whether decoded text holds nothing but printable characters."""
    return text.isprintable() and _REPLACEMENT not in text


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


def _visible(text: str) -> str:
    return "".join(
        char
        for char in _VARIATION.sub("", text)
        if category(char) != "Cf" and char not in _INVISIBLE
    )
