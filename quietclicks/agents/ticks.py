"""Ticks: the leading worker tells every raw partition the time.

That is what closes hours when no event comes. A replayed log brings its own ticks instead.
"""

import logging
import time
from collections.abc import Callable

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from mode import Service

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.logs.events import tick
from quietclicks.schemas import topics

LIVE = ("source", b"leader")
"""The header of a live tick: a replay refuses a topic that has them."""

log = logging.getLogger(__name__)


class Leader(Service):
    """Sends a tick to every raw partition every few seconds."""

    def __init__(
        self,
        settings: Settings,
        leads: Callable[[], bool],
        allowed_skew: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`allowed_skew` in seconds: a tick that is further ahead of the broker is rejected."""
        super().__init__()
        self._settings = settings
        self._leads = leads
        self._clock = clock
        self._allowed_ms = allowed_skew * 1000
        self._odd = False
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
            if self._leads():
                await self._tick(count)

    async def _tick(self, count: int) -> None:
        now = int(self._clock() * 1000)
        try:
            for partition in range(count):
                sent = await self._producer.send_and_wait(
                    topics.RAW, tick(now), partition=partition, headers=[LIVE]
                )
                if partition == 0:
                    self.compare(now, sent.timestamp)
        except KafkaError as error:
            if not error.retriable:
                refused = refusal(error) or type(error).__name__
                raise Failure(f"no tick can be sent to {topics.RAW}: {refused}") from None
            # The next tick says all that this one would have. Whether the broker is away, or the
            # topic, the runner's watchdog says.
            log.warning("a tick was not sent: %s", type(error).__name__)

    def compare(self, now: int, broker: int) -> None:
        """Say, once, that hours close at the wrong time, or never."""
        odd = abs(now - broker) > self._allowed_ms
        if odd and not self._odd:
            log.error(
                "this machine's clock and the broker's differ by %d s: hours close late or never",
                (now - broker) // 1000,
            )
        self._odd = odd
