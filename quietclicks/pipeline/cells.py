"""Counting: open hours, and one cell for each value of each dimension.

A cell is (site, hour, dimension, value) → views and a bounded sample of visitors. Its state is
written absolute, counts and sample apart: a full sample rarely changes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from quietclicks.pipeline.anonymise import Counted
from quietclicks.pipeline.release import OVERFLOW
from quietclicks.pipeline.sample import Sample
from quietclicks.schemas.trend import Dimension

DIMENSIONS = (
    Dimension.PAGE,
    Dimension.REFERRER,
    Dimension.SEARCH,
    Dimension.BROWSER,
    Dimension.LANGUAGE,
    Dimension.COUNTRY,
)

VIEWS = b"c"
SAMPLE = b"s"

Window = tuple[str, int]  # (site, hour since 1970)
Change = tuple[bytes, bytes | None]  # a state record: key, value or tombstone


class Cell:
    """Views and visitors of one value. `name` is its key's common part."""

    __slots__ = ("name", "sample", "views")

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.views = 0
        self.sample = Sample()


class OpenCells:
    """The cells of the hours that are not closed, of one partition."""

    def __init__(self, max_values: int) -> None:
        self._max_values = max_values
        self._open: dict[Window, dict[Dimension, dict[str, Cell]]] = {}

    def count(self, rows: Iterable[Counted]) -> Iterator[Change]:
        """Count admitted events; yields the state records that changed."""
        by_window: dict[Window, list[Counted]] = defaultdict(list)
        for row in rows:
            by_window[row[0], row[1]].append(row)
        for window, its_rows in by_window.items():
            _, _, visitors, *columns = zip(*its_rows, strict=True)
            total = self._cell(window, Dimension.TOTAL, "")
            yield from _add(total, len(visitors), visitors)
            for dimension, column in zip(DIMENSIONS, columns, strict=True):
                groups: dict[str, list[int]] = defaultdict(list)
                for value, visitor in zip(column, visitors, strict=True):
                    groups[value].append(visitor)
                for value, its_visitors in groups.items():
                    cell = self._cell(window, dimension, value)
                    yield from _add(cell, len(its_visitors), its_visitors)

    def closed_before(self, boundary: int) -> list[Window]:
        """The windows that end at or before an hour, in order."""
        return sorted(window for window in self._open if window[1] < boundary)

    def take(self, window: Window, limit: int) -> list[tuple[Dimension, str, Cell]]:
        """Remove and return up to `limit` cells of a window."""
        taken: list[tuple[Dimension, str, Cell]] = []
        dimensions = self._open[window]
        for dimension in list(dimensions):
            values = dimensions[dimension]
            while values and len(taken) < limit:
                taken.append((dimension, *values.popitem()))
            if not values:
                del dimensions[dimension]
        if not dimensions:
            del self._open[window]
        return taken

    def restore(self, key: bytes, value: bytes | None) -> None:
        """Take in one state record; a later one of the same key replaces it."""
        kind, name = key[:1], key[1:]
        site, hour, dimension, text = msgspec.msgpack.decode(
            name, type=tuple[str, int, Dimension, str]
        )
        if value is None:
            values = self._open.get((site, hour), {}).get(dimension, {})
            values.pop(text, None)
            return
        cell = self._cell((site, hour), dimension, text, bounded=False)
        if kind == VIEWS:
            cell.views = msgspec.msgpack.decode(value, type=int)
        else:
            cell.sample = Sample.decode(value)

    def settle(self) -> None:
        """After the last `restore`: drop what tombstones left empty."""
        for window, dimensions in list(self._open.items()):
            for dimension in [each for each, values in dimensions.items() if not values]:
                del dimensions[dimension]
            if not dimensions:
                del self._open[window]

    def _cell(self, window: Window, dimension: Dimension, value: str, bounded: bool = True) -> Cell:
        dimensions = self._open.get(window)
        if dimensions is None:
            dimensions = self._open[window] = {}
        values = dimensions.get(dimension)
        if values is None:
            values = dimensions[dimension] = {}
        cell = values.get(value)
        if cell is None:
            if bounded and len(values) >= self._max_values and value != OVERFLOW:
                return self._cell(window, dimension, OVERFLOW)
            cell = values[value] = Cell(msgspec.msgpack.encode((*window, dimension, value)))
        return cell


def tombstones(cell: Cell) -> tuple[Change, Change]:
    """The end of a cell's state."""
    return (VIEWS + cell.name, None), (SAMPLE + cell.name, None)


def _add(cell: Cell, views: int, visitors: Iterable[int]) -> Iterator[Change]:
    cell.views += views
    yield VIEWS + cell.name, msgspec.msgpack.encode(cell.views)
    if cell.sample.update(visitors):
        yield SAMPLE + cell.name, cell.sample.encode()
