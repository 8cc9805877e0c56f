"""Bytes that are not UTF-8 → the text that they surely are, by the encodings a site declares.

Never guesses: what could be read in two ways, or reads like nothing that people write, is no text.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise, starmap

from msgspec import Struct

# Chosen, not measured: bounds on what reading in several ways costs.
MAX_ENCODINGS = 3  # of a site
MAX_BYTES = 256  # of a text that is not UTF-8; of a term a hundred characters are kept at most
UNREADABLE = "\ufffd"  # what stands for bytes that nobody could decode, here or before us

_SPELT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,30}")
_LATIN, _GREEK, _HEBREW = ("LATIN",), ("GREEK",), ("HEBREW",)
_CYRILLIC, _ARABIC, _THAI = ("CYRILLIC",), ("ARABIC",), ("THAI",)
_EAST = ("CJK", "IDEOGRAPHIC", "FULLWIDTH")
_JAPANESE = (*_EAST, "HIRAGANA", "KATAKANA", "HALFWIDTH")
# Besides letters: what people type among words, as typographers write it. No "¤", "¦" or "¨".
_NOT_BEHIND_A_LETTER = frozenset("«‹„‚¡¿£¥₩§№°±½¼¾")
_NOT_BEFORE_A_LETTER = frozenset("»›”…€©®™¹²³½¼¾")
_SIGNS = (
    _NOT_BEHIND_A_LETTER
    | _NOT_BEFORE_A_LETTER
    | frozenset("\u00a0“‘’–—·•×、。・「」『』〜～？！，：；（）％")
)
_LATIN_SIGNS = frozenset("ªºµ")  # letters by category: "nº 5"; elsewhere a sign of misreading
_WORD = re.compile("[À-ÖØ-öø-ÿ]{3}|[Α-ω]{3}|[ЁА-яё]{3}")  # no chance of bytes that mean another


class Encoding(Struct, frozen=True):
    """A codec of Python, and how Unicode's names of the letters it is for begin."""

    codec: str
    scripts: tuple[str, ...]

    def writes(self, character: str) -> bool:
        """Whether it is one that people type in it; `character` was read by its codec."""
        if character <= "~":
            return character >= " "
        if character in _SIGNS or (self.scripts is _LATIN and character in _LATIN_SIGNS):
            return True
        name = unicodedata.name(character, "")
        return unicodedata.category(character)[0] in "LMN" and name.startswith(
            (*self.scripts, "COMBINING")
        )

    def joins(self, before: str, after: str) -> bool:
        """Whether people write them side by side: not as in "РїРѕ", which is UTF-8 misread."""
        if before.islower() and after.isupper() and not after.isascii():
            return False
        if not _is_letter(before):
            return not (_is_letter(after) and before in _NOT_BEFORE_A_LETTER)
        if not _is_letter(after):
            return after not in _NOT_BEHIND_A_LETTER
        # In one word: of Latin letters, and in the east ("T恤"), but for half-width katakana.
        return (
            before.isascii() is after.isascii()
            or self.scripts is _LATIN
            or (_EAST[0] in self.scripts and not _is_half(before) and not _is_half(after))
        )

    def may_mean(self, letter: str) -> bool:
        """Whether UTF-8's bytes of a letter, among others, say that the text is not in this one.

        Any letter, where honest text has no such bytes in a row; elsewhere only one of its own.
        """
        if self.scripts in (_LATIN, _GREEK, _HEBREW):
            return True
        if not unicodedata.name(letter, "").startswith(self.scripts):
            return False
        try:
            letter.encode(self.codec)
        except UnicodeEncodeError:
            return False
        return True


