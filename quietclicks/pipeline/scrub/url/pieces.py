"""Finds personal data in one short piece of a URL: a path segment or a parameter's value.

A piece that holds any is replaced whole by a placeholder; only a bare long number is replaced in
place, so that the words around it stay. It knows shapes, not names: see `path_rules` for those.
"""

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from ipaddress import ip_address

from stdnum import ean, isbn

from quietclicks.pipeline.scrub.url.noise import chunks, has_word, is_noise
from quietclicks.pipeline.scrub.url.percent import folded

EMAIL, PHONE, IP, DATE, NUMBER = ":email", ":phone", ":ip", ":date", ":number"
ID, TOKEN, NAME = ":id", ":token", ":name"
# Ours, and those that the scrub of typed text writes.
PLACEHOLDERS = frozenset({EMAIL, PHONE, IP, DATE, NUMBER, ID, TOKEN, NAME}) | {
    *(":url", ":iban", ":card", ":place"),
}
MAX_PIECE = 128
_ROUNDS = 4  # what is left after a replacement is looked at again
KNOWN = re.compile(f"(?:{'|'.join(sorted(PLACEHOLDERS))})(?![a-z0-9])")

# Ways to write @ that decoding leaves: quoted-printable, escapes of languages.
_AT = re.compile(
    r"(?i)(?:=|\\x|\\?u\{?0{0,4}|&#x?0{0,4}|_x00)40(?!\d)|\b(?:0?x40|u0040)(?=[a-z])|&commat;?"
)
_HANDLE = re.compile(r"@[^@.]*")
_SPELT_AT = re.compile(
    r"(?i)[a-z0-9][\W_]{0,3}[\W_](?:at|arroba|chez|klammeraffe)[\W_]{1,4}[a-z0-9-]{1,63}"
    r"(?:[\W_]{1,4}(?:dot|punkt|point|punto)[\W_]{1,4}"
    r"|[\W_]{0,3}\.)(?:[a-z]{2}|com|net|org|edu|gov|info|biz|mail)(?![a-z0-9])"
)
# The sign lost on the way into a slug: "jane-roe-gmail-com", "jane at gmail".
_PROVIDER = r"(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|gmx|protonmail)"
_SIGNLESS = re.compile(
    rf"(?i)[a-z0-9][\W_]{{1,2}}{_PROVIDER}[-_. ](?:com|net|de|fr|es|it|me|co[-_. ]uk)\Z"
    rf"|[a-z0-9][\W_]{{1,2}}(?:at|arroba|chez)[\W_]{{1,2}}{_PROVIDER}(?![a-z0-9])"
)
_QUAD = re.compile(r"(?:^|[^\d.])(\d{1,3}([._-])\d{1,3}\2\d{1,3}\2\d{1,3})(?![\d]|[._-]\d)")
_COLONS = re.compile(r"[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")
_UUID = re.compile(r"(?i)[0-9a-f]{8}([-_]?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}")
_HARDWARE = re.compile(r"(?i)(?<![0-9a-f])(?:[0-9a-f]{2}[-_:]){5}[0-9a-f]{2}(?![0-9a-f])")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)")
_BIRTHDAY = re.compile(r"(?<!\d)(19\d\d)[-_.](?:0\d|1[0-2])[-_.][0-3]\d(?!\d)")
_SPACED_NUMBER = re.compile(r"(?<![^\W_])[+(]?\d(?:[\W_]{0,2}\d){6,}(?![^\W_])")
_THREES = re.compile(r"\d{3}(?:[\W_]\d{3}){2}")  # as half of Europe writes a mobile number
_LONG_NUMBER = re.compile(r"[^\W_]*\d{7,}[^\W_]*")
_ANY_DIGIT = re.compile(r"\d")
_ISBN = re.compile(r"(?a)(?:97[89]-?)?(?:\d-?){9}[\dX]")
_PLAIN = re.compile(r"[a-z]{1,7}(?:-[a-z]{1,7}){0,15}|\d{1,6}")
_MAY_SPELL = re.compile(rf"-(?:at|arroba|chez|{_PROVIDER})-")
_PAGE_EXTENSION = re.compile(r"(?i)\.(?:html?|xhtml|php\d?|aspx?|jsp|pdf)\Z")
_SEPARATOR = re.compile(r"[-_+~]+")
_PLACEHOLDER = re.compile(r":[a-z]+")

Scrub = Callable[[str], str]


def without_personal(text: str, scrub: Scrub, is_content: bool = False) -> str:
    """Clean decoded text → the same, or a placeholder, or the same with long numbers as `:id`.

    `is_content` says that its place is known to hold the site's own names for its own things
    (products, articles), so that article numbers and model names are let through.
    """
    for _ in range(_ROUNDS):
        if text in PLACEHOLDERS or (_PLAIN.fullmatch(text) and not _spells_address(text)):
            return text
        found = _looked_at(text, scrub, is_content)
        if found == text:
            return text
        text = found
    return TOKEN


