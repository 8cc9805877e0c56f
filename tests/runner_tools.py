"""A runner with a stage that copies, for tests of what is committed, and what is not."""

import asyncio
import base64
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.consumer import fetcher
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import OffsetAndMetadata

from quietclicks.agents.kafka import clients, hot_path
from quietclicks.agents.kafka.committed import read_note
from quietclicks.agents.kafka.runner import Runner
from quietclicks.agents.kafka.stage import Stage
from quietclicks.agents.kafka.stamped import Stamp
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.processor import Outputs, Record, Step
from tests.kafka_tools import SharedBroker, create_topics, end_offsets, produce, read_all, unique

PATIENCE = 120  # seconds; a bound against hanging, on a machine that does much else


async def until(
    holds: Callable[[], Awaitable[bool] | bool], what: str, seconds: float = PATIENCE
) -> None:
    deadline = time.monotonic() + seconds
    while True:
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.02)


@contextmanager
def light_records() -> Iterator[None]:
    """The client as it runs in a worker, which has swapped its class of records."""
    original, fetcher.PartitionRecords = fetcher.PartitionRecords, hot_path.LightRecords
    try:
        yield
    finally:
        fetcher.PartitionRecords = original


@dataclass
class Copy:
    """Copies each record to the target, and lets a test look on or meddle."""

    target: str
    state_topic: str | None = None
    history_topics: Sequence[str] = ()
    drains_apart: bool = False
    meddle: Callable[[Sequence[Record]], None] = lambda records: None
    restored: list[bytes | None] = field(default_factory=list)
    published: list[bytes | None] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    committed: list[tuple[int, str]] = field(default_factory=list)
    pending: int = 0  # so many steps, each with a record for the target

    @property
    def has_progress(self) -> bool:
        return b"progress" in self.restored

    def restore(self, records: Sequence[Record]) -> None:
        self.restored += [record.value for record in records]

    def look_back(self, records: Sequence[Record]) -> None:
        self.published += [record.value for record in records]

    def resume(self, committed: int, metadata: str) -> int:
        self.committed.append((committed, metadata))
        return committed

    def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
        self.meddle(records)
        self.seen += [record.offset for record in records]
        outputs.extend(self.target, [(each.offset, each.key, each.value) for each in records])
        end = records[-1].offset + 1
        return Step(end, end, f"up to {end}", None, Counter(copied=len(records)))

    def drain(self, outputs: Outputs) -> Step | None:
        if not self.pending:
            return None
        self.pending -= 1
        outputs.extend(self.target, [(0, None, b"pending")])
        return Step(0, 0)


class Pipe:
    """A source, a target and a stage between them, with names that no other test has."""

    def __init__(self, broker: SharedBroker) -> None:
        self.bootstrap = broker.bootstrap
        self.source, self.target, self.state = unique("in"), unique("out"), unique("state")
        self.settings = Settings(
            bootstrap=broker.bootstrap,
            app=unique("app"),
            key_encryption_key=base64.b64encode(bytes(32)).decode(),
            session_seconds=6.0,
        )
        self.group = f"{self.settings.app}.copy"
        self.counts: dict[str, int] = {}  # as a policy would say
        self.bound: tuple[str, ...] = ()
        self.stamp: Stamp | None = None
        self.processors: dict[int, Copy] = {}
        self.make: Callable[[int], Copy] = lambda partition: Copy(self.target)

    def processor(self, partition: int, partitions: int) -> Copy:
        self.processors[partition] = made = self.make(partition)
        return made

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Runner]:
        stage = Stage("copy", self.source, self.processor, bound=self.bound, stamp=self.stamp)
        runner = Runner(self.settings, stage, self.counts)
        await runner.start()
        try:
            yield runner
        finally:
            await runner.stop()

    async def topics(self, partitions: int = 1, configs: dict[str, str] | None = None) -> None:
        await create_topics(self.bootstrap, {self.source: partitions, self.state: partitions})
        await create_topics(self.bootstrap, {self.target: 1}, configs)
        self.counts |= {self.source: partitions, self.state: partitions, self.target: 1}
        await self.known()

    async def known(self) -> None:
        """Wait until the target can be had."""

        async def known() -> bool:
            # A broker says that a topic is made before it has heard of it everywhere.
            try:
                await clients.partitions(self.settings, self.target)
            except Failure:
                return False
            return True

        await until(known, "the topics are made")

    async def send(self, values: Sequence[bytes], partition: int = 0) -> None:
        await produce(self.bootstrap, self.source, [(partition, None, value) for value in values])

    async def copied(self) -> list[bytes | None]:
        """What the target holds, once no transaction is open there."""
        return [record.value for record in await read_all(self.bootstrap, self.target)]

    async def readable(self) -> list[bytes | None]:
        """What may be read of the target by now, though a transaction be open."""
        found = await read_all(self.bootstrap, self.target, waits=False)
        return [record.value for record in found]

    async def end(self, isolation: str) -> int:
        """Where the target ends for who reads so."""
        place = TopicPartition(self.target, 0)
        return (await end_offsets(self.bootstrap, [place], isolation))[place]

    async def committed(self, partition: int = 0) -> tuple[int, str] | None:
        place = TopicPartition(self.source, partition)
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            answers: dict[TopicPartition, OffsetAndMetadata] = {}

            async def answered() -> bool:
                # No answer while the broker still loads what was committed.
                with contextlib.suppress(GroupCoordinatorNotAvailableError):
                    found = await admin.list_consumer_group_offsets(self.group, partitions=[place])
                    answers.update(found)
                return place in answers

            await until(answered, "what is committed")
            found = answers[place]
        finally:
            await admin.close()
        return (found.offset, read_note(found.metadata).metadata) if found.offset >= 0 else None

    async def has_committed(self, offset: int, metadata: str, partition: int = 0) -> None:
        """Wait until that is what is committed: of the offset, too, the answer comes before it."""

        async def told() -> bool:
            return await self.committed(partition) == (offset, metadata)

        await until(told, f"{offset} is committed, {metadata}")

    async def set_committed(self, offset: int) -> None:
        place = TopicPartition(self.source, 0)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            group_id=self.group,
            enable_auto_commit=False,  # else it may commit its own position when it stops
        )
        await consumer.start()
        try:
            consumer.assign([place])
            await consumer.commit({place: offset})
        finally:
            await consumer.stop()
        assert await self.committed() == (offset, "")


async def crash_of(runner: Runner) -> BaseException:
    """Wait for the runner to crash; why it did."""
    await until(lambda: runner.crashed, "a crash")
    reason = runner.crash_reason
    assert reason is not None
    return reason
