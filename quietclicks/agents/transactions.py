"""One owned partition's transactions: outputs, state and offset, committed together or not at all.

It never decides what a transaction holds, and never goes on with a producer that failed.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import OffsetAndMetadata

from quietclicks.agents import clients
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.step import Output, Step

TRANSACTION_SECONDS = 60  # readers wait no longer than this for a worker that died in one
ABORT_SECONDS = 5
RETRY_SECONDS = 0.2
RETRY_MS = 20


class Partitions:
    """How many partitions topics have, asked once: they change only while no worker runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._counts: dict[str, int] = {}

    async def of(self, topic: str) -> int:
        """Raises `Failure` where there is no such topic."""
        count = self._counts.get(topic)
        if count is None:
            count = self._counts[topic] = await clients.partitions(self._settings, topic)
        return count


class Transactions:
    """The transactional producer of a partition, under an id that no other owner can use."""

    def __init__(
        self, settings: Settings, group: str, place: TopicPartition, partitions: Partitions
    ) -> None:
        self._settings = settings
        self._group = group
        self._place = place
        self._partitions = partitions
        self._producer: AIOKafkaProducer = clients.producer(
            settings,
            transactional_id=f"{group}.{place.partition}",
            transaction_timeout_ms=TRANSACTION_SECONDS * 1000,
            linger_ms=0,
            # The broker may still be busy with the last transaction when the next one begins.
            retry_backoff_ms=RETRY_MS,
        )

    async def start(self) -> None:
        """Fence the former owner, and resolve its transaction."""
        await clients.start(self._producer, self._settings)

    async def stop(self) -> None:
        """Close, however broken."""
        await clients.stop(self._producer)

    async def commit(self, step: Step) -> None:
        """One transaction. Raises `Failure` where the broker takes too long; then end."""
        try:
            async with asyncio.timeout(TRANSACTION_SECONDS):
                await self._transact(step)
        except BaseException as error:
            # Others that read what is committed need not wait until the broker aborts it.
            with contextlib.suppress(KafkaError, AssertionError, TimeoutError):
                await asyncio.wait_for(self._producer.abort_transaction(), ABORT_SECONDS)
            if isinstance(error, TimeoutError):
                late = f"the broker has not taken a transaction within {TRANSACTION_SECONDS} s"
                raise Failure(late) from None
            raise

    async def _transact(self, step: Step) -> None:
        await self._producer.begin_transaction()
        delivered = []
        for topic, outputs in step.outputs.items():
            delivered += await self._send(topic, outputs)
        await self._producer.send_offsets_to_transaction(
            {self._place: OffsetAndMetadata(step.commit, step.metadata)}, self._group
        )
        # A commit does not look at failed batches: awaiting each makes it all or nothing.
        for each in delivered:
            await each
        await self._producer.commit_transaction()

    async def _send(self, topic: str, outputs: Sequence[Output]) -> "list[asyncio.Future[object]]":
        count = await self._partitions.of(topic)
        now_ms = int(time.time() * 1000)  # else the client asks for it with every record
        delivered = []
        batches: dict[int, BatchBuilder] = {}
        for route, key, value in outputs:
            number = route % count
            batch = batches.get(number)
            if batch is None:
                batch = batches[number] = self._producer.create_batch()
            if batch.append(timestamp=now_ms, key=key, value=value) is None:
                delivered.append(await self._producer.send_batch(batch, topic, partition=number))
                batch = batches[number] = self._producer.create_batch()
                # Whatever its size, the first one is taken: it is for the broker to refuse.
                batch.append(timestamp=now_ms, key=key, value=value)
        for number, batch in batches.items():
            delivered.append(await self._producer.send_batch(batch, topic, partition=number))
        return delivered


async def committed_offset(
    settings: Settings, group: str, place: TopicPartition
) -> tuple[int | None, str]:
    """What a group has committed, if anything, with its metadata; raises `TimeoutError`."""
    admin = clients.admin(settings)
    await clients.start(admin, settings)
    try:
        async with asyncio.timeout(TRANSACTION_SECONDS):
            while True:
                with contextlib.suppress(GroupCoordinatorNotAvailableError):
                    offsets = await admin.list_consumer_group_offsets(group, partitions=[place])
                    # Where nothing was committed the answer is -1. No answer is an error that
                    # the library passes over, as when the broker has only just started: taken
                    # for the same, it would have everything processed again.
                    if found := offsets.get(place):
                        break
                await asyncio.sleep(RETRY_SECONDS)
    finally:
        await clients.stop(admin)
    return (found.offset, found.metadata) if found.offset >= 0 else (None, "")