def _looked_at(text: str, scrub: Scrub, is_content: bool) -> str:
    if len(text) > MAX_PIECE:
        return TOKEN
    if is_content and _ISBN.fullmatch(text) and isbn.is_valid(text):
        return text
    plain = KNOWN.sub(" ", folded(text))
    return (
        _contact(plain)
        or _number(plain, is_content)
        or _token(plain, is_content)
        or _words(text, plain, scrub, is_content)
    )


def _words(text: str, plain: str, scrub: Scrub, is_content: bool) -> str:
    """What is in it for those who read it as words; a number alone is replaced in place."""
    found = _typed(plain, scrub)
    if found not in (None, NUMBER):
        return found
    shorter = _without_long_numbers(text, is_content)
    if found is None or (shorter != text and not _typed(KNOWN.sub(" ", folded(shorter)), scrub)):
        return shorter
    return found


def _spells_address(text: str) -> bool:
    return _MAY_SPELL.search(text) is not None


def _contact(plain: str) -> str | None:
    probe = _AT.sub("@", unescape(plain))
    if "@" in probe:
        return NAME if _HANDLE.fullmatch(probe) else EMAIL
    if _SPELT_AT.search(plain) or _SIGNLESS.search(plain):
        return EMAIL
    quad = _QUAD.search(plain)
    if quad and all(int(part) < 256 for part in quad[1].split(quad[2])):
        return IP
    return _colons(plain) if ":" in plain else None


def _colons(text: str) -> str | None:
    """IPv6 and hardware addresses."""
    for match in _COLONS.finditer(text):
        try:
            ip_address(match[0].rstrip("."))
        except ValueError:
            if match[0].count(":") > 3:
                return ID
        else:
            return IP
    return None


def _number(plain: str, is_content: bool) -> str | None:
    if not _ANY_DIGIT.search(plain):
        return None
    if _UUID.search(plain) or _HARDWARE.search(plain):
        return ID
    undated = _DATE.sub(_without_date, plain)
    if any(int(year) < 1990 for year in _BIRTHDAY.findall(undated)):
        return DATE
    for match in _SPACED_NUMBER.finditer(undated):
        found = match[0]
        numerals = [char for char in found if char.isdigit()]
        if found.isdigit():
            if found[0] == "0" and 9 <= len(found) <= 15 and not is_content:
                return PHONE
        elif (
            found[0] in "+("
            or len(numerals) > 9
            or _THREES.fullmatch(found)
            or found.strip() == plain.strip()
        ):
            return PHONE if len(numerals) <= 15 else ID
    return None


def _without_date(match: re.Match[str]) -> str:
    try:
        day = date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return match[0]
    return "" if day.year >= 1990 else match[0]  # before: somebody's birthday


def _token(plain: str, is_content: bool) -> str | None:
    parts = chunks(_PAGE_EXTENSION.sub("", plain))
    if plain.endswith("="):  # base64's padding
        return TOKEN
    if "eyJ" in plain and any(part.startswith("eyJ") and len(part) > 9 for part in parts):
        return TOKEN
    for part in parts:
        if is_noise(part) and not (is_content and _is_model(part)):
            return TOKEN
    joined = "".join(parts)
    is_strange = len(joined) > 24 or (len(joined) > 13 and is_noise(joined))
    return TOKEN if is_strange and not any(has_word(part) for part in parts) else None


def _is_model(part: str) -> bool:
    return len(part) < 15 and part in (part.lower(), part.upper()) and not part.isalpha()


def _typed(plain: str, scrub: Scrub) -> str | None:
    """What the scrub of typed text finds in the piece read as words."""
    words = _SEPARATOR.sub(" ", plain).strip()
    scrubbed = scrub(words)
    if words and not scrubbed:
        return TOKEN
    found = [word for word in _PLACEHOLDER.findall(scrubbed) if word in PLACEHOLDERS]
    return found[-1] if found else None


def _without_long_numbers(text: str, is_content: bool) -> str:
    return _LONG_NUMBER.sub(lambda match: _shortened(match[0], is_content), text)


def _shortened(number: str, is_content: bool) -> str:
    if is_content and (_is_short(number) or _is_article_number(number)):
        return number
    return ID if _DATE.sub(_without_date, number) else number


def _is_short(number: str) -> bool:
    """Eight digits at most, and hardly a letter: `KB5034441`."""
    return len(number) < 12 and sum(map(str.isdigit, number)) < 9


def _is_article_number(number: str) -> bool:
    """GTIN-8, -12, -13 and -14 by their check digit, whatever script the digits are of."""
    if not number.isdecimal():
        return False
    return bool(ean.is_valid(number if number.isascii() else "".join(map(str, map(int, number)))))
