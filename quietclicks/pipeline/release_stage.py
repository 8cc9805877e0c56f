"""The release stage: one processor for each owned partition of `internal.partials`.

It gathers closed cells from all raw partitions, closes an hour when every partition has passed it,
then the day, and publishes: an hour a step. It keeps no state topic: the committed offset is the
lowest of any day still open, so a new owner reads those days again, and the commit's metadata tells
how far it had released, so nothing is published twice.
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
        self._boundary = 0  # hours before this one are complete in every partition
        self._released = 0  # and before this one published or withheld for good
        self._silent = 0  # and before this one were so by a former owner
        self._start = self._position = 0
        self._memo: _Memo | None = None  # that owner's, until all it had read is read again
        self._tally: Counter[str] = Counter()  # of this step

    def restore(self, records: Sequence[Record]) -> None:
        """Nothing to restore: the source is read again."""

    def resume(self, committed: int, metadata: str) -> int:
        """Start at the lowest open day; what the metadata says was released stays released."""
        self._start = self._position = committed
        self._memo = msgspec.json.decode(metadata, type=_Memo) if metadata else _Memo(committed)
        self._boundary = self._released = self._silent = self._memo.released
        return committed

    def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
        """Gather. What is complete by it is owed, and closed by `drain`."""
        self._tally = Counter()
        for record in records:
            self._position = record.offset
            self._catch_up()
            self._gather(record)
            self._position = record.offset + 1
        self._catch_up()
        return self._step()

    def drain(self, outputs: Outputs) -> Step | None:
        """Close and publish one complete hour, and the day that ends with it.

        One, because nothing else is done meanwhile: a member of the group has to be heard of.
        """
        self._catch_up()
        if self._memo is not None:
            return None
        ends = [end for end in self._ends() if end <= self._boundary]
        if not ends and self._released == self._boundary:
            return None
        end = min(ends, default=self._boundary)
        self._tally = Counter()
        self._close_before(end, None if end <= self._silent else outputs)
        self._released = max(self._released, end)
        return self._step()

    def _step(self) -> Step:
        if self._memo is not None:  # nothing is new yet
            memo, commit = self._memo, self._start
        else:
            memo = _Memo(self._position, self._released, self._mark_list())
            commit = min((day.offset for day in self._days.values()), default=self._position)
        return Step(self._position, commit, msgspec.json.encode(memo).decode(), None, self._tally)

    def _ends(self) -> Iterator[int]:
        """Where the hours and days end that have not closed yet."""
        for number, day in self._days.items():
            if day.params is not None:
                yield (number + 1) * HOURS_PER_DAY
                yield from (hour + 1 for _, hour in day.hours)

    def _catch_up(self) -> None:
        """Once all that was read before the restart is read again: take up the marks."""
        if self._memo is not None and self._position >= self._memo.position:
            self._partitions = len(self._memo.marks)
            self._marks = {p: mark for p, mark in enumerate(self._memo.marks) if mark}
            self._memo = None
            self._pass()

    def _pass(self) -> None:
        """Move the boundary to where every partition has passed."""
        if self._marks and len(self._marks) == self._partitions:
            self._boundary = max(self._boundary, min(self._marks.values()))

    def _mark_list(self) -> list[int]:
        return [self._marks.get(p, 0) for p in range(self._partitions)]

    def _gather(self, record: Record) -> None:
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
            if self._memo is None:
                self._pass()

    def _is_over(self, number: int) -> bool:
        """Complete. Reading again, it meets some of a released day's cells among a later day's:
        with the rest of them missing they would add up to nothing that is true."""
        return (number + 1) * HOURS_PER_DAY <= self._boundary

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
            outputs.extend(topic, [(crc32(key), key, _encode(trend))])
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
