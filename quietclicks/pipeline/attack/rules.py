"""What an attacker knows of the rules: they are public."""

from collections.abc import Mapping
from typing import Self

from msgspec import Struct, field

from quietclicks.pipeline.release import Params
from quietclicks.schemas.trend import OTHER, SEARCH_PAGES, Dimension


class Rules(Struct, frozen=True):
    """A policy's numbers. `search` is what a group needs all of whose events are searches."""

    k: int
    search: int
    cap_hour: int
    cap_day: int
    own: Mapping[Dimension, int] = field(default_factory=dict)  # thresholds of dimensions

    @classmethod
    def of(cls, params: Params) -> Self:
        """Those of the release."""
        search = params.threshold(Dimension.SEARCH, "")
        return cls(params.k, search, params.cap_hour, params.cap_day, params.k_dim)

    def threshold(self, dimension: Dimension, value: str) -> int:
        """Visitors that a published number describes at the least."""
        if value == OTHER:
            return self.k
        own = self.own.get(dimension, self.k)
        term = dimension is Dimension.SEARCH or value == SEARCH_PAGES
        return max(own, self.search) if term else own
