"""Follows a topic of evidence, from its last records on. Nothing waits for it, and nothing fails.

Where the topic is not there, or may not be read, it says so in one line and tries again.
"""

from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from mode import Service

from quietclicks.agents.evidence.say import Once
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.processor import Record

BACK = 1000  # offsets before the end: what is looked for is the last record there is
POLL_MS = 1000
AGAIN_SECONDS = 60.0

Take = Callable[[Sequence[Record]], None]


class Follower(Service):
    """Hands what the topic's one partition has to `take`, in order, and goes on."""

    mundane_level = "debug"

    def __init__(self, settings: Settings, topic: str, take: Take) -> None:
        super().__init__()
        self._settings = settings
        self._topic = topic
        self._take = take

    @Service.task
    async def _follow(self) -> None:
        say = Once()
        while not self.should_stop:
            try:
                await self._read()
            except (KafkaError, Failure, TimeoutError) as error:
                told = refusal(error) or str(error) or type(error).__name__
                say(f"{self._topic} is not followed: {told}")
            say.end_round()
            await self.sleep(AGAIN_SECONDS)

    async def _read(self) -> None:
        """Until it is to stop. Raises `KafkaError`, `Failure`."""
        await clients.partitions(self._settings, self._topic)
        consumer = clients.consumer(self._settings, auto_offset_reset="earliest")
        await clients.start(consumer, self._settings)
        try:
            await self._seek(consumer)
            while not self.should_stop:
                for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    self._take(records)
        finally:
            await clients.stop(consumer)

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        tp = TopicPartition(self._topic, 0)
        first = (await consumer.beginning_offsets([tp]))[tp]
        end = (await consumer.end_offsets([tp]))[tp]
        consumer.assign([tp])
        consumer.seek(tp, max(first, end - BACK))
