"""The practical limit to measure against: a transactional copy, record by record, nothing more.

Plain aiokafka as it comes, in a process of its own: one task, one transaction and one producer for
each partition, whole batches.
"""

import asyncio
import logging
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from quietclicks.agents import clients
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.schemas import topics

COPY = "bench.copy"
GROUP = "bench.copy"
STOP_SECONDS = 10


class Copier:
    """The process that copies, when it is told to."""

    def __init__(self, settings: Settings, partitions: int) -> None:
        context = get_context("spawn")
        self._ours, theirs = context.Pipe()
        # A daemon ends with its owner.
        self._process = context.Process(
            target=_serve, args=(theirs, settings, partitions), daemon=True
        )
        self._process.start()

    async def copy(self, records: int) -> tuple[float, float]:
        """Copy the records that are new; seconds and CPU seconds. Raises `Failure`."""
        self._ours.send(records)
        answer = await asyncio.to_thread(self._ours.recv)
        if isinstance(answer, str):
            raise Failure(f"the copy failed: {answer}")
        seconds, cpu = answer
        return seconds, cpu

    def stop(self) -> None:
        """End it."""
        self._ours.send(None)
        self._process.join(STOP_SECONDS)
        self._process.kill()


def _serve(orders: Connection, settings: Settings, partitions: int) -> None:
    logging.disable(logging.WARNING)
    while (records := orders.recv()) is not None:
        try:
            orders.send(asyncio.run(copy(settings, partitions, records)))
        except (Failure, KafkaError) as error:
            orders.send(f"{type(error).__name__}")


async def copy(settings: Settings, partitions: int, records: int) -> tuple[float, float]:
    """Copy the records that are new; seconds and CPU seconds, connecting not counted."""
    consumer = clients.consumer(settings, group_id=GROUP, auto_offset_reset="earliest")
    await clients.start(consumer, settings)
    places = [TopicPartition(topics.RAW, number) for number in range(partitions)]
    ends = await consumer.end_offsets(places)
    producers = []
    for place in places:
        producer = clients.producer(settings, transactional_id=f"{GROUP}.{place.partition}")
        await clients.start(producer, settings)
        producers.append(producer)
    started, cpu = time.perf_counter(), time.process_time()
    consumer.assign(places)
    copied = await asyncio.gather(
        *(
            _copy_partition(settings, consumer, producer, place, ends[place])
            for place, producer in zip(places, producers, strict=True)
        )
    )
    seconds, used = time.perf_counter() - started, time.process_time() - cpu
    for client in (*producers, consumer):
        await clients.stop(client)
    if sum(copied) != records:
        raise Failure("it did not copy what was sent")
    return seconds, used


async def _copy_partition(
    settings: Settings,
    consumer: AIOKafkaConsumer,
    producer: AIOKafkaProducer,
    place: TopicPartition,
    end: int,
) -> int:
    copied = 0
    while await consumer.position(place) < end:
        most = settings.records_per_transaction
        got = await consumer.getmany(place, timeout_ms=500, max_records=most)
        records = got.get(place, [])
        if not records:
            continue
        await producer.begin_transaction()
        sent = []
        batch = producer.create_batch()
        for record in records:
            if batch.append(timestamp=None, key=record.key, value=record.value) is None:
                sent.append(await producer.send_batch(batch, COPY, partition=place.partition))
                batch = producer.create_batch()
                batch.append(timestamp=None, key=record.key, value=record.value)
        sent.append(await producer.send_batch(batch, COPY, partition=place.partition))
        await producer.send_offsets_to_transaction({place: records[-1].offset + 1}, GROUP)
        for each in sent:
            await each
        await producer.commit_transaction()
        copied += len(records)
    return copied
