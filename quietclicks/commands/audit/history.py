"""What an attack takes: published trends by site and day, and the true events of tests.

History may be years long, so it is put aside in a file without a name. It never shows a line that
it cannot read, only its number.
"""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
from msgspec import Raw, Struct

from quietclicks.errors import UsageError
from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.differencing import SiteDay
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Trend

START = re.compile(r"\d{4}-\d\d-\d\dT\d\d:00:00Z", re.ASCII)

_trend = msgspec.json.Decoder(Trend)


class Portion(Struct):
    """A site-day as it stands. `changed` numbers were published before with another content."""

    trends: list[Trend]
    changed: int


class History:
    """Trends, put in by `add` in the order of publication."""

    def __init__(self) -> None:
        self._table = sqlite3.connect("")  # SQLite's own: in memory while it is small
        self._table.execute("CREATE TABLE trend (site TEXT, day TEXT, record BLOB)")
        self._table.execute("CREATE INDEX by_site_day ON trend (site, day)")

    def close(self) -> None:
        """The end of the file without a name."""
        self._table.close()

    def add(self, record: bytes) -> bool:
        """Take one trend's JSON. False: it is none."""
        try:
            trend = _trend.decode(record)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        if not START.fullmatch(trend.start) or trend.views < 0:
            return False
        row = trend.site, trend.start[:10], record
        self._table.execute("INSERT INTO trend VALUES (?, ?, ?)", row)
        return True

    def site_days(self, site: str | None, day: str | None) -> list[SiteDay]:
        """What there is, in order; of one site, or one day, where these are named."""
        rows = self._table.execute(
            "SELECT DISTINCT site, day FROM trend"
            " WHERE (?1 IS NULL OR site = ?1) AND (?2 IS NULL OR day = ?2) ORDER BY site, day",
            (site, day),
        )
        return [SiteDay(*row) for row in rows]

    def of(self, wanted: SiteDay) -> Portion:
        """A site-day's trends, the latest of each key."""
        latest: dict[tuple[str, str, str, str], Trend] = {}
        changed = set()
        for (record,) in self._table.execute(
            "SELECT record FROM trend WHERE site = ? AND day = ? ORDER BY rowid",
            (wanted.site, wanted.day),
        ):
            trend = _trend.decode(record)
            key = (trend.window, trend.start, trend.dimension, trend.value)
            before = latest.get(key, trend)
            if (before.views, before.visitors) != (trend.views, trend.visitors):
                changed.add(key)
            latest[key] = trend
        return Portion(list(latest.values()), len(changed))


class _Line(Struct):
    """A line of `preview`."""

    topic: str
    value: Raw


def trends_of(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The trends in lines that are trends, or `preview`'s. Raises `UsageError`."""
    published = frozenset(topics.PUBLISHED)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            kind = msgspec.json.decode(line, type=dict[str, Raw])
            if "topic" in kind:
                record = msgspec.json.decode(line, type=_Line)
                if record.topic not in published or bytes(record.value) == b"null":
                    continue
                line = bytes(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise UsageError(f"line {number} is not a JSON object") from None
        yield line


class _True(Struct):
    hour: str
    visitor: str | int
    dims: dict[Dimension, str]
    site: str = ""


def events_of(lines: Iterable[bytes]) -> dict[SiteDay, list[Event]]:
    """Counted events by site-day. Raises `UsageError`."""
    events: defaultdict[SiteDay, list[Event]] = defaultdict(list)
    visitors: dict[str | int, int] = {}
    decoder = msgspec.json.Decoder(_True)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            event = _True("", 0, {})
        if not START.fullmatch(event.hour):
            raise UsageError(
                f"line {number} of the events is not one: "
                '{"site", "hour": "2026-01-31T09:00:00Z", "visitor", "dims": {dimension: value}}'
            )
        visitor = visitors.setdefault(event.visitor, len(visitors))
        where = SiteDay(event.site, event.hour[:10])
        events[where].append(Event(event.hour, visitor, event.dims))
    return events


def opened(file: str, standard_input: BinaryIO) -> BinaryIO:
    """A file, or standard input (`-`); raises `UsageError`."""
    if file == "-":
        return standard_input
    try:
        return cast(BinaryIO, Path(file).open("rb"))
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
