"""The release stage: one processor for each owned partition of `internal.partials`.

It gathers closed cells from all raw partitions, closes an hour when every partition has passed it,
then the day, and publishes. It keeps no state topic: the committed offset is the lowest of any day
still open, so a new owner reads those days again, and the commit's metadata tells how far it had
released, so nothing is published twice.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from zlib import crc32

import msgspec
from msgspec import Struct, field

from quietclicks.pipeline import partials
from quietclicks.pipeline.clock import HOURS_PER_DAY, hour_text
from quietclicks.pipeline.release import (
    OVERFLOW,
    Cell,
    HourCells,
    Params,
    Released,
    Remainder,
    close_day,
    close_hour,
    figures,
)
from quietclicks.pipeline.step import Outputs, Record, Step
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Stream, Trend, TrendKey, Window, stream_of

_encode = msgspec.json.Encoder().encode

ClosedHour = Callable[[str, int, HourCells, Params], None]
"""(site, hour since 1970, its cells, its day's parameters)"""


class _Memo(Struct):
    """What goes with a commit: how far was read and released, and every partition's boundary."""

    position: int = 0
    released: int = 0
    marks: list[int] = field(default_factory=list)


class _Day(Struct):
    """An open day: the offset of its first record, its parameters, what has not closed yet."""

    offset: int
    params: Params | None = None
    without_choices: set[int] = field(default_factory=set)  # partitions that do not count them
    hours: dict[tuple[str, int], dict[Dimension, dict[str, Cell]]] = field(default_factory=dict)
    remainders: dict[str, dict[int, Remainder]] = field(default_factory=lambda: defaultdict(dict))


class ReleaseProcessor:
    """Partials in, trends out."""

    state_topic: str | None = None

    def __init__(self, closed: ClosedHour | None = None) -> None:
        """`closed` is shown each hour that closes, in order."""
        self._closed = closed
        self._days: dict[int, _Day] = {}
        self._marks: dict[int, int] = {}
        self._partitions = 0
        self._released = 0  # hours before this one are published or withheld for good
        self._start = self._position = 0
        self._memo = _Memo()
        self._tally: Counter[str] = Counter()  # of this step

    def restore(self, records: Sequence[Record]) -> None:
        """Nothing to restore: the source is read again."""

    def resume(self, committed: int, metadata: str) -> int:
        """Start at the lowest open day; what the metadata says was released stays released."""
        self._start = self._position = committed
        self._memo = msgspec.json.decode(metadata, type=_Memo) if metadata else _Memo(committed)
        return committed

    def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
        """Gather; close and publish what is complete."""
        self._tally = Counter()
        for record in records:
            self._catch_up(record.offset)
            self._gather(record, outputs)
            self._position = record.offset + 1
        self._catch_up(self._position)
        memo = _Memo(self._position, self._released, self._mark_list())
        commit = min((day.offset for day in self._days.values()), default=memo.position)
        if self._rereading:
            memo, commit = self._memo, self._start
        metadata = msgspec.json.encode(memo).decode()
        return Step(self._position, commit, metadata, None, self._tally)

    def drain(self, outputs: Outputs) -> Step | None:
        """Nothing is ever owed: an hour is published in the step that completes it."""
        return None

    @property
    def released(self) -> int:
        """Hours since 1970 before which all is released."""
        return self._released

    @property
    def _rereading(self) -> bool:
        return self._position < self._memo.position

    def _catch_up(self, offset: int) -> None:
        """Once all that was read before the restart is read again: take up the marks, silently
        close what was released."""
        if offset < self._memo.position or (not self._memo.marks and not self._memo.released):
            return
        self._partitions = len(self._memo.marks)
        self._marks = {p: mark for p, mark in enumerate(self._memo.marks) if mark}
        self._close_before(self._memo.released, None)
        self._released = self._memo.released
        self._memo = _Memo(self._memo.position)

    def _mark_list(self) -> list[int]:
        return [self._marks.get(p, 0) for p in range(self._partitions)]

    def _gather(self, record: Record, outputs: Outputs) -> None:
        key, value = record.key, record.value
        if key is None or value is None:
            return
        kind = partials.kind_of(key)
        if kind == "cell":
            _, partition, site, hour, dimension, text = partials.cell_key.decode(key)
            if self._is_over(hour // HOURS_PER_DAY):
                return
            day = self._day(hour // HOURS_PER_DAY, record.offset)
            for wanted, named in _as_the_day_counts(day, partition, site, dimension, text):
                values = day.hours.setdefault((site, hour), {}).setdefault(wanted, {})
                partials.add_cell(values, named, value)
        elif kind == "day":
            _, partition, number = partials.day_key.decode(key)
            if self._is_over(number):
                return
            day = self._day(number, record.offset)
            params = partials.params_value.decode(value)
            # Partitions may have opened the day under different policies: the log's first is it.
            day.params = day.params or params
            if not params.choices:
                day.without_choices.add(partition)
        else:
            _, partition = partials.mark_key.decode(key)
            mark = partials.mark_value.decode(value)
            if mark.partitions != self._partitions:
                # The raw topic was drained and has another number of partitions since.
                self._partitions, self._marks = mark.partitions, {}
            self._marks[partition] = mark.boundary
            if not self._rereading and len(self._marks) == self._partitions:
                self._close_before(min(self._marks.values()), outputs)

    def _is_over(self, number: int) -> bool:
        """Released in full. Reading again, it meets some of such a day's cells among a later
        day's: with the rest of them missing they would add up to nothing that is true."""
        return (number + 1) * HOURS_PER_DAY <= max(self._released, self._memo.released)

    def _day(self, number: int, offset: int) -> _Day:
        day = self._days.get(number)
        if day is None:
            day = self._days[number] = _Day(offset)
        return day

    def _close_before(self, boundary: int, outputs: Outputs | None) -> None:
        """Close all hours before a boundary, then the days that end there. `None`: silently."""
        for number, day in sorted(self._days.items()):
            if day.params is None:
                continue
            for site, hour in sorted(window for window in day.hours if window[1] < boundary):
                cells = day.hours.pop((site, hour))
                if self._closed is not None:
                    self._closed(site, hour, cells, day.params)
                released, remainder = close_hour(cells, day.params)
                day.remainders[site][hour] = remainder
                if outputs is not None:
                    self._tally += figures.of_hour(remainder, day.params)
                    self._publish(outputs, site, "PT1H", hour, released, day.params)
            if (number + 1) * HOURS_PER_DAY <= boundary:
                first = number * HOURS_PER_DAY
                for site, remainders in sorted(day.remainders.items()):
                    released = close_day(remainders, day.params)
                    if outputs is not None:
                        self._tally += figures.of_day(remainders.values(), released, day.params)
                        self._publish(outputs, site, "P1D", first, released, day.params)
                del self._days[number]
        self._released = max(self._released, boundary)

    def _publish(
        self,
        outputs: Outputs,
        site: str,
        window: Window,
        hour: int,
        released: Sequence[Released],
        params: Params,
    ) -> None:
        start = hour_text(hour)
        for each in released:
            key = _encode(TrendKey(site, window, start, each.dimension, each.value))
            trend = Trend(
                site,
                window,
                start,
                each.dimension,
                each.value,
                each.views,
                each.visitors,
                each.complete,
                params.policy,
            )
            topic = topics.published_in(site, each.dimension)
            outputs.add(topic, crc32(key), key, _encode(trend))
            self._tally[topic] += 1


def _as_the_day_counts(
    day: _Day, partition: int, site: str, dimension: Dimension, value: str
) -> Iterator[tuple[Dimension, str]]:
    """Where a partition's cell belongs: it may have opened the day under another policy.

    Every dimension has to add up to the total, so whose choices are not known have overflowed.
    """
    stream = stream_of(site)
    counts = day.params is not None and day.params.choices
    if counts or (dimension is not Dimension.CHOICE and stream is not Stream.OPTED_OUT):
        yield dimension, value
    is_total = dimension is Dimension.TOTAL and stream is None
    if counts and is_total and partition in day.without_choices:
        yield Dimension.CHOICE, OVERFLOW
