"""Where a topic's partitions begin, all of them or since a time, and where they end."""

from aiokafka import TopicPartition
from msgspec import Struct

from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings


class Range(Struct):
    """An offset for each partition, from the first on."""

    starts: list[int]
    ends: list[int]


async def range_of(settings: Settings, topic: str, since_ms: int | None = None) -> Range:
    """`since_ms`: from the first record that the broker took in then or later.

    Raises `KafkaError`, `Failure`.
    """
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
        return Range(starts, [ends[tp] for tp in tps])
    finally:
        await clients.stop(consumer)
