"""What was searched for, as the trends count it: one spelling, nothing personal.

Never longer than it must be, and never one of the words that a trend uses for something else.
"""

import unicodedata

from quietclicks.pipeline.scrub import MAX_INPUT, PLACEHOLDERS, Scrubber
from quietclicks.schemas.trend import RESERVED

MAX_TERM = 100  # characters
_PLACEHOLDERS = frozenset(PLACEHOLDERS)


def search_term(text: str, scrubber: Scrubber) -> str | None:
    """Text as typed → the term, or None where nothing but placeholders is left."""
    term = scrubber.scrub(text[: MAX_INPUT + 1])
    folded = unicodedata.normalize("NFKC", term.casefold())
    if folded != term:
        term = scrubber.scrub(folded)
    if len(term) > MAX_TERM:
        term = term[: MAX_TERM + 1].rpartition(" ")[0] or term[:MAX_TERM]
    if term in RESERVED:
        term = term.strip("()")
    return term if any(map(_says_something, term.split())) else None


def _says_something(word: str) -> bool:
    """A letter, a digit or a picture, and not a placeholder."""
    return word not in _PLACEHOLDERS and any(
        sign.isalnum() or unicodedata.category(sign) == "So" for sign in word
    )
