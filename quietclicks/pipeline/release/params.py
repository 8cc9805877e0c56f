"""The release's parameters of one day, with the floors below which its guarantee does not hold."""

from collections.abc import Iterable

from msgspec import Struct

from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.policy.floors import CAP_FLOOR, K_CEILING, K_FLOOR
from quietclicks.pipeline.release.cells import OVERFLOW
from quietclicks.schemas.trend import SEARCH_PAGES, Dimension

NUMBERING = 2  # 1, until 2026-11: one number for all dimensions, and IPv6 by all of its 128 bits


class Params(Struct, frozen=True):
    """Fixed for a day when it opens. Encode with `order="deterministic"`: it holds sets."""

    policy: str  # the revision, for the records
    k: int  # visitors that every published number and every difference of them describes
    k_dim: dict[Dimension, int]  # higher thresholds of a dimension's values
    day_only: frozenset[Dimension]  # nothing is published by the hour
    cap_hour: int  # counted events of a visitor
    cap_day: int
    implies: frozenset[Dimension]  # a value other than (none) says something about the page
    max_values: int = 10_000  # kept apart per hour and dimension; bounds a day's memory
    choices: bool = False  # the dimension `choice` and the opted-out streams are counted
    numbering: int = 1  # how visitors are numbered: samples of two numberings cannot be united

    def __post_init__(self) -> None:
        if not K_FLOOR <= self.k <= K_CEILING:
            raise ValueError(f"k must be from {K_FLOOR} to {K_CEILING}")
        if any(not self.k <= k <= K_CEILING for k in self.k_dim.values()):
            raise ValueError(f"a dimension's threshold must be from k to {K_CEILING}")
        if Dimension.TOTAL in self.k_dim.keys() | self.day_only | self.implies:
            raise ValueError("the total is not a dimension that can have rules of its own")
        if not CAP_FLOOR <= self.cap_hour <= min(self.k, self.cap_day):
            raise ValueError(f"cap_hour must be from {CAP_FLOOR} to k, and not above cap_day")
        if not self.implies <= self.day_only:
            raise ValueError("a dimension that implies another must be day-only")

    def threshold(self, dimension: Dimension, value: str) -> int:
        """Visitors that a value needs to be named.

        Who was on a search page has typed something: (search) needs what a term needs, and so does
        an overflow of pages, which may hold it.
        """
        own = self.k_dim.get(dimension, self.k)
        if dimension is Dimension.PAGE and value in (SEARCH_PAGES, OVERFLOW):
            return max(own, self.k_dim.get(Dimension.SEARCH, self.k))
        return own

    def needed(self, dimension: Dimension, values: Iterable[str]) -> int:
        """Visitors that a group needs: the highest threshold of the values in it, at least k."""
        return max([self.k, *(self.threshold(dimension, value) for value in values)])


def params_of(policy: Policy) -> Params:
    """The policy's release rules. Raises `ValueError` where they are below the floors."""
    rules = policy.release
    return Params(
        policy=policy.revision,
        k=rules.k,
        k_dim=rules.k_dimension,
        day_only=rules.day_only,
        cap_hour=rules.cap_hour,
        cap_day=rules.cap_day,
        implies=frozenset({Dimension.SEARCH}),  # a term is counted only on the search pages
        max_values=rules.max_values,
        choices=policy.counts_objections,
        numbering=NUMBERING,
    )
