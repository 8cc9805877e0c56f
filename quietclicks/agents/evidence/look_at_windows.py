"""Looks at what was published of the windows that are out, from where the log has read up to.

It reads nothing twice but for what later windows published meanwhile, and holds a hash a record.
"""

from aiokafka import TopicPartition
from msgspec import Struct

from quietclicks.agents.kafka import clients
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
        range_ = await _range(settings, topic, since_ms)
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
    ranges = {each: await _range(settings, each, now_ms - BACK_MS) for each in topics.PUBLISHED}
    whole = not any(start for each in ranges.values() for start in each.starts)
    first = FirstDay(released, now_ms - BACK_MS, whole)
    for topic, each in ranges.items():
        for partition, start in enumerate(each.starts):
            async for records in batches_to_end(settings, topic, partition, start=start):
                first.take(records)
    return first.day()


class _Range(Struct):
    """Where each partition of a topic begins, or since a time, and where it ends."""

    starts: list[int]
    ends: list[int]


async def _range(settings: Settings, topic: str, since_ms: int | None) -> _Range:
    count = await clients.partitions(settings, topic)
    tps = [TopicPartition(topic, number) for number in range(count)]
    consumer = clients.consumer(settings)
    await clients.start(consumer, settings)
    try:
        first = await consumer.beginning_offsets(tps)
        ends = await consumer.end_offsets(tps)
        starts = [first[tp] for tp in tps]
        if since_ms is not None:
            young = await consumer.offsets_for_times(dict.fromkeys(tps, since_ms))
            starts = [each.offset if (each := young.get(tp)) else ends[tp] for tp in tps]
        return _Range(starts, [ends[tp] for tp in tps])
    finally:
        await clients.stop(consumer)
