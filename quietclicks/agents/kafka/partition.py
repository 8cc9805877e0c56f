"""One owned partition, from the moment it is assigned until it is given back.

Fence the former owner, restore, seek; then records in, a step, a transaction, and again. Any error
leaves through `run`: what was not committed did not happen.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from functools import partial

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from quietclicks.agents.kafka.aside import aside
from quietclicks.agents.kafka.committed import committed_offset
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.stage import Stage
from quietclicks.agents.kafka.stages import group_of
from quietclicks.agents.kafka.transactions import Batches, Transactions
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.processor import Processor, Step, UnreadableRecord

POLL_MS = 500  # how long a poll waits where nothing comes
# A step holds up all else in the worker, and its group hears of it in between: what takes longer,
# since somebody sends what is slow to decide about, has fewer records to a step.
STEP_SECONDS = 2.0  # under the 2.5 s between two heartbeats (a quarter of `session_seconds`)
# To a step while it is not known how long one takes: in time even at 2 ms a record, a hundred times
# the usual (docs/decisions/hot-path.md).
FIRST_RECORDS = 1000
MIN_RECORDS = 100  # in time even at 20 ms a record; with fewer, transactions would cost more
COMMIT_SECONDS = 0.2  # at least so long between two transactions: low traffic stays cheap

log = logging.getLogger(__name__)

Records = Sequence[ConsumerRecord[bytes, bytes]]


class Pace:
    """How many records a step may have, by how long the last one took."""

    def __init__(self) -> None:
        self.max_records = FIRST_RECORDS

    def took(self, records: int, seconds: float) -> None:
        """How long a step was."""
        fitting = int(records * STEP_SECONDS / max(seconds, 0.001))
        self.max_records = max(MIN_RECORDS, fitting)


class OwnedPartition:
    """A source partition, the processor that decides about its records, and its producer."""

    def __init__(
        self,
        settings: Settings,
        stage: Stage,
        source: TopicPartition,
        consumer: AIOKafkaConsumer,
        processor: Processor,
        counts: Mapping[str, int],
    ) -> None:
        """`counts`: how many partitions each topic has."""
        self._settings = settings
        self._name = f"{stage.name}[{source.partition}]"
        self._stage = stage
        self._group = group_of(settings, stage.name)
        self._source = source
        self._consumer = consumer
        self._processor = processor
        self._counts = counts
        self._skips = settings.skips
        self._transactions: Transactions
        self._pace = Pace()
        self.stopping = False
        self.running = False  # restored, and polling
        self.busy = False  # in a transaction
        self.task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until `stopping`. Raises whatever went wrong."""
        started = time.monotonic()
        self._transactions = Transactions(
            self._settings,
            self._group,
            self._source,
            self._counts,
            self._stage.bound,
            self._stage.stamp,
        )
        # Order matters. Starting the producer fences the partition's former owner and resolves its
        # transaction; only then are the state and the offset read that it last committed.
        await self._transactions.start()
        try:
            committed = await committed_offset(self._settings, self._group, self._source)
            await self._transactions.settle(committed)
            restored = await self._restore()
            await self._stage.prepare(self._processor)
            position = await self._seek(committed.offset, committed.note.metadata)
            await self._drain()
            self._consumer.resume(self._source)
            self.running = True
            log.info(
                "%s: from %d, with %d state records, after %.1f s",
                self._name,
                position,
                restored,
                time.monotonic() - started,
            )
            await self._poll(position)
        except UnreadableRecord as error:
            topic = self._processor.state_topic or self._source.topic
            raise _told(TopicPartition(topic, self._source.partition), error.offset) from None
        finally:
            self.running = False
            await self._transactions.stop()
            log.info("%s: given back", self._name)

    async def _restore(self) -> int:
        if self._processor.state_topic is None:
            return 0
        tp = TopicPartition(self._processor.state_topic, self._source.partition)
        number = 0
        async for records in batches_to_end(self._settings, *tp):
            self._processor.restore(self._readable(tp, records))
            number += len(records)
        return number

    async def _seek(self, committed: int | None, metadata: str) -> int:
        source = self._source
        first = (await self._consumer.beginning_offsets([source]))[source]
        if committed is not None:
            end = (await self._consumer.end_offsets([source]))[source]
            self._refuse_loss(committed, first, end)
        if not metadata:
            await self._look_back()
        start = first if committed is None else committed
        position: int = max(self._processor.resume(start, metadata), first)
        if self._processor.state_topic is not None:
            self._refuse_halves(committed)
        self._consumer.seek(source, position)
        return position

    async def _look_back(self) -> None:
        for topic in self._processor.history_topics:
            for number in range(self._counts[topic]):
                read = batches_to_end(self._settings, topic, number, pending=True)
                async for records in read:
                    readable = self._readable(TopicPartition(topic, number), records)
                    try:
                        self._processor.look_back(readable)
                    except UnreadableRecord as error:
                        raise _told(TopicPartition(topic, number), error.offset) from None

    def _refuse_loss(self, committed: int, first: int, end: int) -> None:
        """Raises `Failure` where the log no longer is what the offset was made of."""
        named = f"{self._source.topic}[{self._source.partition}]"
        if committed < first:
            raise Failure(
                f"{named}: records {committed} to {first - 1} were lost to retention before they "
                f"were processed; to go on without them, reset the group {self._group} with "
                f"`quietclicks offsets reset {self._stage.name}`"
            )
        if committed > end:
            raise Failure(
                f"{named}: {committed} was committed and the log ends at {end}: records were lost, "
                f"or the topic was made anew; to go on, reset the group {self._group} with "
                f"`quietclicks offsets reset {self._stage.name}`"
            )

    def _refuse_halves(self, committed: int | None) -> None:
        """Raises `Failure` where there is an offset without state, or state without an offset.

        Both are committed together, so one of them is lost.
        """
        state = f"{self._processor.state_topic}[{self._source.partition}]"
        source = f"{self._source.topic}[{self._source.partition}]"
        if committed is not None and not self._processor.has_progress:
            raise Failure(
                f"{state}: the state at offset {committed} of {source} is lost, and with it the "
                "open day: see 'Lost state' in docs/operating.md"
            )
        if committed is None and self._processor.has_progress:
            raise Failure(
                f"{source}: {state} holds state, and the group {self._group} has no offset: events "
                "would count twice; see 'Lost offsets' in docs/operating.md"
            )

    async def _poll(self, position: int) -> None:
        while not self.stopping:
            started = time.monotonic()
            most = min(self._pace.max_records, self._settings.records_per_transaction)
            got = await self._consumer.getmany(self._source, timeout_ms=POLL_MS, max_records=most)
            await self._transactions.refuse_hanging()
            await self._transactions.refuse_made_anew()
            # `getmany` may hand out records from before a seek: what was read is none of ours. What
            # was read, not what is committed: a processor may only remember what it is given.
            records = got.get(self._source, [])
            if records and records[0].offset < position:
                records = [each for each in records if each.offset >= position]
            if not records:
                await self._drain()
                continue
            position = records[-1].offset + 1
            if readable := self._readable(self._source, records):
                await self._process(readable)
            if len(records) < most:
                await asyncio.sleep(max(0.0, started + COMMIT_SECONDS - time.monotonic()))

    async def _process(self, records: Records) -> None:
        """Process and commit a batch. What it waits for splits it."""
        while True:
            outputs = self._transactions.outputs()
            began = time.monotonic()
            step = self._processor.process(records, outputs)
            self._pace.took(len(records), time.monotonic() - began)
            await self._commit(step, outputs)
            if step.waits_for is None or self.stopping:
                await self._drain()
                return
            await self._stage.provide(step.waits_for)
            records = [each for each in records if each.offset >= step.position]

    async def _drain(self) -> None:
        # What is still pending after a revocation is for the next owner to write.
        while not self.stopping:
            await self._stage.look(self._processor)
            outputs = self._transactions.outputs()
            if self._processor.drains_apart:
                pending = await aside(partial(self._processor.drain, outputs))
            else:
                pending = self._processor.drain(outputs)
            if pending is None:
                break
            await self._commit(pending, outputs)

    async def _commit(self, step: Step, outputs: Batches) -> None:
        self.busy = True
        try:
            await self._transactions.commit(step, outputs)
        finally:
            self.busy = False
        self._stage.committed(step)

    def _readable(self, tp: TopicPartition, records: Records) -> Records:
        """Without those that the operator has passed over, which are told of."""
        skips = self._skips.get((tp.topic, tp.partition))
        if not skips:
            return records
        for each in records:
            if each.offset in skips:
                log.warning("%s: passes %s over, as set", self._stage.name, _named(tp, each.offset))
        return [each for each in records if each.offset not in skips]


def _named(tp: TopicPartition, offset: int) -> str:
    return f"{tp.topic}[{tp.partition}]@{offset}"


def _told(tp: TopicPartition, offset: int) -> Failure:
    named = _named(tp, offset)
    return Failure(
        f"the record {named} cannot be read: it is damaged, or somebody else's; to go on "
        f"without it, set QUIETCLICKS_SKIP_RECORDS={named}"
    )
