"""Published numbers by site and day, as they were published: what an attack takes.

History may be years long, so it is put aside in a file without a name. It shows none of them.
"""

import re
import sqlite3

import msgspec
from msgspec import Struct

from quietclicks.pipeline.attack.differencing import SiteDay
from quietclicks.schemas.trend import Trend

START = re.compile(r"\d{4}-\d\d-\d\dT\d\d:00:00Z", re.ASCII)

_trend = msgspec.json.Decoder(Trend)

_Key = tuple[str, str, str, str]


class Portion(Struct):
    """A site-day as it stands.

    `changed` numbers were published before with another content, `repeated` with the same.
    """

    trends: list[Trend]
    changed: int
    repeated: int = 0


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
        latest: dict[_Key, Trend] = {}
        changed: set[_Key] = set()
        repeated: set[_Key] = set()
        for (record,) in self._table.execute(
            "SELECT record FROM trend WHERE site = ? AND day = ? ORDER BY rowid",
            (wanted.site, wanted.day),
        ):
            trend = _trend.decode(record)
            key = (trend.window, trend.start, trend.dimension, trend.value)
            before = latest.get(key)
            if before is not None:
                same = (before.views, before.visitors) == (trend.views, trend.visitors)
                (repeated if same else changed).add(key)
            latest[key] = trend
        return Portion(list(latest.values()), len(changed), len(repeated - changed))
