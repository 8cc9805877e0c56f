"""What was searched for, as the trends count it: one spelling, nothing personal.

Never longer than it must be, never one of the words that a trend uses for something else, and never
in part where a part of it could not be decoded.
"""

import re
import unicodedata

from quietclicks.pipeline.encodings import Encoding
from quietclicks.pipeline.scrub import PLACEHOLDERS, Scrubber
from quietclicks.schemas.trend import RESERVED

MAX_TERM = 100  # characters
_PLACEHOLDERS = frozenset(PLACEHOLDERS)
_GREEK = "\u0370-\u03ff\u1f00-\u1fff"
_FINAL_SIGMA = re.compile(f"(?<=[{_GREEK}])σ(?![{_GREEK}])")


def search_term(text: str, scrubber: Scrubber, encodings: tuple[Encoding, ...] = ()) -> str | None:
    """Text as typed → the term, or None where nothing but placeholders is left.

    `encodings` are those that the site declares, for what is not UTF-8.
    """
    term = scrubber.scrub(text, encodings, folded)
    if len(term) > MAX_TERM:
        term = term[: MAX_TERM + 1].rpartition(" ")[0] or folded(term[:MAX_TERM])
    if term in RESERVED:
        term = term.strip("()")
    return term if any(map(_says_something, term.split())) else None


def folded(text: str) -> str:
    """Normalised text in one spelling for all cases: small letters, as people write them.

    A capital tells neither Turkish letters i nor the two forms of sigma apart, so they are one:
    `i`; and `ς` where a word ends. What folding and NFKC take apart (`ำ`) the next look puts back.
    """
    if text.isascii():
        return text.lower()
    small = text.casefold().replace("ı", "i").replace("i\u0307", "i")
    return _FINAL_SIGMA.sub("ς", unicodedata.normalize("NFC", small.replace("եւ", "և")))


def _says_something(word: str) -> bool:
    """A letter, a digit or a picture, and not a placeholder."""
    return word not in _PLACEHOLDERS and any(
        sign.isalnum() or unicodedata.category(sign) == "So" for sign in word
    )
