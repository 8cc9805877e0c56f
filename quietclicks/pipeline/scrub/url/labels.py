"""A word and what it is of in one piece of a URL: `user=john`, `Users('john')`, `order-88213`.

The words are those of `path_rules`; what looks personal by itself is for `personal`.
"""

import re

from quietclicks.pipeline.scrub.url.path_rules import NAMED, NUMBERED, placeholder, word_before
from quietclicks.pipeline.scrub.url.percent import folded
from quietclicks.pipeline.scrub.url.pieces import ID, KNOWN, MAX_PIECE

_SIGN = re.compile(r"[=:,(\[|]")
_LABEL = re.compile(r"([^\W_][\w-]{0,39})[\"')\]]?\s?([=:,(\[|])\s?[\"'(\[]?")
_SURE_SIGNS = "=:"  # titles have commas and brackets as well: "Order (biology)"
_ENDS = "\"')]}|, "
_GLUED = re.compile(
    r"([a-z]{3,24})([-_.# ]{0,2}(?:(?:nr|no|id)[-_.# ]{0,2})?)([a-z]{0,3}-?\d{4,})(?![a-z0-9])"
)
_YEAR = re.compile(r"(?:19|20)\d\d")


def labelled(segment: str, is_content: bool) -> str | None:
    """The placeholder that a label inside the segment asks for, if any.

    `User:John` is how wikis write it, so that `is_content` rules out no more than the other signs.
    """
    if len(segment) > MAX_PIECE or not _SIGN.search(segment):
        return None
    for found in _LABEL.finditer(segment):
        if is_content and found[2] not in _SURE_SIGNS:
            continue
        if KNOWN.match(segment, found.start(2)):
            continue  # our own placeholder: "order:id"
        value = segment[found.end() :].rstrip(_ENDS)
        last = folded(found[1]).lower().replace("_", "-").rpartition("-")[2]
        asked = placeholder(word_before("", found[1]), value) or placeholder(last, value)
        if value and asked:
            return asked
    return None


def without_labelled_numbers(text: str) -> str:
    """`order-88213` → `order-:id`. A year is no such number, and shorter ones are models."""
    small = folded(text).lower()
    if len(small) != len(text) or len(text) > MAX_PIECE:
        return text
    pieces: list[str] = []
    position = 0
    for found in _GLUED.finditer(small):
        word = word_before("", found[1])
        if (word in NUMBERED or word in NAMED) and not _YEAR.fullmatch(found[3]):
            pieces += (text[position : found.start(3)], ID)
            position = found.end()
    return "".join((*pieces, text[position:]))