# The legacy encodings of https://encoding.spec.whatwg.org, by Python's name of them; several names
# are one, as there. Not those that a text in ASCII can be (ISO-2022-JP): those are valid UTF-8.
_KNOWN = {
    **{f"cp{n}": Encoding(f"cp{n}", _LATIN) for n in (1250, 1252, 1254, 1257, 1258)},
    **{f"iso8859-{n}": Encoding(f"iso8859-{n}", _LATIN) for n in (2, 3, 4, 10, 13, 14, 15, 16)},
    "ascii": Encoding("cp1252", _LATIN),
    "iso8859-1": Encoding("cp1252", _LATIN),
    "iso8859-9": Encoding("cp1254", _LATIN),
    "mac-roman": Encoding("mac-roman", _LATIN),
    **{name: Encoding(name, _CYRILLIC) for name in "cp1251 cp866 iso8859-5 koi8-r koi8-u".split()},
    "mac-cyrillic": Encoding("mac-cyrillic", _CYRILLIC),
    "cp1253": Encoding("cp1253", _GREEK),
    "iso8859-7": Encoding("iso8859-7", _GREEK),
    "cp1255": Encoding("cp1255", _HEBREW),
    "iso8859-8": Encoding("iso8859-8", _HEBREW),
    "cp1256": Encoding("cp1256", _ARABIC),
    "iso8859-6": Encoding("iso8859-6", _ARABIC),
    **{name: Encoding("cp874", _THAI) for name in ("cp874", "tis-620", "iso8859-11")},
    **{name: Encoding("cp932", _JAPANESE) for name in ("shift_jis", "cp932")},
    "euc_jp": Encoding("euc_jp", _JAPANESE),
    **{name: Encoding("gbk", _EAST) for name in ("gb2312", "gbk")},
    "gb18030": Encoding("gb18030", _EAST),
    **{name: Encoding("big5hkscs", (*_EAST, "BOPOMOFO")) for name in ("big5", "big5hkscs")},
    **{name: Encoding("cp949", ("HANGUL", *_EAST)) for name in ("euc_kr", "cp949")},
}
_WEB_ONLY = {  # names that Python does not know
    "windows-874": "cp874",
    "windows-31j": "cp932",
    "windows-949": "cp949",
    "x-gbk": "gbk",
    "x-sjis": "cp932",
    "x-mac-cyrillic": "mac-cyrillic",
    "iso-8859-8-i": "iso8859-8",
}


def encoding_of(name: str) -> Encoding | None:
    """What a name says, in any spelling that Python knows, if it is one that websites have."""
    if not _SPELT.fullmatch(name):
        return None
    try:
        found = codecs.lookup(_WEB_ONLY.get(name.lower(), name)).name
    except LookupError:
        return None
    return _KNOWN.get(found)


def encodings_of(names: Iterable[str]) -> tuple[Encoding, ...]:
    """Those that are known; `policy check` refuses the others."""
    return tuple(filter(None, map(encoding_of, names)))


def text_of(data: bytes, encodings: tuple[Encoding, ...]) -> str:
    """UTF-8; else what exactly one of the encodings reads, if short; else it has U+FFFD in it."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        tried = encodings if len(data) <= MAX_BYTES else ()
        read = {text for each in tried if (text := _read(data, each)) is not None}
    return read.pop() if len(read) == 1 else data.decode(errors="replace")


def _read(data: bytes, encoding: Encoding) -> str | None:
    try:
        text = data.decode(encoding.codec)
    except UnicodeDecodeError:
        return None
    if not all(map(encoding.writes, text)) or not all(starmap(encoding.joins, pairwise(text))):
        return None
    # Partly UTF-8, or a cut in its midst.
    partly = data.decode(errors="ignore")
    letters = [each for each in partly if each.isalpha() and not each.isascii()]
    mixed = UNREADABLE in partly or _WORD.search(partly) is not None
    return None if mixed or any(map(encoding.may_mean, letters)) else text


def _is_half(character: str) -> bool:
    return "\uff61" <= character <= "\uff9f"


def _is_letter(character: str) -> bool:
    return character.isalpha() or unicodedata.category(character)[0] == "M"
