"""One form for text that can be written in many: what the detectors see and what is kept.

Undoes compatibility forms, invisible characters, foreign digits, percent and HTML escapes. It
never looks for anything personal, never guesses what bytes mean, and its answer does not change
when it is asked again.
"""

import html
import re
import unicodedata
from itertools import dropwhile

from quietclicks.pipeline.cache import Budget, Cache
from quietclicks.pipeline.encodings import UNREADABLE, Encoding
from quietclicks.pipeline.scrub.escapes import unescaped

VISIBLE_BYTES = 1 << 19  # some 3,000 characters
MAX_TYPED = 1024  # characters, escapes and all; nobody types more into a search box
MAX_TEXT = 168  # characters of what they say; of a term a hundred are kept at most
_MAX_ENTITIES = 128
_ESCAPED = re.compile(r"%u?[0-9A-Fa-f]{2}|&[#A-Za-z]|\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})")
_ROUNDS = 5  # of escapes inside escapes; what is deeper is no longer text somebody typed
_MAYBE_MARKED = re.compile("([0-9@.])([\u0300-\U0010ffff]+)")
# What has one spelling already: ASCII but escapes, and letters of Europe that NFKC leaves alone.
_SIMPLE = re.compile(r"[ !-$'-\[\]-~À-ÖØ-öø-ıĴ-ľŁ-ňŊ-žЁА-яё]*")

# By general category: control, format (zero-width, soft hyphen, bidirectional), private use (ours
# for marks), enclosing marks (keycaps).
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Me"})
# Invisible, though Unicode calls them letters, marks or symbols.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")

# What NFKC takes apart and people write in one: the vowel "am" of Thai and Lao, with a tone mark
# before it or within, and letters of Korean that stand alone.
_AM = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32|\u0ecd([\u0ec8-\u0ecb]?)\u0eb2")
_JAMO = {
    ord(alone): code
    for code in range(0x3131, 0x318F)
    if (alone := unicodedata.normalize("NFKC", chr(code))) != chr(code) and len(alone) == 1
}


def normalise(text: str, encodings: tuple[Encoding, ...] = ()) -> str:
    """Any text → NFKC, visible characters, ASCII digits and hyphens, single spaces.

    Nothing is left of a text that cannot be decoded for sure, by UTF-8 or one of the `encodings`,
    nor of one whose escapes go on and on. Longer than `MAX_TEXT` by one at most: what is, was cut.
    """
    text = text[:MAX_TYPED]
    if _SIMPLE.fullmatch(text) and "  " not in text and text == text.strip(" "):
        return text[: MAX_TEXT + 1]
    for _ in range(_ROUNDS):
        plain = _plain(_unescaped(text, encodings)[: MAX_TEXT + 1])
        if UNREADABLE in plain:
            return ""
        if plain == text or not _ESCAPED.search(plain):
            return plain
        text = plain
    return ""


def _unescaped(text: str, encodings: tuple[Encoding, ...]) -> str:
    if not _ESCAPED.search(text):
        return text
    text = unescaped(text, encodings)
    return html.unescape(text) if text.count("&") <= _MAX_ENTITIES else UNREADABLE


def _plain(text: str) -> str:
    if not text.isascii():
        # Invisible characters go first: they keep NFKC from composing what belongs together.
        text = unicodedata.normalize("NFKC", text.translate(_VISIBLE))[: MAX_TEXT + 1]
        text = unicodedata.normalize("NFKC", text.translate(_VISIBLE))[: MAX_TEXT + 1]
        text = _MAYBE_MARKED.sub(_unmarked, text)
        text = _AM.sub(_in_one, text).translate(_JAMO)
    elif not text.isprintable():
        text = text.translate(_VISIBLE)
    return " ".join(text.split())


def _unmarked(match: re.Match[str]) -> str:
    """Marks on top of a digit or a sign hide it."""
    return match[1] + "".join(dropwhile(_is_mark, match[2]))


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _in_one(match: re.Match[str]) -> str:
    return f"{match[1]}\u0e33" if match[0][0] == "\u0e4d" else f"{match[2]}\u0eb3"


def _visible(code: int) -> str:
    character = chr(code)
    if " " <= character <= "~":
        return character
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category in ("Cs", "Cn"):  # half a character, or none
        return UNREADABLE
    if category in _INVISIBLE or character in _BLANKS or "\ufe00" <= character <= "\ufe0f":
        return ""
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "Pd" or character == "−":
        return "-"
    return character


_VISIBLE = Cache(_visible, Budget(VISIBLE_BYTES))  # for str.translate
