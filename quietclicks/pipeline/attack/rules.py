"""What an attacker knows of the rules: they are public."""

from typing import Self

from msgspec import Struct

from quietclicks.pipeline.release import Params
from quietclicks.schemas.trend import OTHER, SEARCH_PAGES, Dimension


class Rules(Struct, frozen=True):
    """A policy's numbers. `search` is what a group needs all of whose events are searches."""

    k: int
    search: int
    cap_hour: int
    cap_day: int

    @classmethod
    def of(cls, params: Params) -> Self:
        """Those of the release."""
        search = params.threshold(Dimension.SEARCH, "")
        return cls(params.k, search, params.cap_hour, params.cap_day)

    def threshold(self, dimension: Dimension, value: str) -> int:
        """Visitors that a published number describes at the least."""
        if value == OTHER:
            return self.k
        term = dimension is Dimension.SEARCH
        return self.search if term or value == SEARCH_PAGES else self.k
