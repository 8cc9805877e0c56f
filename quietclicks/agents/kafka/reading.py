"""Reading one partition from its beginning to its end, committed records only unless asked for all.

It never waits for ever: a broker that hands out nothing for a minute is a `Failure`.
"""

from collections.abc import AsyncGenerator, AsyncIterator

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure

POLL_MS = 1000
MAX_IDLE_POLLS = 60  # polls without a step forward: a minute, in which a broker restarts
MAX_RECORDS = 5000  # handed on at a time: nobody holds up the event loop, or holds it all in memory


async def read_to_end(
    settings: Settings, topic: str, partition: int, *, pending: bool = False
) -> AsyncIterator[ConsumerRecord[bytes, bytes]]:
    """The partition's records up to the end as it stands now, as `batches_to_end` has it."""
    async for records in batches_to_end(settings, topic, partition, pending=pending):
        for record in records:
            yield record


async def batches_to_end(
    settings: Settings,
    topic: str,
    partition: int,
    *,
    uncommitted: bool = False,
    start: int | None = None,
    pending: bool = False,
) -> AsyncGenerator[list[ConsumerRecord[bytes, bytes]], None]:
    """The same, in batches; `uncommitted`: with what was aborted, or is not committed yet.

    `start`: the offset to begin with, which the partition must have. `pending`: up to the log's own
    end, for which it waits until all transactions before that are decided. A record that is
    committed lies behind one that is not, if another producer's transaction began before it.
    """
    tp = TopicPartition(topic, partition)
    # Not `seek_to_beginning`: where the consumer is already asking for its default place, the end,
    # that answer would be taken for the beginning, and nothing would be read.
    consumer = clients.consumer(settings, uncommitted=uncommitted, auto_offset_reset="earliest")
    await clients.start(consumer, settings)
    try:
        consumer.assign([tp])
        if start is not None:
            consumer.seek(tp, start)
        end = await log_end(settings, tp) if pending else (await consumer.end_offsets([tp]))[tp]
        before, waited = -1, 0
        while (position := await _position(consumer, tp)) < end:
            waited = waited + 1 if position == before else 0
            if waited > MAX_IDLE_POLLS:
                raise _silent(tp)
            before = position
            got = await consumer.getmany(tp, timeout_ms=POLL_MS, max_records=MAX_RECORDS)
            yield got.get(tp, [])
    finally:
        await clients.stop(consumer)


async def log_end(settings: Settings, tp: TopicPartition) -> int:
    """The log's own; a reader of committed records is told the last stable offset."""
    consumer = clients.consumer(settings, uncommitted=True)
    await clients.start(consumer, settings)
    try:
        end: int = (await consumer.end_offsets([tp]))[tp]
        return end
    finally:
        await clients.stop(consumer)


async def _position(consumer: AIOKafkaConsumer, tp: TopicPartition) -> int:
    try:
        position: int = await clients.answered(
            consumer.position(tp), MAX_IDLE_POLLS * POLL_MS / 1000
        )
    except TimeoutError:
        raise _silent(tp) from None
    return position


def _silent(tp: TopicPartition) -> Failure:
    return Failure(f"the broker hands out nothing more of {tp.topic}[{tp.partition}]")
