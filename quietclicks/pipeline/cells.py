"""Counting: open hours, and one cell for each value of each dimension.

A cell is (site, hour, dimension, value) → views and a bounded sample of visitors. Its state is
two records: the views with the visitors that are new since the sample was last written, and, once
these are many, the whole sample. Both are absolute, and what a record says twice counts once.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from quietclicks.pipeline.outcomes import Counted
from quietclicks.pipeline.release import OVERFLOW
from quietclicks.pipeline.sample import Sample
from quietclicks.schemas.trend import Dimension, Stream, stream_of

# The opted-out stream has the first of these alone, that of bots none.
DIMENSIONS = (
    Dimension.CHOICE,
    Dimension.PAGE,
    Dimension.REFERRER,
    Dimension.SEARCH,
    Dimension.BROWSER,
    Dimension.LANGUAGE,
    Dimension.COUNTRY,
)

COUNTS = b"c"  # views, and the visitors that are not in the sample's record
SAMPLE = b"s"
NEW = 128  # so many visitors stand beside the views before the whole sample is written

Window = tuple[str, int]  # (site, hour since 1970)
Change = tuple[bytes, bytes | None]  # a state record: key, value or tombstone

_pack = msgspec.msgpack.Encoder().encode
_name = msgspec.msgpack.Decoder(tuple[str, int, Dimension, str])
_counts = msgspec.msgpack.Decoder(tuple[int, set[int]])


class Cell:
    """Views and visitors of one value. `key` is that of its counts' record."""

    __slots__ = ("key", "new", "sample", "views", "written")

    def __init__(self, name: bytes) -> None:
        self.key = COUNTS + name
        self.views = 0
        self.sample = Sample()
        self.written = False  # the sample's record
        self.new: set[int] = set()  # visitors since then; before, all are new

    @property
    def sample_key(self) -> bytes:
        """The key of the sample's record."""
        return SAMPLE + self.key[1:]


class OpenCells:
    """The cells of the hours that are not closed, of one partition."""

    def __init__(self, max_values: int) -> None:
        self._max_values = max_values
        self._open: dict[Window, dict[Dimension, dict[str, Cell]]] = {}

    def count(
        self, rows: Mapping[str, Sequence[Counted]], choices: Callable[[int], bool]
    ) -> list[Change]:
        """Count admitted events, by site; the state records that changed.

        `choices` tells of an hour whether visitors' choices are counted then.
        """
        changes: list[Change] = []
        for site, its_rows in rows.items():
            for hour, of_hour in _by_hour(its_rows):
                has_choices = choices(hour)
                if has_choices or stream_of(site) is not Stream.OPTED_OUT:
                    self._count((site, hour), of_hour, has_choices, changes)
        return changes

    def _count(
        self, window: Window, rows: Sequence[Counted], has_choices: bool, changes: list[Change]
    ) -> None:
        _, _, visitors, *columns = zip(*rows, strict=True)
        _add(self._cell(window, Dimension.TOTAL, ""), visitors, changes)
        for dimension, column in zip(DIMENSIONS, columns, strict=False):
            if dimension is Dimension.CHOICE and not has_choices:
                continue
            # Column by column, and each cell once: a batch has far fewer values than events.
            groups: dict[str, list[int]] = defaultdict(list)
            if len(set(column)) == 1:
                groups[column[0]] = list(visitors)
            else:
                for value, visitor in zip(column, visitors, strict=True):
                    groups[value].append(visitor)
            self._fold_excess(self._values(window, dimension), groups)
            for value, its_visitors in groups.items():
                _add(self._cell(window, dimension, value), its_visitors, changes)

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
        """Take in one state record; of one key an earlier does no harm, for visitors only grow."""
        kind, name = key[:1], key[1:]
        site, hour, dimension, text = _name.decode(name)
        if value is None:
            values = self._open.get((site, hour), {}).get(dimension, {})
            values.pop(text, None)
            return
        cell = self._cell((site, hour), dimension, text)
        if kind == SAMPLE:
            cell.written = True
            cell.sample.merge(Sample.decode(value))
        else:
            cell.views, cell.new = _counts.decode(value)
            cell.sample.update(cell.new)

    def settle(self) -> None:
        """After the last `restore`: drop what tombstones left empty."""
        for window, dimensions in list(self._open.items()):
            for dimension in [each for each, values in dimensions.items() if not values]:
                del dimensions[dimension]
            if not dimensions:
                del self._open[window]

    def _values(self, window: Window, dimension: Dimension) -> dict[str, Cell]:
        dimensions = self._open.get(window)
        if dimensions is None:
            dimensions = self._open[window] = {}
        values = dimensions.get(dimension)
        if values is None:
            values = dimensions[dimension] = {}
        return values

    def _fold_excess(self, cells: dict[str, Cell], groups: dict[str, list[int]]) -> None:
        """Past the bound on distinct values, new ones are counted together."""
        room = max(0, self._max_values - len(cells))
        if len(groups) <= room:
            return
        for value in [each for each in groups if each not in cells and each != OVERFLOW][room:]:
            groups[OVERFLOW] += groups.pop(value)

    def _cell(self, window: Window, dimension: Dimension, value: str) -> Cell:
        values = self._values(window, dimension)
        cell = values.get(value)
        if cell is None:
            cell = values[value] = Cell(msgspec.msgpack.encode((*window, dimension, value)))
        return cell


def _by_hour(rows: Sequence[Counted]) -> Iterable[tuple[int, Sequence[Counted]]]:
    hours = {row[1] for row in rows}
    if len(hours) == 1:
        return ((hours.pop(), rows),)
    by_hour: dict[int, list[Counted]] = defaultdict(list)
    for row in rows:
        by_hour[row[1]].append(row)
    return by_hour.items()


def tombstones(cell: Cell) -> list[Change]:
    """The end of a cell's state."""
    gone: list[Change] = [(cell.key, None)]
    if cell.written:
        gone.append((cell.sample_key, None))
    return gone


def _add(cell: Cell, visitors: Collection[int], changes: list[Change]) -> None:
    cell.views += len(visitors)
    added = cell.sample.update(visitors)
    new: AbstractSet[int] = cell.sample.hashes
    if cell.written:
        cell.new |= added
        new = cell.new
    if len(new) > NEW:
        new = cell.new = set()
        cell.written = True
        changes.append((cell.sample_key, cell.sample.dump()))
    changes.append((cell.key, _pack((cell.views, new))))
