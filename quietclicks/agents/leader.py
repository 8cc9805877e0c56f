"""Ticks: while it owns raw partition 0, this worker tells every raw partition the time.

That is what closes hours when no event comes. A replayed log brings its own ticks instead.
"""

import time

from aiokafka import AIOKafkaProducer
from mode import Service

from quietclicks.agents import clients
from quietclicks.agents.runner import Runner
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.events import tick
from quietclicks.schemas import topics

LIVE = ("source", b"leader")
"""The header of a live tick: a replay refuses a topic that has them."""


class Leader(Service):
    """Sends a tick to every raw partition every few seconds."""

    def __init__(self, settings: Settings, runner: Runner) -> None:
        super().__init__()
        self._settings = settings
        self._runner = runner
        self._producer: AIOKafkaProducer

    async def on_start(self) -> None:
        """Connect."""
        self._producer = clients.producer(self._settings, enable_idempotence=True)
        await clients.start(self._producer, self._settings)

    async def on_stop(self) -> None:
        """Disconnect."""
        if self.started:
            await clients.stop(self._producer)

    @Service.task
    async def _tell_the_time(self) -> None:
        count = await clients.partitions(self._settings, topics.RAW)
        async for _ in self.itertimer(self._settings.tick_seconds, name="ticks"):
            if self._runner.partitions.get(0):
                value = tick(int(time.time() * 1000))
                for partition in range(count):
                    await self._producer.send_and_wait(
                        topics.RAW, value, partition=partition, headers=[LIVE]
                    )
