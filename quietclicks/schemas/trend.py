"""A trend: one number about at least k visitors. The only kind of record that is kept for years."""

from enum import StrEnum
from typing import Literal

from msgspec import Struct

OTHER = "(other)"
NONE = "(none)"
RESERVED = frozenset({OTHER, NONE})

Window = Literal["PT1H", "P1D"]


class Dimension(StrEnum):
    """What a trend counts by."""

    TOTAL = "total"
    PAGE = "page"
    REFERRER = "referrer"
    SEARCH = "search"
    BROWSER = "browser"
    LANGUAGE = "language"
    COUNTRY = "country"


class TrendKey(Struct, frozen=True, gc=False):
    """`start` is YYYY-MM-DDTHH:MM:SSZ, UTC; the total's value is the empty string."""

    site: str
    window: Window
    start: str
    dimension: Dimension
    value: str


class Trend(Struct, frozen=True, gc=False):
    """The key's fields again, and the numbers.

    `visitors` is rounded down to a multiple of the threshold, or null where even that would tell
    too much. `complete` false means "at least". `policy` is the revision in force.
    """

    site: str
    window: Window
    start: str
    dimension: Dimension
    value: str
    views: int
    visitors: int | None
    complete: bool
    policy: str
