"""The watermarks of all raw partitions, as the release stage hears of them."""

from collections.abc import Sequence

from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.release.partials import Watermark


class Marks:
    """By partition: every hour before a mark is closed there, and its cells lie before the mark."""

    def __init__(self) -> None:
        self._partitions = 0
        self._last: dict[int, int] = {}
        self._first: dict[int, int] = {}

    def put(self, partition: int, mark: Watermark) -> None:
        """Another number of partitions: the raw topic was drained since, and all begins anew."""
        if mark.partitions != self._partitions:
            self._partitions, self._last, self._first = mark.partitions, {}, {}
        self._last[partition] = mark.closed_until
        self._first.setdefault(partition, mark.closed_until)

    @property
    def complete(self) -> bool:
        """Whether every partition has been heard of."""
        return 0 < self._partitions == len(self._last)

    @property
    def closed_until(self) -> int:
        """Hours before this one are closed in every partition; 0 where one is not heard of."""
        return min(self._last.values()) if self.complete else 0

    @property
    def whole_from(self) -> int:
        """The first hour of the first day of which all cells were heard, once `complete`.

        Of a day that began before a partition's first mark, cells may lie before what was read.
        """
        return -(-max(self._first.values()) // HOURS_PER_DAY) * HOURS_PER_DAY

    def encode(self) -> list[int]:
        """A number a partition, 0 where it is not heard of."""
        return [self._last.get(number, 0) for number in range(self._partitions)]

    def restore(self, marks: Sequence[int]) -> None:
        """The inverse."""
        self._partitions = len(marks)
        self._last = {number: mark for number, mark in enumerate(marks) if mark}
