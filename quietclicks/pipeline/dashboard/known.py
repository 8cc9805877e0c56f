"""What a store of trends can be asked, and what it answers: no answer is made for people here."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from quietclicks.pipeline.dashboard.ask import Span


class Site(NamedTuple):
    """A site, or a stream of one, and the first and last day of which it has a total."""

    name: str
    span: Span


class Total(NamedTuple):
    """Of a day or an hour; `hour` is its start, in hours since 1970."""

    is_day: bool
    hour: int
    views: int
    visitors: int
    complete: bool


class Rank(NamedTuple):
    """A value over several windows; `visitors` means something where there was one window."""

    value: str
    views: int
    at_most: int
    at_least: bool
    visitors: int | None


class Ranking(NamedTuple):
    """One dimension: a part of its values by views, and all there is beside them.

    `views` are of all of it, `values` how many have a name, `found` how many of those were meant.
    """

    rows: Sequence[Rank]
    other: Rank | None
    none: Rank | None
    views: int
    values: int
    found: int


class Wanted(NamedTuple):
    """Which windows: days, and those of them of which only hours are there so far.

    `dimension` None: all of them. `search`: what a value holds, in whatever case.
    """

    site: str
    span: Span
    open_days: Collection[int] = ()
    dimension: str | None = None
    search: str = ""
    skipped: int = 0
    size: int = 10


class Known(Protocol):
    """A store, at one moment."""

    def sites(self) -> list[Site]:
        """By name; streams are among them."""

    def records(self) -> int:
        """How many numbers there are."""

    def latest(self) -> int:
        """The start of the latest hour that is told of any site; hours before it are closed."""

    def totals(self, site: str, span: Span) -> list[Total]:
        """In the order of time."""

    def rankings(self, wanted: Wanted) -> dict[str, Ranking]:
        """By dimension; none where nothing is told of it."""

    def views_of(self, wanted: Wanted, values: Collection[str]) -> dict[tuple[str, str], int]:
        """By dimension and value, of those that are told."""
