"""The dashboard's store: published trends, and up to which offset of each partition they are read.

Both are written in one transaction, so that a process that is killed goes on exactly where it was.
It holds what is published and nothing else.
"""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from quietclicks.agents.dashboard.database import exports_of, opened
from quietclicks.agents.dashboard.reading import Reading
from quietclicks.pipeline.dashboard.records import Key, Numbers
from quietclicks.schemas.trend import Dimension

_BATCH = """
CREATE OR REPLACE TEMP TABLE batch AS SELECT
    unnest(?::VARCHAR[]) AS site, unnest(?::BOOLEAN[]) AS is_day, unnest(?::INTEGER[]) AS hour,
    unnest(?::VARCHAR[]) AS dimension, unnest(?::VARCHAR[]) AS value,
    unnest(?::BIGINT[]) AS views, unnest(?::BIGINT[]) AS visitors, unnest(?::BOOLEAN[]) AS complete,
    unnest(?::INTEGER[]) AS appended
"""
_TOTALS = (
    """DELETE FROM totals USING batch
    WHERE totals.hour = batch.hour AND totals.is_day = batch.is_day AND totals.site = batch.site
        AND batch.dimension = 'total'""",
    """INSERT INTO totals SELECT site, is_day, hour, views, visitors, complete, appended FROM batch
    WHERE dimension = 'total' AND views IS NOT NULL""",
)
# A batch's hours are few, and the tables are in the order in which they came: most of them are
# passed over by the least and the greatest hour of each part.
_VALUES = (
    """DELETE FROM {table} USING batch
    WHERE {table}.hour = batch.hour AND {table}.value = batch.value
        AND {table}.dimension = batch.dimension AND {table}.site = batch.site
        AND batch.is_day = {is_day}""",
    """INSERT INTO {table}
    SELECT site, dimension, hour, value, views, visitors, complete, appended FROM batch
    WHERE is_day = {is_day} AND dimension <> 'total' AND views IS NOT NULL
    ORDER BY site, dimension, hour""",
)
_TABLES = ("totals", "days", "hours")


class Partition(NamedTuple):
    """One of a topic that the broker has given an id."""

    topic: str
    id: str
    number: int


class Store:
    """Written by one thread; read by several at a time."""

    def __init__(self, folder: Path, *, rebuild: bool = False) -> None:
        """Raises `Failure` where the folder cannot be used."""
        self._connection = opened(folder, rebuild=rebuild)
        self._exports = exports_of(folder)
        self._writing = threading.Lock()
        self.version = 0
        """Grows with each batch that changed something."""

    def close(self) -> None:
        """No query may be under way."""
        self._connection.close()

    def positions(self) -> dict[Partition, int]:
        """The next offset of each partition that was read from."""
        with self._connection.cursor() as cursor:
            rows = cursor.execute("SELECT topic, id, partition, next FROM partitions").fetchall()
        return {Partition(topic, id, number): offset for topic, id, number, offset in rows}

    def clear(self) -> None:
        """Forget everything, offsets included."""
        with self._transaction() as cursor:
            for table in (*_TABLES, "partitions"):
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608  # names of ours
        self.version += 1

    def apply(
        self, entries: Mapping[Key, Numbers | None], positions: Mapping[Partition, int]
    ) -> None:
        """Replace each key's numbers, or remove them where they are None; and up to where it is."""
        with self._transaction() as cursor:
            if entries:
                _put(cursor, entries)
            for place, offset in positions.items():
                cursor.execute(
                    "DELETE FROM partitions WHERE topic = ? AND partition = ?",
                    [place.topic, place.number],
                )
                cursor.execute("INSERT INTO partitions VALUES (?, ?, ?, ?)", [*place, offset])
        if entries:
            self.version += 1

    def forget(self, before: int) -> None:
        """Remove what was appended before an hour since 1970: the topics keep it no longer."""
        with self._transaction() as cursor:
            for table in _TABLES:
                cursor.execute(f"DELETE FROM {table} WHERE appended < ?", [before])  # noqa: S608
        self.version += 1

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reading]:
        """All that is asked of it is of one moment, and undisturbed by what is written."""
        with self._connection.cursor() as cursor:
            cursor.begin()
            try:
                yield Reading(cursor, self._exports)
            finally:
                cursor.rollback()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._writing, self._connection.cursor() as cursor:
            cursor.begin()
            try:
                yield cursor
            except BaseException:
                cursor.rollback()
                raise
            cursor.commit()


def _put(cursor: duckdb.DuckDBPyConnection, entries: Mapping[Key, Numbers | None]) -> None:
    columns: Sequence[Sequence[object]] = list(
        zip(*((*key, *(numbers or (None,) * 4)) for key, numbers in entries.items()), strict=True)
    )
    cursor.execute(_BATCH, [list(column) for column in columns])
    kinds = {(key.is_day, key.dimension == Dimension.TOTAL) for key in entries}
    if {(True, True), (False, True)} & kinds:
        for statement in _TOTALS:
            cursor.execute(statement)
    for table, is_day in (("days", True), ("hours", False)):
        if (is_day, False) in kinds:
            for statement in _VALUES:
                cursor.execute(statement.format(table=table, is_day=is_day))
