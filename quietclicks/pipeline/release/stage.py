"""The release stage: one processor for each owned partition of `internal.partials`.

It gathers closed cells from all raw partitions, closes an hour when every partition has passed it,
then the day, and publishes: a large site a step, or some small ones. It keeps no state topic: the
committed offset is the lowest of any day still open, so a new owner reads those days again, and the
commit's metadata tells how far it had released, so nothing is published twice. Where the metadata
is lost, what is published tells it, and of days that may have begun before the log nothing is.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from zlib import crc32

import msgspec

from quietclicks.pipeline.clock import HOURS_PER_DAY, hour_text
from quietclicks.pipeline.processor import Outputs, Record, Step, UnreadableRecord
from quietclicks.pipeline.release import (
    Cell,
    HourCells,
    Params,
    Released,
    close_day,
    close_hour,
    figures,
    partials,
)
from quietclicks.pipeline.release.figures import Figure
from quietclicks.pipeline.release.marks import Marks
from quietclicks.pipeline.release.metadata import CommitMetadata, decode, published_until
from quietclicks.pipeline.release.open_day import OpenDay
from quietclicks.pipeline.release.withheld import Withheld, rounded
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Trend, TrendKey, Window

_encode = msgspec.json.Encoder().encode

CELLS_PER_STEP = 20_000  # after so many no other site is closed: some 0.05 s; one may have more

ClosedHour = Callable[[str, int, HourCells, Params], None]
"""(site, hour since 1970, its cells, its day's parameters)"""


class ReleaseProcessor:
    """Partials in, trends out."""

    state_topic: str | None = None
    history_topics: Sequence[str] = (topics.TRENDS[Dimension.TOTAL], topics.UNCOUNTED)
    drains_apart = True  # a large site's close takes seconds
    has_progress = True  # it lies in the source itself

    def __init__(
        self, closed: ClosedHour | None = None, partition: int = 0, partitions: int = 1
    ) -> None:
        """Of so many partitions of partials; `closed` is shown each hour that closes, in order."""
        self._closed_hour = closed
        self._partition, self._partitions = partition, partitions
        self._days: dict[int, OpenDay] = {}
        self._marks = Marks()
        self._closed_until = 0  # hours before this one are complete in every partition
        self._released = 0  # and before this one published or withheld for good
        self._sites = 0  # so many sites, too, of what ends next
        self._closed = 0  # so many of these are closed here, the others were by a former owner
        self._start = self._position = 0
        self._published = 0  # the end of the last window of which something is published
        self._lost = False  # how far was released is not known yet
        # That owner's, until all it had read is read again.
        self._memo: CommitMetadata | None = None
        self._tally: Counter[str] = Counter()  # of this step
        self._withheld = Withheld()

    def restore(self, records: Sequence[Record]) -> None:
        """Nothing to restore: the source is read again."""

    def look_back(self, records: Sequence[Record]) -> None:
        """Trends; those of the sites that are routed here tell how far this partition was."""
        for record in records:
            if record.key is not None:
                try:
                    site, until = published_until(record.key)
                except ValueError:
                    raise UnreadableRecord(record.offset) from None
                if partials.site_route(site) % self._partitions == self._partition:
                    self._published = max(self._published, until)

    def resume(self, committed: int, metadata: str) -> int:
        """Start at the lowest open day; what the metadata says was released stays released."""
        self._start = self._position = committed
        if metadata:
            self._memo = decode(metadata)
            self._closed_until = self._released = self._memo.released
            self._sites = self._memo.sites
            # A former version has not counted the day that it was closing.
            self._withheld = self._memo.withheld or Withheld(self._released // HOURS_PER_DAY + 1)
        elif committed or self._published:  # else this is the very beginning
            self._lost = True
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
        if self._is_reading_again:
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
        for site, window in day.ending(end):
            is_published = end <= self._released or self._closed < self._sites
            close = self._close_hour if window == "PT1H" else self._close_day
            room -= close(day, params, site, end, None if is_published else outputs)
            self._closed += 1
            self._sites += not is_published
            if room <= 0:
                break
        if not any(day.ending(end)):
            self._end(day, end)
        return self._step()

    def _step(self) -> Step:
        if self._is_reading_again:  # nothing is new yet
            metadata = self._memo.encode() if self._memo is not None else ""
            return Step(self._position, self._start, metadata, None, self._tally)
        marks = self._marks.encode()
        memo = CommitMetadata(self._position, self._released, self._sites, marks, self._withheld)
        commit = min((day.offset for day in self._days.values()), default=self._position)
        return Step(self._position, commit, memo.encode(), None, self._tally)

    @property
    def _is_reading_again(self) -> bool:
        return self._memo is not None or self._lost

    def _next_end(self) -> tuple[int, OpenDay, Params] | None:
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
            self._marks.restore(self._memo.marks)
            self._memo = None
            self._pass()
        elif self._lost and self._marks.complete:
            # From its beginning on a log has all of each day, as where the topic was made larger.
            whole_from = self._marks.whole_from if self._start else 0
            first_day = -(-max(self._published, whole_from) // HOURS_PER_DAY)
            self._closed_until = self._released = first_day * HOURS_PER_DAY
            self._withheld = Withheld(first_day)
            self._days = {day: its for day, its in self._days.items() if day >= first_day}
            self._lost = False
            self._pass()

    def _pass(self) -> None:
        """Close up to where every partition has passed."""
        self._closed_until = max(self._closed_until, self._marks.closed_until)

    def _gather(self, record: Record) -> None:
        key, value = record.key, record.value
        if key is None or value is None:
            return
        kind = partials.kind_of(key)
        if kind == "cell":
            cell = partials.cell_key.decode(key)
            _, _, _, hour, _, _ = cell
            if not self._is_over(hour // HOURS_PER_DAY):
                spread = self._day(hour // HOURS_PER_DAY, record.offset).add(cell, value)
                if not self._is_reading_again:  # then it is no news
                    self._tally[Figure.SPREAD] += spread
        elif kind == "day":
            _, partition, number = partials.day_key.decode(key)
            if not self._is_over(number):
                day = self._day(number, record.offset)
                day.open(partition, partials.params_value.decode(value))
        else:
            _, partition = partials.watermark_key.decode(key)
            self._marks.put(partition, partials.watermark_value.decode(value))
            if not self._is_reading_again:
                self._pass()

    def _is_over(self, number: int) -> bool:
        """Complete. Reading again, it meets some of a released day's cells among a later day's:
        with the rest of them missing they would add up to nothing that is true."""
        return (number + 1) * HOURS_PER_DAY <= self._closed_until

    def _day(self, number: int, offset: int) -> OpenDay:
        day = self._days.get(number)
        if day is None:
            day = self._days[number] = OpenDay(offset)
        return day

    def _close_hour(
        self, day: OpenDay, params: Params, site: str, end: int, outputs: Outputs | None
    ) -> int:
        """Close a site's hour; how many cells it had. Without outputs: silently."""
        hour = end - 1
        cells = day.hours[hour].pop(site)
        if self._closed_hour is not None:
            self._closed_hour(site, hour, cells, params)
        start = hour_text(hour)
        released, remainder = close_hour(cells, params, start)
        day.remainders[site][hour] = remainder
        if outputs is not None and not day.mixed:
            self._tally += figures.of_hour(remainder, params)
            self._publish(outputs, (site, "PT1H", start), released, params)
        return _size(cells)

    def _close_day(
        self, day: OpenDay, params: Params, site: str, end: int, outputs: Outputs | None
    ) -> int:
        """The same of its day."""
        hours = day.remainders.pop(site)
        if outputs is not None:
            start = hour_text(end - HOURS_PER_DAY)
            released = [] if day.mixed else close_day(hours, params, start)
            told = figures.of_day(hours.values(), released, params)
            told[Figure.WITHHELD_DAY] = rounded(told[Figure.WITHHELD_DAY], hours, site)
            self._withheld.add(end // HOURS_PER_DAY - 1, told[Figure.WITHHELD_DAY])
            self._tally += told
            self._publish(outputs, (site, "P1D", start), released, params)
        return sum(_size(hour.released) + _size(hour.unreleased) for hour in hours.values())

    def _end(self, day: OpenDay, end: int) -> None:
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


def _size(cells: Mapping[Dimension, Mapping[str, Cell]]) -> int:
    return sum(map(len, cells.values()))
