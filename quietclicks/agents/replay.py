"""Sends a log to the raw topic, with the ticks that close its hours."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from zlib import crc32

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from msgspec import Struct

from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings
from quietclicks.agents.ticks import LIVE
from quietclicks.errors import Failure
from quietclicks.pipeline.fields.forwarded import packed_address
from quietclicks.pipeline.logs.events import is_tick, tick
from quietclicks.pipeline.pseudonyms.pseudonym import visitor_identity
from quietclicks.schemas import topics

LOOKED_AT = 500  # records at the end of each partition, for live ticks
IN_FLIGHT = 32  # batches on their way at once: bounds memory to 32 MiB
TIMEOUT_SECONDS = 60  # a broker that restarts is back sooner
MAX_REQUEST_BYTES = 4 * 1024 * 1024  # as long as the longest line that a log is read with


class _Visitor(Struct):
    """What keeps a visitor on one partition."""

    ip: str = ""
    user_agent: str | None = None


_visitor = msgspec.json.Decoder(_Visitor)


def with_ticks(
    values: Iterable[bytes], plan: list[tuple[int, int]]
) -> Iterator[tuple[bytes, bool]]:
    """A log's values with its planned ticks, (index, time in ms), between them.

    (value, whether it is such a tick).
    """
    ticks = iter([*plan, (-1, 0)])
    due, at_ms = next(ticks)
    index = -1
    for index, value in enumerate(values):
        while due == index:
            yield tick(at_ms), True
            due, at_ms = next(ticks)
        yield value, False
    while due == index + 1:
        yield tick(at_ms), True
        due, at_ms = next(ticks)


def partition_of(value: bytes, partitions: int) -> int:
    """By what tells visitors apart, so that each stays on one partition: there the cap holds."""
    try:
        visitor = _visitor.decode(value)
    except (ValueError, RecursionError):
        return crc32(value) % partitions
    return crc32(visitor_identity(packed_address(visitor.ip), visitor.user_agent)) % partitions


async def refuse_live_ticks(settings: Settings) -> None:
    """Raises `Failure` where a leader tells the time: the log's events would all be late."""
    consumer = clients.consumer(settings)
    await clients.start(consumer, settings)
    try:
        async with clients.in_time("told what its last records are", TIMEOUT_SECONDS):
            await _look_for_live_ticks(settings, consumer)
    finally:
        await clients.stop(consumer)


async def _look_for_live_ticks(settings: Settings, consumer: AIOKafkaConsumer) -> None:
    count = await clients.partitions(settings, topics.RAW)
    tps = [TopicPartition(topics.RAW, number) for number in range(count)]
    consumer.assign(tps)
    for tp, end in (await consumer.end_offsets(tps)).items():
        first = (await consumer.beginning_offsets([tp]))[tp]
        consumer.seek(tp, max(first, end - LOOKED_AT))
        while await consumer.position(tp) < end:
            got = await consumer.getmany(tp, timeout_ms=1000)
            if any(LIVE in each.headers for each in got.get(tp, ())):
                raise Failure(
                    f"{topics.RAW} has live ticks, so a log of the past would be late: replay "
                    "into topics of its own, with workers whose QUIETCLICKS_TICKS is none"
                )


async def replay(
    settings: Settings, values: Iterable[tuple[bytes, bool]], sent: Callable[[int], None]
) -> int:
    """Send what `with_ticks` gives, in order, a tick into every partition; `sent` hears how far.

    The number of events. Raises `Failure`. It looks for live ticks first, for which it has to read.
    """
    await refuse_live_ticks(settings)
    return await send(settings, values, sent)


async def send(
    settings: Settings, values: Iterable[tuple[bytes, bool]], sent: Callable[[int], None]
) -> int:
    """The same for topics that are known to have no live ticks: all it needs is to write."""
    count = await clients.partitions(settings, topics.RAW)
    producer = clients.producer(
        settings, enable_idempotence=True, max_request_size=MAX_REQUEST_BYTES, linger_ms=5
    )
    await clients.start(producer, settings)
    events = 0
    try:
        pending: deque[Awaitable[object]] = deque()
        batches = [producer.create_batch() for _ in range(count)]

        async def hand_over(partition: int) -> None:
            pending.append(
                await producer.send_batch(batches[partition], topics.RAW, partition=partition)
            )
            batches[partition] = producer.create_batch()
            if len(pending) >= IN_FLIGHT:
                await pending.popleft()

        async def put(value: bytes, partition: int) -> None:
            if batches[partition].append(timestamp=None, key=None, value=value) is None:
                await hand_over(partition)
                batches[partition].append(timestamp=None, key=None, value=value)

        for value, planned in values:
            if planned or is_tick(value):
                for partition in range(count):
                    await put(value, partition)
                continue
            await put(value, partition_of(value, count))
            events += 1
            if events % 1000 == 0:
                sent(events)
        for partition in range(count):
            if batches[partition].record_count():
                await hand_over(partition)
        for each in pending:
            await each
    finally:
        await clients.stop(producer)
    sent(events)
    return events
