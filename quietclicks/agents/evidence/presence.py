"""Says in `privacy.workers` that a worker has started, and that it has stopped as it should.

Its version and nothing else: no host, no name. Nothing ever waits for it, but for two seconds at
the very end; what cannot be said is one line in the log.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from aiokafka.errors import KafkaError
from mode import Service

from quietclicks import __version__
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.evidence.starts import said
from quietclicks.schemas import topics

START_SECONDS = 60
STOP_SECONDS = 2  # a broker that is there needs a fraction

log = logging.getLogger(__name__)


class Presence(Service):
    """Stops after what the worker is there for; `failed`: whether that ended badly."""

    def __init__(self, settings: Settings, failed: Callable[[], bool]) -> None:
        super().__init__()
        self._settings = settings
        self._failed = failed

    @Service.task
    async def _start(self) -> None:
        await self.say("start", START_SECONDS)

    async def on_stop(self) -> None:
        """Unless it failed: a worker that fell has no stop, as one that was killed has none."""
        if self.started and not self._failed():
            await self.say("stop", STOP_SECONDS)

    async def say(self, event: Literal["start", "stop"], seconds: float) -> None:
        """Once, if it can be done within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._write(said(event, __version__))
        except (KafkaError, Failure, TimeoutError) as error:
            told = refusal(error) or (str(error) if isinstance(error, Failure) else "")
            log.warning(
                "%s does not have this worker's %s: %s",
                topics.WORKERS,
                event,
                told or type(error).__name__,
            )

    async def _write(self, value: bytes) -> None:
        await clients.partitions(self._settings, topics.WORKERS)  # it fails at once where none is
        producer = clients.producer(self._settings, enable_idempotence=True)
        await clients.start(producer, self._settings)
        try:
            await producer.send_and_wait(topics.WORKERS, value, partition=0)
        finally:
            await clients.stop(producer)
