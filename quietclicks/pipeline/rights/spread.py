"""Whether what bears one pseudonym looks like several people: then an officer has to look first.

Signs, and no proof either way. Thresholds are ours: a person may be over one, a family under all.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from quietclicks.schemas.pseudonymised import Pseudonymised
from quietclicks.schemas.rights import Sign

MAX_IN_A_MINUTE = 30  # pages that somebody opens
MAX_PAGES = 200  # different ones in a day
MAX_HOURS = 18  # in which somebody is awake

COARSE = ((0, 0), (10, 10), (100, 50), (1000, 500))
"""Up to the first, what is told is a multiple of the second; above all of them of 1000."""


def signs(events: Sequence[Pseudonymised]) -> tuple[Sign, ...]:
    """Of one pseudonym's events."""
    return tuple(_signs(events))


def _signs(events: Sequence[Pseudonymised]) -> Iterator[Sign]:
    if len({each.language for each in events}) > 1:
        yield "languages"
    if max(Counter(each.timestamp[:16] for each in events).values(), default=0) > MAX_IN_A_MINUTE:
        yield "pace"
    if len({each.page for each in events}) > MAX_PAGES:
        yield "pages"
    if len(hours(events)) > MAX_HOURS:
        yield "hours"


def hours(events: Iterable[Pseudonymised]) -> tuple[int, ...]:
    """Of the day, UTC."""
    return tuple(sorted({int(each.timestamp[11:13]) for each in events}))


def about(number: int) -> int:
    """A count as it is told before anything is given out: rounded up."""
    step = next((step for most, step in COARSE if number <= most), 1000)
    return -(-number // step) * step if step else 0
