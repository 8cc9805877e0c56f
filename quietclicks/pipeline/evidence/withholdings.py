"""How many views of a day no number tells, in total: once for each day whose window is told.

Of a day that passed while nobody looked for a week of the log's time, as in a replay, nothing is.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from quietclicks.pipeline.evidence.kinds import Body, WindowReleased, Withheld
from quietclicks.pipeline.evidence.told import Told, named, number_of
from quietclicks.pipeline.release.withheld import NEAREST


class Withholdings:
    """What the log says of it already."""

    def __init__(self) -> None:
        self._told = -1  # the last day
        self._first: int | None = None  # of which the log has windows
        self._over = -1  # the last one that is out

    def add(self, body: Body) -> None:
        """What the log says next."""
        if isinstance(body, Withheld):
            self._told = number_of(body.day)
        elif isinstance(body, WindowReleased) and body.window == "P1D":
            self._over = number_of(body.start.date())
            self._first = self._over if self._first is None else self._first

    def missing(self, seen: Mapping[int, int], now: datetime) -> Iterator[Told]:
        """What is to be told now, in order; `seen`: by day since 1970."""
        for day, about in sorted(seen.items()):
            if self._first is not None and max(self._first, self._told + 1) <= day <= self._over:
                yield Withheld(day=named(day), views_about=about, nearest=NEAREST), now
