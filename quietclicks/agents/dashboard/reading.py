"""What is asked of the store, in SQL: totals, and rankings of values. Parameters only, never text.

The rules are those of docs/analysts.md: a day's own records where it has any, else those of its
hours; visitors as they were published, never added up.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import duckdb

from quietclicks.agents.dashboard.parquet import parquet
from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.dashboard.ask import Span
from quietclicks.pipeline.dashboard.known import Rank, Ranking, Site, Total, Wanted
from quietclicks.pipeline.dashboard.tables import Table
from quietclicks.schemas.trend import NONE, OTHER

# Windows that count: days, but for those that have only hours so far.
_RANKED = """
CREATE OR REPLACE TEMP TABLE ranked AS
WITH told AS MATERIALIZED (
    SELECT dimension, hour, value, views, visitors, complete FROM days
    WHERE site = $site AND hour BETWEEN $first AND $last AND NOT list_contains($open, hour)
        AND ($dimension IS NULL OR dimension = $dimension)
    UNION ALL
    SELECT dimension, hour, value, views, NULL, complete FROM hours
    WHERE site = $site AND hour BETWEEN $open_first AND $open_last
        AND list_contains($open, hour - hour % 24)
        AND ($dimension IS NULL OR dimension = $dimension)
), other AS (
    SELECT dimension, hour, views FROM told WHERE value = $other
), hiding AS (
    SELECT dimension, sum(views) AS views, count(*) AS windows FROM other GROUP BY dimension
), named AS (
    -- `seen`: of the (other) of windows in which all of the value is told, so that none is hidden
    SELECT told.dimension, value, sum(told.views) AS views, max(visitors) AS visitors,
        coalesce(sum(other.views) FILTER (complete), 0) AS seen,
        count(other.views) FILTER (complete) AS windows_seen
    FROM told LEFT JOIN other USING (dimension, hour)
    GROUP BY told.dimension, value
)
SELECT dimension, value, named.views::BIGINT AS views, visitors,
    (named.views + coalesce(hiding.views, 0) - seen)::BIGINT AS at_most,
    coalesce(hiding.windows, 0) > windows_seen AS at_least,
    value NOT IN ($other, $none) AS is_named,
    is_named AND ($search = '' OR contains(lower(value), lower($search))) AS is_found
FROM named LEFT JOIN hiding USING (dimension)
"""
_SUMS = """
SELECT dimension, sum(views)::BIGINT, count(*) FILTER (is_named), count(*) FILTER (is_found)
FROM ranked GROUP BY dimension
"""
_TOP = """
SELECT dimension, value, views, at_most, at_least, visitors, is_named FROM ranked
WHERE is_found OR NOT is_named
QUALIFY NOT is_named OR row_number() OVER (
    PARTITION BY dimension, is_named ORDER BY views DESC, value
) BETWEEN $skipped + 1 AND $skipped + $size
ORDER BY dimension, views DESC, value
"""
_RECORDS = """
SELECT (SELECT count(*) FROM totals) + (SELECT count(*) FROM days) + (SELECT count(*) FROM hours)
"""
_SOME = "SELECT dimension, value, views FROM ranked WHERE list_contains($values, value)"


class Reading:
    """Answers of one moment, as `pipeline.dashboard.known.Known` has them. For one thread."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, exports: Path) -> None:
        """`exports`: where a file may stand while it is written and read."""
        self._cursor = cursor
        self._exports = exports

    def _rows(self, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self._cursor.execute(query, parameters).fetchall()

    def sites(self) -> list[Site]:
        rows = self._rows("SELECT site, min(hour), max(hour) FROM totals GROUP BY site ORDER BY 1")
        return [
            Site(name, Span(first // HOURS_PER_DAY, last // HOURS_PER_DAY))
            for name, first, last in rows
        ]

    def records(self) -> int:
        [(count,)] = self._rows(_RECORDS)
        return int(count)

    def latest(self) -> int:
        [(hour,)] = self._rows("SELECT coalesce(max(hour), 0) FROM totals WHERE NOT is_day")
        return int(hour)

    def totals(self, site: str, span: Span) -> list[Total]:
        query = """SELECT is_day, hour, views, visitors, complete FROM totals
            WHERE site = ? AND hour BETWEEN ? AND ? ORDER BY hour, is_day"""
        return [Total(*row) for row in self._rows(query, [site, span.hours[0], span.hours[-1]])]

    def rankings(self, wanted: Wanted) -> dict[str, Ranking]:
        self._rank(wanted)
        rows = self._rows(_TOP, {"skipped": wanted.skipped, "size": wanted.size})
        listed: dict[str, list[Rank]] = {}
        special: dict[tuple[str, str], Rank] = {}
        for dimension, *rank, is_named in rows:
            if is_named:
                listed.setdefault(dimension, []).append(Rank(*rank))
            else:
                special[dimension, rank[0]] = Rank(*rank)
        return {
            dimension: Ranking(
                rows=listed.get(dimension, []),
                other=special.get((dimension, OTHER)),
                none=special.get((dimension, NONE)),
                views=views,
                values=values,
                found=found,
            )
            for dimension, views, values, found in self._rows(_SUMS)
        }

    def views_of(self, wanted: Wanted, values: Collection[str]) -> dict[tuple[str, str], int]:
        self._rank(wanted)
        rows = self._rows(_SOME, {"values": list(values)})
        return {(dimension, value): views for dimension, value, views in rows}

    def parquet(self, table: Table) -> bytes:
        """Such a file."""
        return parquet(self._cursor, self._exports, table)

    def _rank(self, wanted: Wanted) -> None:
        hours = wanted.span.hours
        open_days = [day * HOURS_PER_DAY for day in wanted.open_days]
        self._cursor.execute(
            _RANKED,
            {
                "site": wanted.site,
                "first": hours[0],
                "last": hours[-1],
                "open": open_days,
                "open_first": min(open_days, default=1),
                "open_last": max(open_days, default=-HOURS_PER_DAY) + HOURS_PER_DAY - 1,
                "dimension": wanted.dimension,
                "search": wanted.search,
                "other": OTHER,
                "none": NONE,
            },
        )
