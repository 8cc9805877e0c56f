"""Reading one partition from its beginning to its end, committed records only."""

from collections.abc import AsyncIterator

from aiokafka import ConsumerRecord, TopicPartition

from quietclicks.agents import clients
from quietclicks.agents.settings import Settings

POLL_MS = 1000
MAX_RECORDS = 5000


async def read_to_end(
    settings: Settings, topic: str, partition: int
) -> AsyncIterator[ConsumerRecord[bytes, bytes]]:
    """The partition's records up to the end as it stands now (the last stable offset)."""
    async for records in batches_to_end(settings, topic, partition):
        for record in records:
            yield record


async def batches_to_end(
    settings: Settings, topic: str, partition: int
) -> AsyncIterator[list[ConsumerRecord[bytes, bytes]]]:
    """The same, in batches."""
    place = TopicPartition(topic, partition)
    # Not `seek_to_beginning`: where the consumer is already asking for its default place, the end,
    # that answer would be taken for the beginning, and nothing would be read.
    consumer = clients.consumer(settings, auto_offset_reset="earliest")
    await clients.start(consumer, settings)
    try:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        while await consumer.position(place) < end:
            got = await consumer.getmany(place, timeout_ms=POLL_MS, max_records=MAX_RECORDS)
            yield got.get(place, [])
    finally:
        await clients.stop(consumer)
