"""What somebody may ask the dashboard's API: parameters of a URL → what is meant, or why not.

A reason never repeats what was typed.
"""

import re
from collections.abc import Mapping
from typing import Literal, TypeVar, get_args

from msgspec import Struct

from quietclicks.pipeline.clock import HOURS_PER_DAY, day_text
from quietclicks.pipeline.dashboard.days import FIRST_YEAR, day_of
from quietclicks.schemas.trend import Dimension

By = Literal["hour", "day", "month"]
Format = Literal["csv", "json", "parquet"]
What = Literal["series", "list"]
T = TypeVar("T", bound=str)

MAX_DAYS = 3660  # ten years
MAX_DAYS_BY_HOUR = 31
MAX_PAGE = 100_000
MAX_SIZE = 500
MAX_SEARCH = 200  # characters
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Refused(Exception):
    """Nothing can be answered to that; the text says why, for the one who asked."""


class Span(Struct, frozen=True):
    """Days since 1970, both included."""

    first: int
    last: int

    @property
    def days(self) -> int:
        """How many."""
        return self.last - self.first + 1

    @property
    def before(self) -> "Span":
        """The span of the same length that ends where this one begins."""
        return Span(self.first - self.days, self.first - 1)

    @property
    def hours(self) -> range:
        """Starts of its hours, since 1970."""
        return range(self.first * HOURS_PER_DAY, (self.last + 1) * HOURS_PER_DAY)

    @property
    def texts(self) -> dict[str, str]:
        """`from` and `to`, as dates."""
        return {"from": day_text(self.first), "to": day_text(self.last)}


class Asked(Struct, frozen=True):
    """`site` and `span` None: the first by name, its newest day. `page` begins with 1."""

    site: str | None
    span: Span | None
    by: By
    compare: bool
    dimension: Dimension | None
    search: str
    page: int
    size: int
    what: What
    format: Format


def asked(query: Mapping[str, str]) -> Asked:
    """Raises `Refused`."""
    span = _span(query)
    by = _one_of(query, "by", get_args(By), "day")
    if by == "hour" and span is not None and span.days > MAX_DAYS_BY_HOUR:
        raise Refused(f"by=hour goes with {MAX_DAYS_BY_HOUR} days at most")
    dimension = query.get("dimension")
    if dimension is not None and dimension not in _BREAKDOWNS:
        raise Refused(f"dimension is one of {', '.join(_BREAKDOWNS)}")
    search = query.get("search", "")
    if len(search) > MAX_SEARCH:
        raise Refused(f"search has {MAX_SEARCH} characters at most")
    return Asked(
        site=query.get("site"),
        span=span,
        by=by,
        compare=_one_of(query, "compare", ("previous", "none"), "none") == "previous",
        dimension=Dimension(dimension) if dimension else None,
        search=search,
        page=_number(query, "page", 1, MAX_PAGE),
        size=_number(query, "size", 50, MAX_SIZE),
        what=_one_of(query, "what", get_args(What), "series"),
        format=_one_of(query, "format", get_args(Format), "csv"),
    )


_BREAKDOWNS = tuple(each.value for each in Dimension if each is not Dimension.TOTAL)


def _span(query: Mapping[str, str]) -> Span | None:
    first, last = query.get("from"), query.get("to")
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise Refused("from and to go together")
    span = Span(_day(first), _day(last))
    if not 1 <= span.days <= MAX_DAYS:
        raise Refused(f"from comes before to, {MAX_DAYS} days at most")
    return span


def _day(text: str) -> int:
    try:
        if not _DATE.fullmatch(text, 0):
            raise ValueError
        return day_of(text)
    except ValueError:
        raise Refused(f"from and to are dates since {FIRST_YEAR}: YYYY-MM-DD") from None


def _one_of(query: Mapping[str, str], name: str, words: tuple[T, ...], default: T) -> T:
    found = query.get(name, default)
    for word in words:
        if word == found:
            return word
    raise Refused(f"{name} is one of {', '.join(words)}")


def _number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text) or int(text) > most:
        raise Refused(f"{name} is a whole number from 1 to {most}")
    return int(text)
