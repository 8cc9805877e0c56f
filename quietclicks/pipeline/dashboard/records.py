"""Records of `trends.*` → what the dashboard's store keeps: numbers under a key.

What is no trend is left out: a topic that others may write to must not stop a page.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import msgspec

from quietclicks.pipeline.clock import HOURS_PER_DAY, MILLISECONDS_PER_HOUR
from quietclicks.pipeline.dashboard.days import day_of
from quietclicks.schemas.trend import Dimension, Trend, TrendKey, stream_of

MAX_VALUE_LENGTH = 1024  # characters; no value of ours is much longer than half of it
MAX_SITE_LENGTH = 253
MAX_VIEWS = 2**53  # what a browser's numbers hold exactly
MANY = 1024  # windows of which records come in turn
_START = re.compile(r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):00:00Z")


class Key(NamedTuple):
    """`hour` is the window's start, in hours since 1970."""

    site: str
    is_day: bool
    hour: int
    dimension: str
    value: str


class Numbers(NamedTuple):
    """Of one key. `appended`: when its record was, in hours since 1970; 0 where nobody knows."""

    views: int
    visitors: int
    complete: bool
    appended: int = 0


class Decoder:
    """Makes an entry of each record: a key, with None for numbers where it is to be removed."""

    def __init__(self) -> None:
        self._trend = msgspec.json.Decoder(Trend)
        self._key = msgspec.json.Decoder(TrendKey)

    def entry(
        self, key: bytes, value: bytes | None, appended_ms: int
    ) -> tuple[Key, Numbers | None] | None:
        """None where the record is no trend."""
        try:
            found = self._key.decode(key) if value is None else self._trend.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        hour = _hour(found.start)
        if hour is None or (found.window == "P1D" and hour % HOURS_PER_DAY):
            return None
        if len(found.site) > MAX_SITE_LENGTH or len(found.value) > MAX_VALUE_LENGTH:
            return None
        if stream_of(found.site) and found.dimension not in (Dimension.TOTAL, Dimension.CHOICE):
            return None
        place = Key(found.site, found.window == "P1D", hour, found.dimension.value, found.value)
        if isinstance(found, TrendKey):
            return place, None
        if not (0 <= found.views <= MAX_VIEWS and 0 <= found.visitors <= MAX_VIEWS):
            return None
        return place, Numbers(
            found.views, found.visitors, found.complete, appended_ms // MILLISECONDS_PER_HOUR
        )


@lru_cache(MANY)
def _hour(start: str) -> int | None:
    match = _START.fullmatch(start)
    if match is None:
        return None
    try:
        day = day_of(match[1])
    except ValueError:
        return None
    return day * HOURS_PER_DAY + int(match[2])
