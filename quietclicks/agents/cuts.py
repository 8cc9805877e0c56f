"""What the leading worker deletes: days of events, then their keys; counts that are released.

One attempt after another, each of which goes on where the last one was, whoever made it. Without a
worker that leads nothing is cut, and the retention of each topic deletes later what is left.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from mode import Service

from quietclicks.agents.kafka.cut import cut, delete_before
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.kafka.released import released
from quietclicks.agents.keys.destroy import destroy_due, nudge_keys
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.topology.topics import (
    TopicSpec,
    attempt_seconds,
    holds_events,
    segment_seconds,
    topology,
)
from quietclicks.schemas import topics

SOON_SECONDS = 60.0  # a worker that was restarted does not wait for a whole round
log = logging.getLogger(__name__)


class Cuts(Service):
    """Cuts and nudges, while `leads()`."""

    def __init__(self, settings: Settings, policy: Policy, leads: Callable[[], bool]) -> None:
        super().__init__()
        self._settings = settings
        self._policy = policy
        self._leads = leads
        specs = topology(policy)
        self._events = [spec for spec in specs if holds_events(spec)]
        [self._keys] = [spec for spec in specs if spec.name == topics.KEYS]
        [self._partials] = [spec for spec in specs if spec.name == topics.PARTIALS]

    async def on_started(self) -> None:
        """A task for each thing that is deleted."""
        for spec in self._events:
            self.add_future(self._go_on(partial(self._cut, spec), attempt_seconds(spec)))
        self.add_future(self._go_on(self._cut_partials, attempt_seconds(self._partials)))
        often = attempt_seconds(self._keys)
        self.add_future(self._go_on(self._nudge_keys, segment_seconds(self._keys) / 2, often))
        self.add_future(self._go_on(self._destroy_keys, often))

    async def _go_on(
        self,
        attempt: Callable[[], Awaitable[None]],
        interval: float,
        first: float = SOON_SECONDS,
    ) -> None:
        wait = soon = min(first, interval)
        while True:
            await self.sleep(wait)
            if self.should_stop:
                return
            wait = soon
            if self._leads():
                try:
                    await attempt()
                    wait = interval
                # The next one makes up for it; whether the broker is gone, the runner watches.
                except Failure as error:
                    log.warning("nothing was deleted: %s", error)
                except KafkaError as error:
                    told = refusal(error) or type(error).__name__
                    log.warning("nothing was deleted: %s", told)

    async def _cut(self, spec: TopicSpec) -> None:
        closed_until, _ = await self._released()
        if done := await cut(self._settings, self._policy, spec, closed_until):
            log.info("%s: cut up to %s", spec.name, day_text(done.day))

    async def _cut_partials(self) -> None:
        """What the release stage has committed it never reads again: the days it has released."""
        _, offsets = await self._released()
        if offsets:
            await delete_before(self._settings, offsets)

    async def _released(self) -> tuple[int, dict[TopicPartition, int]]:
        return await released(self._settings, self._policy.topics.partials_partitions)

    async def _nudge_keys(self) -> None:
        await nudge_keys(self._settings)

    async def _destroy_keys(self) -> None:
        for day in await destroy_due(self._settings, self._policy):
            log.info("the key of %s is destroyed", day_text(day))
