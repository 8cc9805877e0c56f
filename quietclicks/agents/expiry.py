"""Deletes what has expired in topics that are compacted, where the broker's own deletion does not.

The cleaner joins small segments, and a young record keeps the old ones beside it (see
docs/decisions/retention-on-disk.md). So this gives every expired record a tombstone, and compaction
does the rest; it also closes the segment that a tombstone lies in, whoever wrote it. It never
touches a younger record, and doing it twice does no harm.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import cast

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError
from mode import Service

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.topology.topics import TopicSpec, sweep_seconds

SOON_SECONDS = 600  # a sweep reads what has expired and no more, so often is not dear
NUDGE = b"nudge"
"""The key of a tombstone for nothing: a segment closes only when something is written."""

RecordBatches = AsyncGenerator[list[ConsumerRecord[bytes, bytes]], None]

log = logging.getLogger(__name__)


class Expiry(Service):
    """Sweeps each topic as often as its configuration rests on, while `leads()`."""

    def __init__(
        self, settings: Settings, specs: Sequence[TopicSpec], leads: Callable[[], bool]
    ) -> None:
        super().__init__()
        self._settings = settings
        self._specs = [spec for spec in specs if sweep_seconds(spec) is not None]
        self._leads = leads

    async def on_started(self) -> None:
        """A task for each topic."""
        for spec in self._specs:
            self.add_future(self._sweep_for_ever(spec))

    async def _sweep_for_ever(self, spec: TopicSpec) -> None:
        interval = sweep_seconds(spec) or 0
        # A worker that was restarted, or leads from now on, does not wait for a whole interval.
        wait = soon = min(interval, SOON_SECONDS)
        while True:
            await self.sleep(wait)
            if self.should_stop:
                return
            wait = interval if self._leads() and await self._swept(spec) else soon

    async def _swept(self, spec: TopicSpec) -> bool:
        try:
            swept = await sweep(self._settings, spec)
        except (KafkaError, Failure) as error:
            # The next one makes up for it; whether the broker is gone, the runner watches.
            log.warning("%s: not swept: %s", spec.name, type(error).__name__)
            return False
        log.info("%s: %d expired records swept", spec.name, swept)
        return True


async def sweep(settings: Settings, spec: TopicSpec) -> int:
    """Tombstones for all that is older than the retention. How many. Raises `KafkaError`."""
    producer = clients.producer(settings, enable_idempotence=True)
    await clients.start(producer, settings)
    try:
        count = await clients.partitions(settings, spec.name)
        return sum([await _sweep(settings, spec, producer, number) for number in range(count)])
    finally:
        await clients.stop(producer)


async def _sweep(
    settings: Settings, spec: TopicSpec, producer: AIOKafkaProducer, number: int
) -> int:
    # Its answer tells the broker's time, by which all ages count.
    nudged = await producer.send_and_wait(spec.name, None, NUDGE, partition=number)
    if int(spec.configs["retention.ms"]) < 0:
        return 0
    deadline = nudged.timestamp - int(spec.configs["retention.ms"])
    swept = 0
    batches = cast(RecordBatches, batches_to_end(settings, spec.name, number))
    async with contextlib.aclosing(batches):
        async for records in batches:
            old = [each for each in records if each.timestamp < deadline]
            keys = {each.key for each in old if each.key and each.value is not None}
            sent = [await producer.send(spec.name, None, key, partition=number) for key in keys]
            await asyncio.gather(*sent)
            swept += len(keys)
            if len(old) < len(records):
                break
    return swept
