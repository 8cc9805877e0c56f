"""Counting: open hours, and one cell for each value of each dimension.

A cell is (site, hour, dimension, value) → views and a bounded sample of visitors. Its state is
two records: the views with the visitors that are new since the sample was last written, and, once
these are many, the whole sample. Both are absolute, and what a record says twice counts once.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

import msgspec

from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.counting.state import COUNTS, SAMPLE
from quietclicks.pipeline.release import OVERFLOW
from quietclicks.pipeline.sketch import Sample, packed, unpacked
from quietclicks.schemas.trend import Dimension, Stream, stream_of

# The opted-out stream has the first of these alone, that of bots none. The total has no column.
DIMENSIONS = (
    Dimension.CHOICE,
    *[each for each in Dimension if each not in {Dimension.TOTAL, Dimension.CHOICE}],
)

NEW = 128  # so many visitors stand beside the views before the whole sample is written
_NEW_BYTES = 8 * NEW

SiteHour = tuple[str, int]  # (site, hour since 1970)
Change = tuple[bytes, bytes | None]  # a state record: key, value or tombstone

_pack = msgspec.msgpack.Encoder().encode
_name = msgspec.msgpack.Decoder(tuple[str, int, Dimension, str])
_counts = msgspec.msgpack.Decoder(tuple[int, bytes])


class OpenCell:
    """Views and visitors of one value. `key` is that of its counts' record.

    Most cells have a handful of visitors, and there are many cells: until a sample is first
    written there is none, and all visitors are in `recent`, as the record has them.
    """

    __slots__ = ("_sample", "key", "recent", "views")

    def __init__(self, name: bytes) -> None:
        self.key = COUNTS + name
        self.views = 0
        self.recent = b""  # visitors since the sample was written: hashes, 8 bytes each
        self._sample: Sample | None = None

    @property
    def sample(self) -> Sample:
        """All visitors, to be looked at only."""
        return Sample(unpacked(self.recent)) if self._sample is None else self._sample

    @property
    def sample_key(self) -> bytes:
        """The key of the sample's record."""
        return SAMPLE + self.key[1:]

    def add(self, visitors: Collection[int]) -> list[Change]:
        """Count a view of each; what changed of its state."""
        self.views += len(visitors)
        if self._sample is None:
            new = set(visitors).difference(unpacked(self.recent))
        else:
            new = self._sample.update(visitors)
        if new:
            self.recent += packed(new)
        changes: list[Change] = []
        if len(self.recent) > _NEW_BYTES:
            self._sample = self.sample
            self.recent = b""
            changes.append((self.sample_key, self._sample.encode()))
        changes.append((self.key, _pack((self.views, self.recent))))
        return changes

    def tombstones(self) -> list[Change]:
        """The end of its state."""
        keys = [self.key] if self._sample is None else [self.key, self.sample_key]
        return [(key, None) for key in keys]

    def restore(self, kind: bytes, value: bytes) -> None:
        """Take in the last value of one of its records."""
        if kind == COUNTS:
            self.views, self.recent = _counts.decode(value)
            unpacked(self.recent)  # raises on what is none
        else:
            self._sample = Sample.decode(value)

    def settle(self) -> None:
        """After the last `restore`."""
        if self._sample is not None:
            self._sample.update(unpacked(self.recent))


class OpenCells:
    """The cells of the hours that are not closed, of one partition."""

    def __init__(self, max_values: int) -> None:
        self._max_values = max_values
        self._open: dict[SiteHour, dict[Dimension, dict[str, OpenCell]]] = {}

    def __bool__(self) -> bool:
        return bool(self._open)

    def __len__(self) -> int:
        return sum(
            [len(values) for dimensions in self._open.values() for values in dimensions.values()]
        )

    def count(self, counted: Mapping[str, Counted], choices: Callable[[int], bool]) -> list[Change]:
        """Count admitted events, by site; the state records that changed.

        `choices` tells of an hour whether visitors' choices are counted then.
        """
        changes: list[Change] = []
        for site, its in counted.items():
            for hour in sorted(set(its.hours)):
                has_choices = choices(hour)
                if has_choices or stream_of(site) is not Stream.OPTED_OUT:
                    self._count((site, hour), _of_hour(its, hour), has_choices, changes)
        return changes

    def _count(
        self, window: SiteHour, counted: Counted, has_choices: bool, changes: list[Change]
    ) -> None:
        numbers = dict(zip(Dimension, zip(*counted.visitors, strict=True), strict=True))
        changes += self._cell(window, Dimension.TOTAL, "").add(numbers[Dimension.TOTAL])
        for dimension, column in zip(DIMENSIONS, counted.values, strict=False):
            if dimension is Dimension.CHOICE and not has_choices:
                continue
            visitors = numbers[dimension]
            # Column by column, and each cell once: a batch has far fewer values than events.
            groups: dict[str, list[int]] = defaultdict(list)
            if column.count(column[0]) == len(column):
                groups[column[0]] = list(visitors)
            else:
                for value, visitor in zip(column, visitors, strict=True):
                    groups[value].append(visitor)
            self._fold_excess(self._values(window, dimension), groups)
            for value, its_visitors in groups.items():
                changes += self._cell(window, dimension, value).add(its_visitors)

    @property
    def windows(self) -> Collection[SiteHour]:
        """The sites and hours that have cells."""
        return self._open.keys()

    def closed_before(self, closed_until: int) -> list[SiteHour]:
        """The windows that end at or before an hour, in order."""
        return sorted(window for window in self._open if window[1] < closed_until)

    def take(self, window: SiteHour, limit: int) -> list[tuple[Dimension, str, OpenCell]]:
        """Remove and return up to `limit` cells of a window."""
        taken: list[tuple[Dimension, str, OpenCell]] = []
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
        self._cell((site, hour), dimension, text).restore(kind, value)

    def settle(self) -> None:
        """After the last `restore`: drop what tombstones left empty."""
        for window, dimensions in list(self._open.items()):
            for dimension, values in list(dimensions.items()):
                for cell in values.values():
                    cell.settle()
                if not values:
                    del dimensions[dimension]
            if not dimensions:
                del self._open[window]

    def _values(self, window: SiteHour, dimension: Dimension) -> dict[str, OpenCell]:
        dimensions = self._open.get(window)
        if dimensions is None:
            dimensions = self._open[window] = {}
        values = dimensions.get(dimension)
        if values is None:
            values = dimensions[dimension] = {}
        return values

    def _fold_excess(self, cells: dict[str, OpenCell], groups: dict[str, list[int]]) -> None:
        """Past the bound on distinct values, new ones are counted together."""
        room = max(0, self._max_values - len(cells))
        if len(groups) <= room:
            return
        for value in [each for each in groups if each not in cells and each != OVERFLOW][room:]:
            groups[OVERFLOW] += groups.pop(value)

    def _cell(self, window: SiteHour, dimension: Dimension, value: str) -> OpenCell:
        values = self._values(window, dimension)
        cell = values.get(value)
        if cell is None:
            cell = values[value] = OpenCell(msgspec.msgpack.encode((*window, dimension, value)))
        return cell


def _of_hour(counted: Counted, hour: int) -> Counted:
    if counted.hours.count(hour) == len(counted):
        return counted
    return counted.where(each == hour for each in counted.hours)
