"""Records to the raw topic, and not a step further before the broker has acknowledged them.

While it is away it is waited for, and said so once. What a new try sends again has the same ids.
"""

import asyncio
from collections.abc import Awaitable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.producer.message_accumulator import BatchBuilder

from quietclicks.agents.follow.growing import Say
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.replay import partition_of
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.schemas import topics

PATIENCE_SECONDS = 10  # before it is said that the broker is waited for
PAUSE_SECONDS = 1.0  # between two tries


class Sender:
    """One idempotent producer at a time."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self._settings = settings
        self._say = say
        self._producer: AIOKafkaProducer | None = None
        self._partitions = 0
        self._is_waiting = False

    async def start(self) -> None:
        """Raises `Failure` where the broker cannot be reached or has no topic."""
        self._partitions = await clients.partitions(self._settings, topics.RAW)
        await self._connected()

    async def send(self, values: Sequence[bytes]) -> None:
        """Until they are acknowledged; raises `Failure` for what no waiting mends."""
        while True:
            try:
                await self._send(self._producer or await self._connected(), values)
            except KafkaError as error:
                if not (error.retriable or isinstance(error, KafkaTimeoutError)):
                    told = refusal(error) or f"the broker refuses: {type(error).__name__}"
                    raise Failure(told) from None
                await self.stop()
            except Failure as failure:
                self._wait(str(failure))
            else:
                if self._is_waiting:
                    self._is_waiting = False
                    self._say("the broker answers again")
                return
            await asyncio.sleep(PAUSE_SECONDS)

    async def stop(self) -> None:
        """Close the connection."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await clients.stop(producer)

    async def _connected(self) -> AIOKafkaProducer:
        producer = clients.producer(self._settings, enable_idempotence=True)
        await clients.start(producer, self._settings)
        self._producer = producer
        return producer

    async def _send(self, producer: AIOKafkaProducer, values: Sequence[bytes]) -> None:
        batches: dict[int, BatchBuilder] = {}
        handed: list[Awaitable[object]] = []

        async def hand_over(partition: int) -> None:
            batch = batches.pop(partition)
            handed.append(await producer.send_batch(batch, topics.RAW, partition=partition))

        def put(value: bytes, partition: int) -> bool:
            if partition not in batches:
                batches[partition] = producer.create_batch()
            return batches[partition].append(timestamp=None, key=None, value=value) is not None

        for value in values:
            partition = partition_of(value, self._partitions)
            if not put(value, partition):
                await hand_over(partition)
                put(value, partition)
        for partition in list(batches):
            await hand_over(partition)
        acknowledged = asyncio.gather(*handed)
        await asyncio.wait([acknowledged], timeout=PATIENCE_SECONDS)
        if not acknowledged.done():
            self._wait("the broker does not answer")
        await acknowledged

    def _wait(self, why: str) -> None:
        if not self._is_waiting:
            self._is_waiting = True
            self._say(f"{why}: waiting for it; what the logs get meanwhile is sent then")
