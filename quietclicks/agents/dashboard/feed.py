"""Feeds the dashboard's store from `trends.*`, committed records only, and goes on as they come.

Where the store's topics are no longer those of the broker, or end before what was read of them, all
is read anew. It joins no group and commits nothing: the store itself knows how far it is.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from mode import Service

from quietclicks.agents.dashboard.store import Partition, Store
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.layout import described
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.kafka.topic_ids import topic_ids
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.dashboard.records import Decoder, Key, Numbers
from quietclicks.pipeline.policy.units import FOREVER
from quietclicks.schemas import topics

POLL_MS = 500
MAX_RECORDS = 50_000  # of a transaction of the store: 0.3 s
LOOK_SECONDS = 60.0  # between two looks whether the topics are still the same
SECONDS_PER_HOUR = 3600

log = logging.getLogger(__name__)

Records = Sequence[ConsumerRecord[bytes, bytes]]


class _Changed(Exception):
    """The broker's topics are not those that are read."""


class TrendsFeed(Service):
    """`is_reading` until the store has what the topics had when that was last looked at."""

    mundane_level = "debug"  # that it starts and stops is seen

    def __init__(
        self,
        settings: Settings,
        store: Store,
        kept_seconds: int = FOREVER,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`kept_seconds`: for how long trends are kept, by the policy."""
        super().__init__()
        self._settings = settings
        self._store = store
        self._kept_seconds = kept_seconds
        self._clock = clock
        self._decoder = Decoder()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="feed")
        self._forgotten = 0
        self.is_reading = True

    async def on_shutdown(self) -> None:
        """What is being written is written to its end."""
        self._thread.shutdown()

    @Service.task
    async def _follow(self) -> None:
        while not self.should_stop:
            consumer = clients.consumer(self._settings, auto_offset_reset="none")
            await clients.start(consumer, self._settings)
            try:
                await self._read(consumer)
            except (_Changed, OffsetOutOfRangeError):
                log.info("the topics of trends have changed: looking at them anew")
            except KafkaError as error:
                told = refusal(error) or type(error).__name__
                raise Failure(f"the trends cannot be read: {told}") from None
            finally:
                await clients.stop(consumer)

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        """Until it is to stop. Raises `_Changed`, `KafkaError`, `Failure`."""
        places = await self._places(consumer)
        ends = await self._seek(consumer, places)
        looked = self._clock()
        while not self.should_stop:
            got = await consumer.getmany(timeout_ms=POLL_MS, max_records=MAX_RECORDS)
            await self._in_thread(self._take, got, places)
            if self.is_reading and not got:
                behind = [tp for tp in ends if await consumer.position(tp) < ends[tp]]
                self.is_reading = bool(behind)
            if abs(self._clock() - looked) > LOOK_SECONDS:
                looked = self._clock()
                await self._look(consumer, places)

    async def _places(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, Partition]:
        cluster = await described(consumer)
        numbers = {topic: cluster.partitions_for_topic(topic) for topic in topics.PUBLISHED}
        if missing := [topic for topic, found in numbers.items() if not found]:
            raise Failure(f"there is no topic {missing[0]}, or this user has no right to it")
        ids = dict(zip(numbers, await topic_ids(consumer, [*numbers]), strict=True))
        return {
            TopicPartition(topic, number): Partition(topic, ids[topic], number)
            for topic, found in numbers.items()
            for number in found
        }

    async def _seek(
        self, consumer: AIOKafkaConsumer, places: Mapping[TopicPartition, Partition]
    ) -> dict[TopicPartition, int]:
        """To where the store is, or to the beginning where it is of other topics. Returns ends."""
        firsts = await consumer.beginning_offsets([*places])
        ends: dict[TopicPartition, int] = await consumer.end_offsets([*places])
        read = self._store.positions()
        here = set(places.values())
        beyond = [tp for tp, place in places.items() if read.get(place, 0) > ends[tp]]
        if read and (beyond or not read.keys() <= here):
            log.warning("the store was built from other topics: it is built anew")
            await self._in_thread(self._store.clear)
            read = {}
        self.is_reading = True
        consumer.assign([*places])  # nothing is awaited before each has its offset
        for tp, place in places.items():
            # What is gone from a topic's beginning is forgotten by its age.
            consumer.seek(tp, max(firsts[tp], read.get(place, 0)))
        return ends

    async def _look(
        self, consumer: AIOKafkaConsumer, places: Mapping[TopicPartition, Partition]
    ) -> None:
        try:
            now = await self._places(consumer)
        except (KafkaError, Failure):
            return  # a broker that is away comes back
        if now != places:
            raise _Changed

    def _take(
        self, got: Mapping[TopicPartition, Records], places: Mapping[TopicPartition, Partition]
    ) -> None:
        """Write what came, and forget what is too old. In the feed's own thread."""
        entries: dict[Key, Numbers | None] = {}
        for records in got.values():
            for record in records:
                if record.key is not None:
                    entry = self._decoder.entry(record.key, record.value, record.timestamp)
                    if entry:
                        entries[entry[0]] = entry[1]
        if got:
            self._store.apply(
                entries, {places[tp]: records[-1].offset + 1 for tp, records in got.items()}
            )
        self._forget()

    def _forget(self) -> None:
        before = int(self._clock() - self._kept_seconds) // SECONDS_PER_HOUR
        if before > self._forgotten:
            self._store.forget(before)
            self._forgotten = before

    async def _in_thread(self, do: Callable[..., None], *arguments: object) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, do, *arguments)
