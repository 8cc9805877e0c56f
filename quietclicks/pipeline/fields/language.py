"""The language a browser asks for first, as ISO 639 has it.

It never passes on any part of the header: what it answers is a code out of the registry.
"""

import re

from iso639 import Language, LanguageNotFoundError

LONGEST = 1024  # characters; browsers send less than 200

# Only for text of bounded length, and with one way to match at each character: linear.
# Programs write their system's name of a locale instead of a tag: `nb_NO`, Java's `zh_CN_#Hans`,
# POSIX's `de_DE.UTF-8@euro`, Apple's `th_TH@calendar=buddhist`, or GNU's list, `nb_NO:no:en`.
_LETTERS = r"[A-Za-z]{2,3}"
_MORE = r"(?:(?:(?:[-_]|__?#)[A-Za-z0-9]{1,8})+(?:\.[A-Za-z0-9_-]{1,12})?(?:@[A-Za-z=]{1,30})?)?"
_TAG = re.compile(rf"({_LETTERS}){_MORE}(?::{_LETTERS}{_MORE})*")
_WEIGHT = re.compile(r"[ \t]*[Qq]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*")

# Codes that ISO withdrew, in 1989 and 2008, and that older Java and Android still send, with what
# the registry of RFC 5646 prefers.
_WITHDRAWN = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "mol": "ro"}


def primary_language(accept_language: str | None) -> str | None:
    """`Accept-Language` → the primary subtag of the best tag, such as `de`, `zh` or `haw`.

    The best tag has the highest weight above 0 and of these comes first (RFC 9110, 12.5.4). Where
    it is `*` or no registered language the answer is `None`: the next best would be a guess.
    A language with a two-letter code has no other (RFC 5646): `eng` is `en`, and so is each of two
    where a library's code differs from the language's own, `ger` and `deu`. A locale such as
    `nb_NO` is read as the tag that it stands for, and a list of them as its first.
    """
    if not accept_language or len(accept_language) > LONGEST or not accept_language.isascii():
        return None
    best, best_weight = "", 0.0
    for element in accept_language.split(","):
        tag, parameters, weight_text = element.partition(";")
        weight = 1.0
        if parameters:
            match = _WEIGHT.fullmatch(weight_text)
            if not match:
                continue
            weight = float(match[1])
        tag = tag.strip(" \t")
        if tag and weight > best_weight:
            best, best_weight = tag, weight
    match = _TAG.fullmatch(best)
    return _registered(match[1].lower()) if match else None


def _registered(code: str) -> str | None:
    code = _WITHDRAWN.get(code, code)
    try:
        found = Language.from_part1(code) if len(code) == 2 else _of_three_letters(code)
    except LanguageNotFoundError:
        return None
    # Neither "several", "undetermined", "none" and "other" (scope S), nor a retired code.
    if found.scope == "S" or found.retire_reason is not None:
        return None
    return found.part1 or found.part3


def _of_three_letters(code: str) -> Language:
    try:
        return Language.from_part3(code)
    except LanguageNotFoundError:
        return Language.from_part2b(code)
