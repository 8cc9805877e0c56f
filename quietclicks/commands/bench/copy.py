"""The practical limit to measure against: a transactional copy, record by record, nothing more.

Plain aiokafka as it comes: one task, one transaction and one producer for each partition, whole
batches.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings
from quietclicks.commands.bench.child import Ends, Worked
from quietclicks.errors import Failure
from quietclicks.schemas import topics

COPY = "bench.copy"
GROUP = "bench.copy"


def serve(connection: Connection, settings: Settings, partitions: Sequence[int]) -> None:
    """Copy these partitions, a block at a time."""
    logging.disable(logging.ERROR)
    try:
        asyncio.run(_serve(connection, settings, partitions))
    except (Failure, KafkaError) as error:
        connection.send(Failure(f"the copy failed: {type(error).__name__}"))


async def _serve(connection: Connection, settings: Settings, partitions: Sequence[int]) -> None:
    connection.send(None)
    while (ends := await asyncio.to_thread(connection.recv)) is not None:
        connection.send(await copy(settings, {number: ends[number] for number in partitions}))


async def copy(settings: Settings, ends: Ends) -> Worked:
    """Copy the records that are new; connecting is not counted."""
    consumer = clients.consumer(settings, group_id=GROUP, auto_offset_reset="earliest")
    await clients.start(consumer, settings)
    tps = {TopicPartition(topics.RAW, number): end for number, end in ends.items()}
    producers = []
    for tp in tps:
        producer = clients.producer(settings, transactional_id=f"{GROUP}.{tp.partition}")
        await clients.start(producer, settings)
        producers.append(producer)
    started, cpu = time.monotonic(), time.process_time()
    consumer.assign(list(tps))
    copied = await asyncio.gather(
        *(
            _copy_partition(settings, consumer, producer, tp, end)
            for producer, (tp, end) in zip(producers, tps.items(), strict=True)
        )
    )
    worked = Worked(sum(copied), started, time.monotonic(), time.process_time() - cpu)
    for client in (*producers, consumer):
        await clients.stop(client)
    return worked


async def _copy_partition(
    settings: Settings,
    consumer: AIOKafkaConsumer,
    producer: AIOKafkaProducer,
    tp: TopicPartition,
    end: int,
) -> int:
    copied = 0
    while await consumer.position(tp) < end:
        most = settings.records_per_transaction
        got = await consumer.getmany(tp, timeout_ms=500, max_records=most)
        records = got.get(tp, [])
        if not records:
            continue
        await producer.begin_transaction()
        sent = []
        batch = producer.create_batch()
        for record in records:
            if batch.append(timestamp=None, key=record.key, value=record.value) is None:
                sent.append(await producer.send_batch(batch, COPY, partition=tp.partition))
                batch = producer.create_batch()
                batch.append(timestamp=None, key=record.key, value=record.value)
        sent.append(await producer.send_batch(batch, COPY, partition=tp.partition))
        await producer.send_offsets_to_transaction({tp: records[-1].offset + 1}, GROUP)
        for each in sent:
            await each
        await producer.commit_transaction()
        copied += len(records)
    return copied
