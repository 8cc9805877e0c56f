"""Follows `privacy.restrictions` in every worker, so that none uses what it must not.

It reads from the first record on. Before the list's first entry it gets the list's key: without it
nobody could be found in the list. Any fault ends the worker.
"""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from mode import Service

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reading import log_end
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.rights.restrictions import Restrictions, UnreadableEntry
from quietclicks.schemas import topics

POLL_MS = 1000  # a record that comes ends it sooner


class ListWatch(Service):
    """Keeps `restrictions` as the topic has it."""

    def __init__(self, settings: Settings, restrictions: Restrictions, keys: KeyStore) -> None:
        super().__init__()
        self._settings = settings
        self._restrictions = restrictions
        self._keys = keys
        self._place = TopicPartition(topics.RESTRICTIONS, 0)
        self._position = 0
        self._moved = asyncio.Condition()
        self._assigned = asyncio.Event()
        self._consumer: AIOKafkaConsumer

    @Service.task
    async def _follow(self) -> None:
        self._consumer = clients.consumer(self._settings, auto_offset_reset="earliest")
        await clients.start(self._consumer, self._settings)
        try:
            self._consumer.assign([self._place])
            self._assigned.set()
            while not self.should_stop:
                got = await self._consumer.getmany(self._place, timeout_ms=POLL_MS)
                for record in got.get(self._place, []):
                    await self._take(record)
                async with self._moved:
                    self._position = await self._consumer.position(self._place)
                    self._moved.notify_all()
        finally:
            await clients.stop(self._consumer)

    async def _take(self, record: Record) -> None:
        if record.value is not None:
            await self.use_key(make=False)
            if not self._restrictions.has_key:
                raise Failure(
                    f"{topics.RESTRICTIONS} names people, and {topics.KEYS} has no key to find "
                    "them by: see 'Lost keys' in docs/operating.md"
                )
        try:
            self._restrictions.take(record)
        except UnreadableEntry:
            raise Failure(
                f"the record {topics.RESTRICTIONS}[0]@{record.offset} cannot be read: it is "
                "damaged, or somebody else's; whom it names nobody knows, so nothing goes on"
            ) from None

    async def use_key(self, *, make: bool) -> None:
        """Get the list's key, once."""
        if not self._restrictions.has_key:
            key = await self._keys.list_key(make=make)
            if key is not None:
                self._restrictions.use(key)

    async def caught_up(self, *, pending: bool = False) -> None:
        """When all that is committed by now is taken in.

        `pending`: all that is written. A commit is answered before readers are shown what it wrote.
        """
        await self._assigned.wait()
        if pending:
            end = await log_end(self._settings, self._place)
        else:
            end = (await self._consumer.end_offsets([self._place]))[self._place]
        async with self._moved:
            await self._moved.wait_for(lambda: self._position >= end)
