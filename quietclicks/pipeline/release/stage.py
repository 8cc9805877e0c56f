"""The release stage: one processor for each owned partition of `internal.partials`.

It gathers closed cells from all raw partitions, closes an hour when every partition has passed it,
then the day, and publishes: a large site a step, or some small ones. It keeps no state topic: the
committed offset is the lowest of any day still open, so a new owner reads those days again, and the
commit's metadata tells how far it had released, so nothing is published twice.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from zlib import crc32

import msgspec
from msgspec import Struct, field

from quietclicks.pipeline.clock import HOURS_PER_DAY, hour_text
from quietclicks.pipeline.processor import Outputs, Record, Step, UnreadableRecord
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
    partials,
)
from quietclicks.pipeline.release.figures import Figure
from quietclicks.pipeline.release.metadata import CommitMetadata, decode
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Stream, Trend, TrendKey, Window, stream_of

_encode = msgspec.json.Encoder().encode

CELLS_PER_STEP = 20_000  # after so many no other site is closed: some 0.05 s; one may have more

ClosedHour = Callable[[str, int, HourCells, Params], None]
"""(site, hour since 1970, its cells, its day's parameters)"""


class _Day(Struct):
    """An open day: the offset of its first record, its parameters, what has not closed yet."""

    offset: int
    params: Params | None = None
    without_choices: set[int] = field(default_factory=set)  # partitions that do not count them
    hours: dict[int, dict[str, dict[Dimension, dict[str, Cell]]]] = field(default_factory=dict)
    remainders: dict[str, dict[int, Remainder]] = field(default_factory=lambda: defaultdict(dict))


class ReleaseProcessor:
    """Partials in, trends out."""

    state_topic: str | None = None
    drains_apart = True  # a large site's close takes seconds
    has_progress = True  # it lies in the source itself

    def __init__(self, closed: ClosedHour | None = None) -> None:
        """`closed` is shown each hour that closes, in order."""
        self._closed_hour = closed
        self._days: dict[int, _Day] = {}
        self._watermarks: dict[int, int] = {}
        self._partitions = 0
        self._closed_until = 0  # hours before this one are complete in every partition
        self._released = 0  # and before this one published or withheld for good
        self._sites = 0  # so many sites, too, of what ends next
        self._closed = 0  # so many of these are closed here, the others were by a former owner
        self._start = self._position = 0
        # That owner's, until all it had read is read again.
        self._memo: CommitMetadata | None = None
        self._tally: Counter[str] = Counter()  # of this step

    def restore(self, records: Sequence[Record]) -> None:
        """Nothing to restore: the source is read again."""

    def resume(self, committed: int, metadata: str) -> int:
        """Start at the lowest open day; what the metadata says was released stays released."""
        self._start = self._position = committed
        self._memo = decode(metadata) if metadata else CommitMetadata(committed)
        self._closed_until = self._released = self._memo.released
        self._sites = self._memo.sites
        return committed

    def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
        """Gather. What is complete by it is closed by `drain`.

        Raises `UnreadableRecord`.
        """
        self._tally = Counter()
        for record in records:
            self._position = record.offset
            self._catch_up()
            try:
                self._gather(record)
            except ValueError:
                raise UnreadableRecord(record.offset) from None
            self._position = record.offset + 1
        self._catch_up()
        return self._step()

    def drain(self, outputs: Outputs) -> Step | None:
        """Close and publish one complete hour of a site, or its day: of small sites several.

        No more, because nothing stops it meanwhile. What a former owner has published is closed
        again, silently, for the day needs what it leaves.
        """
        self._catch_up()
        if self._memo is not None:
            return None
        self._tally = Counter()
        found = self._next_end()
        if found is None:
            if self._released == self._closed_until:
                return None
            self._released = self._closed_until  # nothing was counted since
            return self._step()
        end, day, params = found
        room = CELLS_PER_STEP
        for site, window in _ending(day, end):
            is_published = end <= self._released or self._closed < self._sites
            close = self._close_hour if window == "PT1H" else self._close_day
            room -= close(day, params, site, end, None if is_published else outputs)
            self._closed += 1
            self._sites += not is_published
            if room <= 0:
                break
        if not any(_ending(day, end)):
            self._end(day, end)
        return self._step()

    def _step(self) -> Step:
        if self._memo is not None:  # nothing is new yet
            memo, commit = self._memo, self._start
        else:
            marks = self._watermark_list()
            memo = CommitMetadata(self._position, self._released, self._sites, marks)
            commit = min((day.offset for day in self._days.values()), default=self._position)
        return Step(self._position, commit, memo.encode(), None, self._tally)

    def _next_end(self) -> tuple[int, _Day, Params] | None:
        """Where the first hour or day ends that is complete and has not closed yet."""
        ends = [
            (end, day, day.params)
            for number, day in self._days.items()
            if day.params is not None
            for end in ((number + 1) * HOURS_PER_DAY, *(hour + 1 for hour in day.hours))
            if end <= self._closed_until
        ]
        return min(ends, key=lambda each: each[0], default=None)

    def _catch_up(self) -> None:
        """Once all that was read before the restart is read again: take up the marks."""
        if self._memo is not None and self._position >= self._memo.position:
            self._partitions = len(self._memo.marks)
            self._watermarks = {p: mark for p, mark in enumerate(self._memo.marks) if mark}
            self._memo = None
            self._pass()

    def _pass(self) -> None:
        """Close up to where every partition has passed."""
        if self._watermarks and len(self._watermarks) == self._partitions:
            self._closed_until = max(self._closed_until, min(self._watermarks.values()))

    def _watermark_list(self) -> list[int]:
        return [self._watermarks.get(p, 0) for p in range(self._partitions)]

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
                values = day.hours.setdefault(hour, {}).setdefault(site, {}).setdefault(wanted, {})
                if wanted is Dimension.TOTAL and self._memo is None:  # read again, it is no news
                    self._tally[Figure.SPREAD] += partials.in_both(values.get(named), value)
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
            _, partition = partials.watermark_key.decode(key)
            mark = partials.watermark_value.decode(value)
            if mark.partitions != self._partitions:
                # The raw topic was drained and has another number of partitions since.
                self._partitions, self._watermarks = mark.partitions, {}
            self._watermarks[partition] = mark.closed_until
            if self._memo is None:
                self._pass()

    def _is_over(self, number: int) -> bool:
        """Complete. Reading again, it meets some of a released day's cells among a later day's:
        with the rest of them missing they would add up to nothing that is true."""
        return (number + 1) * HOURS_PER_DAY <= self._closed_until

    def _day(self, number: int, offset: int) -> _Day:
        day = self._days.get(number)
        if day is None:
            day = self._days[number] = _Day(offset)
        return day

    def _close_hour(
        self, day: _Day, params: Params, site: str, end: int, outputs: Outputs | None
    ) -> int:
        """Close a site's hour; how many cells it had. Without outputs: silently."""
        hour = end - 1
        cells = day.hours[hour].pop(site)
        if self._closed_hour is not None:
            self._closed_hour(site, hour, cells, params)
        released, remainder = close_hour(cells, params)
        day.remainders[site][hour] = remainder
        if outputs is not None:
            self._tally += figures.of_hour(remainder, params)
            self._publish(outputs, (site, "PT1H", hour_text(hour)), released, params)
        return _size(cells)

    def _close_day(
        self, day: _Day, params: Params, site: str, end: int, outputs: Outputs | None
    ) -> int:
        """The same of its day."""
        hours = day.remainders.pop(site)
        if outputs is not None:
            released = close_day(hours, params)
            self._tally += figures.of_day(hours.values(), released, params)
            start = hour_text(end - HOURS_PER_DAY)
            self._publish(outputs, (site, "P1D", start), released, params)
        return sum(_size(hour.released) + _size(hour.unreleased) for hour in hours.values())

    def _end(self, day: _Day, end: int) -> None:
        """All sites are closed."""
        day.hours.pop(end - 1, None)
        if end % HOURS_PER_DAY == 0:
            del self._days[end // HOURS_PER_DAY - 1]
        self._closed = 0
        if end > self._released:
            self._released, self._sites = end, 0

    def _publish(
        self,
        outputs: Outputs,
        where: tuple[str, Window, str],
        released: Sequence[Released],
        params: Params,
    ) -> None:
        """`where`: site, window, start."""
        for each in released:
            what = each.dimension, each.value
            key = _encode(TrendKey(*where, *what))
            trend = Trend(*where, *what, each.views, each.visitors, each.complete, params.policy)
            topic = topics.published_in(where[0], each.dimension)
            outputs.extend(topic, [(crc32(key), key, _encode(trend))])
            self._tally[topic] += 1


def _ending(day: _Day, end: int) -> Iterator[tuple[str, Window]]:
    """The sites, in order, that are not closed of the hour that ends there, then of the day."""
    for site in sorted(day.hours.get(end - 1, ())):
        yield site, "PT1H"
    if end % HOURS_PER_DAY == 0:
        for site in sorted(day.remainders):
            yield site, "P1D"


def _size(cells: Mapping[Dimension, Mapping[str, Cell]]) -> int:
    return sum(map(len, cells.values()))


def _as_the_day_counts(
    day: _Day, partition: int, site: str, dimension: Dimension, value: str
) -> Iterator[tuple[Dimension, str]]:
    """Where a partition's cell belongs: it may have opened the day under another policy.

    Every dimension has to add up to the total, so whose choices are not known have overflowed.
    """
    counts = day.params is not None and day.params.choices
    if counts or (dimension is not Dimension.CHOICE and stream_of(site) is not Stream.OPTED_OUT):
        yield dimension, value
    is_total = dimension is Dimension.TOTAL and stream_of(site) is None
    if counts and is_total and partition in day.without_choices:
        yield Dimension.CHOICE, OVERFLOW
