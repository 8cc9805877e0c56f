"""A date's text → a day since 1970. One that no trend has, or that leaves no room for what is
reckoned from it, is none: a month has a day after it, a span has one before it.
"""

from datetime import date

FIRST_YEAR = 1970
LAST_YEAR = 9998
_EPOCH = date(1970, 1, 1).toordinal()


def day_of(text: str) -> int:
    """`YYYY-MM-DD`, whose form was looked at. Raises `ValueError`."""
    found = date.fromisoformat(text)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError
    return found.toordinal() - _EPOCH
