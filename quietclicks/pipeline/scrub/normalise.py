"""One form for text that can be written in many: what the detectors see and what is kept.

Undoes compatibility forms, invisible characters, foreign digits, percent and HTML escapes. It
never looks for anything personal, and its answer does not change when it is asked again.
"""

import html
import re
import unicodedata
from urllib.parse import unquote_to_bytes

import re2

_ESCAPED = re2.compile(r"%u?[0-9A-Fa-f]{2}|&(?:#|[A-Za-z])|\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})")
_OF_SCRIPTS = re.compile(r"[\\%]u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")
_RE_ESCAPED_PERCENT = re2.compile(r"%(?:25)+")
_RUN_OF_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ROUNDS = 4  # of escapes inside escapes; what is deeper is no longer text somebody typed
_STACKED_MARKS = re2.compile(r"([0-9@.])\p{M}+")
# What has one spelling already: ASCII but escapes, and letters of Europe that NFKC leaves alone.
_SIMPLE = re.compile(r"[ !-$'-\[\]-~À-ÖØ-öø-ıĴ-ľŁ-ňŊ-žЁА-яё]*")

# By general category: control, format (zero-width, soft hyphen, bidirectional), surrogate, private
# use (ours for marks), enclosing marks (keycaps).
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Me"})
# Invisible, though Unicode calls them letters, marks or symbols.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def normalise(text: str) -> str:
    """Any text → NFKC, visible characters, ASCII digits and hyphens, single spaces."""
    if _SIMPLE.fullmatch(text) and "  " not in text and text == text.strip(" "):
        return text
    text = _plain(text)
    for _ in range(_ROUNDS):
        if not _ESCAPED.search(text):
            return text
        decoded = _plain(_unescape(text))
        if decoded == text:
            return text
        text = decoded
    return " ".join(text.replace("%", " ").replace("&", " ").replace("\\", " ").split())


def _unescape(text: str) -> str:
    text = _RE_ESCAPED_PERCENT.sub("%", text) if "%25" in text else text
    text = _RUN_OF_ESCAPES.sub(_decoded, text)
    return html.unescape(_OF_SCRIPTS.sub(lambda m: chr(int(m[1] or m[2], 16)), text))


def _decoded(match: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(match[0]).decode()
    except UnicodeDecodeError:
        return match[0]


def _plain(text: str) -> str:
    if not text.isascii():
        # Invisible characters go first: they keep NFKC from composing what belongs together.
        text = "".join(map(_visible, text))
        text = unicodedata.normalize("NFKC", text)
        text = unicodedata.normalize("NFKC", "".join(map(_visible, text)))
        text = _STACKED_MARKS.sub(r"\1", text)
    elif not text.isprintable():
        text = "".join(map(_visible, text))
    return " ".join(text.split())


def _visible(character: str) -> str:
    if " " <= character <= "~":
        return character
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category in _INVISIBLE or character in _BLANKS or "\ufe00" <= character <= "\ufe0f":
        return ""
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "Pd" or character == "−":
        return "-"
    return character
