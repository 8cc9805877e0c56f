"""Follows the published trends, committed records only, and keeps what the live page shows.

It starts where the broker began to take in what the page can still hold, not years before.
"""

import asyncio
import time
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from mode import Service

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.layout import described
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.dashboard.store import DAYS, LiveTrends
from quietclicks.schemas import topics

# A trend is written after its window has ended, by the broker's clock: so all of a day that is held
# is younger than the day's beginning. One more, for clocks that differ and for today.
READ_SECONDS = (DAYS + 1) * 86_400


class TrendsReader(Service):
    """Reads every trends topic from where the held days begin, and goes on as records come."""

    mundane_level = "debug"  # that it starts and stops is seen

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._settings = settings
        self._clock = clock
        self.trends = LiveTrends()

    @Service.task
    async def _follow(self) -> None:
        # No group: every worker shows everything, and nothing is committed.
        consumer = clients.consumer(self._settings, auto_offset_reset="earliest")
        await clients.start(consumer, self._settings)
        try:
            await self._seek(consumer)
            while not self.should_stop:
                for records in (await consumer.getmany(timeout_ms=500, max_records=5000)).values():
                    for record in records:
                        if record.key is not None:
                            self.trends.update(record.key, record.value)
                await asyncio.sleep(0)
        finally:
            await clients.stop(consumer)

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        """To the first record of each partition that is young enough, or to its end."""
        cluster = await described(consumer)
        tps = []
        for topic in topics.PUBLISHED:
            numbers = cluster.partitions_for_topic(topic)
            if not numbers:
                raise Failure(f"there is no topic {topic}, or this user has no right to it")
            tps += [TopicPartition(topic, number) for number in numbers]
        since_ms = int((self._clock() - READ_SECONDS) * 1000)
        try:
            # First where they end: what comes in between is young, and found by its time.
            ends = await consumer.end_offsets(tps)
            found = await consumer.offsets_for_times(dict.fromkeys(tps, since_ms))
        except KafkaError as error:
            told = refusal(error) or type(error).__name__
            raise Failure(f"the trends cannot be read: {told}") from None
        consumer.assign(tps)  # nothing is awaited before each has its offset, so none is reset
        for tp in tps:
            first = found.get(tp)
            consumer.seek(tp, ends[tp] if first is None else first.offset)
