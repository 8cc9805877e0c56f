"""A trend: one number about at least k visitors. The only kind of record that is kept for years."""

from enum import StrEnum
from typing import Literal, Self

from msgspec import Struct

OTHER = "(other)"
NONE = "(none)"
SEARCH_PAGES = "(search)"  # a page: all of a site's search pages, whatever was typed
RESERVED = frozenset({OTHER, NONE, SEARCH_PAGES})

# What the dimension `choice` counts by, besides (none) and both headers together.
REFUSED = "refused"
DNT = "DNT"
GPC = "GPC"
BOTH = f"{DNT} · {GPC}"

Window = Literal["PT1H", "P1D"]


class Dimension(StrEnum):
    """What a trend counts by, in one and in many: its topic is `trends.` and the plural."""

    plural: str

    def __new__(cls, name: str, plural: str = "") -> Self:
        """A text, as in every other `StrEnum`; the plural goes over no wire."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.plural = plural or f"{name}s"
        return member

    TOTAL = "total"
    PAGE = "page"
    SOURCE = "source"
    SEARCH = "search", "searches"
    BROWSER = "browser"
    LANGUAGE = "language"
    COUNTRY = "country", "countries"
    CHOICE = "choice"


class Stream(StrEnum):
    """Page views that count in no trend of their site, each kind as if it were a site by itself."""

    OPTED_OUT = "opted out"  # of visitors who refused or object: the total and `choice`
    BOTS = "bots"  # of programs: the total alone


def stream_name(site: str, stream: Stream) -> str:
    """What stands where the site stands: `shop.example (bots)`. No host name holds a space."""
    return f"{site} ({stream})"


def stream_of(site: str) -> Stream | None:
    """Which stream a name is of; None for a site's own."""
    _, space, rest = site.partition(" ")
    return _STREAMS.get(space + rest)


_STREAMS = {stream_name("", stream): stream for stream in Stream}


class TrendKey(Struct, frozen=True, gc=False):
    """`start` is YYYY-MM-DDTHH:MM:SSZ, UTC; the total's value is the empty string."""

    site: str
    window: Window
    start: str
    dimension: Dimension
    value: str


class Trend(Struct, frozen=True, gc=False):
    """The key's fields again, and the numbers.

    `visitors` is "about": chance is added, and the sum given as the nearest multiple of the
    threshold. `complete` false means "at least" of the views. `policy` is the revision in force.
    """

    site: str
    window: Window
    start: str
    dimension: Dimension
    value: str
    views: int
    visitors: int
    complete: bool
    policy: str
