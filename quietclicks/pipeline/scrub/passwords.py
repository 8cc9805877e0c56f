"""Secrets that their label gives away: "password hunter2", "DB_PASS=correcthorse", "cvv 123".

A label alone never counts ("password manager"), and behind a space neither does a plain word.
"""

from quietclicks.pipeline.scrub.labels import (
    CARD_CODES,
    CODES,
    HIDDEN,
    HIDDEN_IF_ASSIGNED,
    HIDDEN_IF_SAID,
    spaced,
    words,
)
from quietclicks.pipeline.scrub.spans import Span, count_digits, pattern

_SIGN = r" ?[:=]+ ?"
_WORD = r"([^\s\p{Co}]{3,64})"
_END = r"(?:[^\p{L}\p{N}]|$)"
_MIXED = pattern(words(HIDDEN) + r"(?:[ ]|:|=|is|ist|est|es)+[ ]?([^\s\p{Co}]{4,64})")
_NOT_SECRET = pattern(
    "win|windows|iphone|ipad|ipod|excel|office|word|outlook|galaxy|wifi|mac|ios|android|xbox|ps[0-9]|"
    "1password|365|pdf|zip|kindle|[0-9]+(?:st|nd|rd|th|gb|tb|[ -.])"
)
# Behind a sign that says "this is it", whatever follows is the secret.
_SAID = pattern(rf"{words(HIDDEN + '|' + HIDDEN_IF_SAID)}{_SIGN}{_WORD}")
_ASSIGNED = pattern(rf"{words(HIDDEN_IF_ASSIGNED)} ?=+ ?{_WORD}")
_CODE = pattern(
    rf"{words(CODES + '|' + CARD_CODES)}(?:{_SIGN}| (?:is|ist|est|es|è) )([0-9]{{3,8}}){_END}"
)
_CARD_CODE = pattern(rf"{words(CARD_CODES)}(?: code| no\.?)? ([0-9]{{3,4}}){_END}")
# "pin 4711", but a connector has "24 pin 1394".
_BARE_CODE = pattern(rf"(?:^|[\p{{L}}] )(?:{spaced(CODES)})(?: ?-?nummer)? ([0-9]{{4,8}}){_END}")
_HINT_OF_CODE = pattern(f"(?:{spaced(CODES)}|{spaced(CARD_CODES)})[^0-9]{{1,9}}[0-9]")
_YEAR_OR_ROUND = pattern(r"(?:19|20)[0-9]{2}|[0-9]*00")


def labelled_secrets(text: str) -> list[Span]:
    """What follows "password" and its like."""
    digits, found = count_digits(text), list[Span]()
    if digits:
        found += (m.span(1) for m in _MIXED.finditer(text) if _is_mixed(m[1]))
    if ":" in text or "=" in text:
        for said in (_SAID, _ASSIGNED):
            found += (m.span(1) for m in said.finditer(text))
    if digits > 2 and _HINT_OF_CODE.search(text):
        for code in (_CODE, _CARD_CODE):
            found += (m.span(1) for m in code.finditer(text))
        found += (m.span(1) for m in _BARE_CODE.finditer(text) if not _is_year_or_round(m[1]))
    return found


def _is_year_or_round(digits: str) -> bool:
    return bool(_YEAR_OR_ROUND.fullmatch(digits))


def _is_mixed(value: str) -> bool:
    """Digits with letters or signs, which are no version of something."""
    mixed = any(map(str.isdigit, value)) and not value.isdigit()
    return mixed and not _NOT_SECRET.match(value)
