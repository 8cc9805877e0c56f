"""Looks at what others wrote for the audit log: reports of audits, workers' starts and stops."""

from contextlib import aclosing

from aiokafka import TopicPartition

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.evidence.audits import MAX_AUDITS, SeenAudit, seen_audit
from quietclicks.pipeline.evidence.starts import SeenStarts, Starts
from quietclicks.schemas import topics


async def look_at_audits(settings: Settings, after: int) -> tuple[SeenAudit, ...]:
    """The reports from an offset on, each without its text. Raises `Failure`, `KafkaError`."""
    found: list[SeenAudit] = []
    start = await _start(settings, topics.AUDITS, after)
    async with aclosing(batches_to_end(settings, topics.AUDITS, 0, start=start)) as read:
        async for records in read:
            found += map(seen_audit, records)
            if len(found) >= MAX_AUDITS:
                break
    return tuple(found[:MAX_AUDITS])


async def look_at_starts(settings: Settings, told: Starts, now_ms: int) -> SeenStarts:
    """Those that are not told yet. Raises `Failure`, `KafkaError`."""
    found = SeenStarts(now_ms, told.hour_ms)
    start = await _start(settings, topics.WORKERS, told.next)
    async for records in batches_to_end(settings, topics.WORKERS, 0, start=start):
        found.take(records)
    return found


async def _start(settings: Settings, topic: str, wanted: int) -> int:
    """The offset to read from: of a topic that was made anew, its beginning."""
    await clients.partitions(settings, topic)  # a reader waits long for a topic that is not there
    tp = TopicPartition(topic, 0)
    consumer = clients.consumer(settings)
    await clients.start(consumer, settings)
    try:
        first: int = (await consumer.beginning_offsets([tp]))[tp]
        end: int = (await consumer.end_offsets([tp]))[tp]
    finally:
        await clients.stop(consumer)
    return wanted if first <= wanted <= end else first
