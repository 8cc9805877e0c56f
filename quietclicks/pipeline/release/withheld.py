"""How many views of a day no number tells, rounded before anybody sees them, and for a week.

Each site's are a multiple of ten below or above, by chance, so that sums are right on the whole.
It is drawn once and shown everywhere: two draws could be intersected. The dice are seeded by what
nobody outside knows, as in `about.py`, so closing again draws no second time.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from random import Random

from msgspec import Struct, field

from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.release.cells import Remainder

NEAREST = 10  # docs/decisions/operations-figures.md
DAYS = 7  # that are kept; whoever looks for them looks every few minutes


def rounded(views: int, hours: Mapping[int, Remainder], site: str) -> int:
    """A site's day; `hours` are all of it, by the hour since 1970."""
    seed = blake2b(site.encode(), digest_size=32)
    for hour, remainder in sorted(hours.items()):
        sample = remainder.total.visitors.encode()
        seed.update(hour.to_bytes(8) + len(sample).to_bytes(8) + sample)
    dice = Random(seed.digest())  # noqa: S311 - one draw a seed: there is no sequence to guess
    return (views + dice.randrange(NEAREST)) // NEAREST * NEAREST


class Withheld(Struct):
    """Of the last days, by day since 1970; all of those from `since` on are known, to the end.

    A day that is not here, and is known, has none.
    """

    since: int = 0
    days: dict[int, int] = field(default_factory=dict)

    def add(self, day: int, about: int) -> None:
        """A site's more."""
        if about:
            self.days[day] = self.days.get(day, 0) + about
            self.since = max(self.since, day + 1 - DAYS)
            self.days = {each: sum_ for each, sum_ in self.days.items() if each >= self.since}


def by_day(partitions: Iterable[tuple[int, Withheld | None]]) -> dict[int, int]:
    """Of the days that are over in all partitions, and known in all, in total.

    Each partition's first hour that is not released, and what it knows; None of a former version.
    """
    parts = list(partitions)
    known = [withheld for _, withheld in parts if withheld is not None]
    if not parts or len(known) < len(parts):
        return {}
    end = min(hour for hour, _ in parts) // HOURS_PER_DAY
    first = max(*(each.since for each in known), end - DAYS)
    return {day: sum(each.days.get(day, 0) for each in known) for day in range(first, end)}
