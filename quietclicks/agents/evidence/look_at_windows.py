"""Looks at what was published of the windows that are out, from where the log has read up to.

It reads nothing twice but for what later windows published meanwhile, and holds a hash a record.
"""

from quietclicks.agents.kafka.ranges import range_of
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY
from quietclicks.pipeline.evidence.windows import FirstDay, Gathered, Windows
from quietclicks.schemas import topics

# Where a log begins with an installation that has published before: what is younger is read.
BACK_MS = 2 * MILLISECONDS_PER_DAY


async def look_at_windows(
    settings: Settings, told: Windows, released: int, now_ms: int
) -> Gathered | None:
    """The next windows that are out; None: no other is. Raises `Failure`, `KafkaError`.

    `released`: the hour before which all are, and were when this was asked.
    """
    begin = 0
    if not told.begun:
        if not released:
            return None
        begin = await _first_day(settings, released, now_ms)
    wanted, more = told.wanted(released, begin)
    if not wanted:
        return None
    found = Gathered(wanted, more, now_ms)
    since_ms = None if told.begun else now_ms - BACK_MS
    for topic in topics.PUBLISHED:
        range_ = await range_of(settings, topic, since_ms)
        starts = range_.starts
        if told.begun:
            known = [*told.later.get(topic, ()), *starts][: len(starts)]
            pairs = zip(known, range_.starts, range_.ends, strict=True)
            # Of a topic that was made anew, or made larger, all.
            starts = [at if first <= at <= end else first for at, first, end in pairs]
        found.begin(topic, starts)
        for partition, start in enumerate(starts):
            # What was told to be out may not be readable yet: its transaction is being ended.
            read = batches_to_end(settings, topic, partition, start=start, pending=True)
            async for records in read:
                found.take(topic, partition, records)
    return found


async def _first_day(settings: Settings, released: int, now_ms: int) -> int:
    ranges = {each: await range_of(settings, each, now_ms - BACK_MS) for each in topics.PUBLISHED}
    whole = not any(start for each in ranges.values() for start in each.starts)
    first = FirstDay(released, now_ms - BACK_MS, whole)
    for topic, each in ranges.items():
        for partition, start in enumerate(each.starts):
            async for records in batches_to_end(settings, topic, partition, start=start):
                first.take(records)
    return first.day()
