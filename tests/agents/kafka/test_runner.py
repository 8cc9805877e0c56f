"""The runner with a stage that copies: what is committed, and what is not, when things go wrong."""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import GroupCoordinatorNotAvailableError
from msgspec import structs

from quietclicks.agents.kafka import partition as module
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.runner import Runner
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.processor import Record
from tests.kafka_tools import SharedBroker, create_topics, produce, unique
from tests.runner_tools import Copy, Pipe, crash_of, light_records, until


@pytest.fixture
def pipe(broker: SharedBroker) -> Iterator[Pipe]:
    with light_records():
        yield Pipe(broker)


async def test_output_offset_and_metadata_are_committed_together(pipe: Pipe) -> None:
    await pipe.topics(partitions=2)
    await pipe.send([b"a", b"b"], 0)
    await pipe.send([b"c"], 1)
    async with pipe.running() as runner:

        async def all_copied() -> bool:
            return len(await pipe.copied()) == 3

        await until(all_copied, "copied")
        assert runner.partitions == {0: True, 1: True}
    assert sorted(value or b"" for value in await pipe.copied()) == [b"a", b"b", b"c"]
    await pipe.has_committed(2, "up to 2")
    await pipe.has_committed(1, "up to 1", partition=1)
    assert runner.partitions == {}


async def test_a_new_owner_goes_on_where_the_last_commit_was(pipe: Pipe) -> None:
    await pipe.topics()
    await pipe.send([b"a", b"b"])
    async with pipe.running():
        await until(lambda: pipe.processors.get(0, Copy("")).seen == [0, 1], "both seen")
    await pipe.send([b"c"])
    async with pipe.running():
        await until(lambda: pipe.processors[0].seen == [2], "the third seen, and it alone")
        assert pipe.processors[0].committed == [(2, "up to 2")]
    assert await pipe.copied() == [b"a", b"b", b"c"]


async def test_where_a_commit_tells_nothing_what_was_published_does(pipe: Pipe) -> None:
    await pipe.topics()
    pipe.make = lambda partition: Copy(pipe.target, history_topics=[pipe.target])
    await pipe.send([b"a", b"b"])
    async with pipe.running():
        await until(lambda: pipe.processors.get(0, Copy("")).seen == [0, 1], "both seen")
        assert pipe.processors[0].published == []
    pipe.processors.clear()
    async with pipe.running():
        await until(lambda: bool(pipe.processors.get(0, Copy("")).committed), "started")
        assert pipe.processors[0].published == [], "the commit tells it"
    await pipe.set_committed(1)
    async with pipe.running():
        await until(lambda: pipe.processors[0].seen == [1], "the second again")
        assert pipe.processors[0].published == [b"a", b"b"]


@pytest.mark.parametrize(
    ("records", "seconds", "next_step"),
    [
        pytest.param(1000, 0.02, 100_000, id="quick"),
        pytest.param(1000, 4.0, 500, id="slow"),
        pytest.param(1, 0.0, 2000, id="too quick to tell"),
        pytest.param(1000, 1000.0, 100, id="never so few that it stands still"),
    ],
)
def test_what_is_slow_has_fewer_records_to_a_step(
    records: int, seconds: float, next_step: int
) -> None:
    pace = module.Pace()
    assert pace.max_records == 1000
    pace.took(records, seconds)
    assert pace.max_records == next_step


async def test_a_step_is_no_larger_than_it_may(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones, while nothing is known; here nothing ever is."""
    monkeypatch.setattr(module, "FIRST_RECORDS", 3)
    monkeypatch.setattr(module.Pace, "took", lambda *_: None)
    await pipe.topics()
    await pipe.send([b"%d" % number for number in range(8)])
    steps: list[int] = []

    def make(partition: int) -> Copy:
        made = Copy(pipe.target)
        made.meddle = lambda records: steps.append(len(records))
        return made

    pipe.make = make
    async with pipe.running():
        await until(lambda: sum(steps) == 8, "all seen")
    assert max(steps) == 3


async def test_state_is_restored_before_anything_is_processed(pipe: Pipe) -> None:
    await pipe.topics()
    await produce(pipe.bootstrap, pipe.state, [(0, b"k", b"old"), (0, b"k", b"progress")])
    await pipe.send([b"a"])
    await pipe.set_committed(0)
    restored: list[list[bytes | None]] = []

    def make(partition: int) -> Copy:
        made = Copy(pipe.target, state_topic=pipe.state)
        made.meddle = lambda records: restored.append(list(made.restored))
        return made

    pipe.make = make
    async with pipe.running():
        await until(lambda: bool(restored), "processed")
    assert restored == [[b"old", b"progress"]]


async def test_what_is_owed_goes_out_before_more_is_read(pipe: Pipe) -> None:
    await pipe.topics()
    await pipe.send([b"a"])

    pipe.make = lambda partition: Copy(pipe.target, pending=1)
    async with pipe.running():
        await until(lambda: pipe.processors.get(0, Copy("")).seen == [0], "processed")
    assert await pipe.copied() == [b"pending", b"a"]


async def test_one_slow_restore_does_not_hold_up_another(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pipe.topics(partitions=2)
    await pipe.send([b"slow"], 0)
    await pipe.send([b"quick"], 1)
    pipe.make = lambda partition: Copy(pipe.target, state_topic=pipe.state)
    go_on = asyncio.Event()
    original = batches_to_end

    async def slow(settings: Settings, topic: str, partition: int) -> AsyncIterator[Any]:
        if partition == 0:
            await go_on.wait()
        async for records in original(settings, topic, partition):
            yield records

    monkeypatch.setattr(module, "batches_to_end", slow)
    async with pipe.running() as runner:

        async def copied() -> bool:
            return bool(await pipe.copied())

        await until(copied, "the other partition's record")
        assert await pipe.copied() == [b"quick"]
        assert runner.partitions == {0: False, 1: True}
        await pipe.send([b"and on"], 1)
        await until(lambda: pipe.processors[1].seen == [0, 1], "the other partition goes on")
        go_on.set()
        await until(lambda: pipe.processors[0].seen == [0], "the slow one comes, too")


@dataclass
class Early:
    offset: int
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = b"early"


async def test_records_below_the_position_are_dropped(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pipe.topics()
    await pipe.send([b"0", b"1", b"2", b"3"])
    await pipe.set_committed(2)
    original = AIOKafkaConsumer.getmany
    handed_out: list[int] = []

    async def around_a_seek(
        self: AIOKafkaConsumer, *places: TopicPartition, **more: Any
    ) -> dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]:
        # As seen around a seek: records from before it come along.
        got: dict[TopicPartition, list[Any]] = await original(self, *places, **more)
        for place, records in got.items():
            if place.topic == pipe.source and not handed_out:
                early = [Early(below) for below in range(records[0].offset)]
                handed_out.extend(record.offset for record in early)
                got[place] = early + records
        return got

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", around_a_seek)
    async with pipe.running():
        await until(lambda: pipe.processors.get(0, Copy("")).seen[-1:] == [3], "processed")
    assert handed_out == [0, 1]
    assert pipe.processors[0].seen == [2, 3]
    assert await pipe.copied() == [b"2", b"3"]


async def test_offsets_lost_to_retention_are_a_clear_stop(pipe: Pipe) -> None:
    await pipe.topics()
    await pipe.send([b"0", b"1", b"2"])
    await pipe.set_committed(1)
    admin = AIOKafkaAdminClient(bootstrap_servers=pipe.bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(pipe.source, 0): RecordsToDelete(2)})
    finally:
        await admin.close()
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    assert isinstance(reason, Failure)
    assert f"{pipe.source}[0]: records 1 to 1 were lost to retention" in str(reason)
    assert pipe.group in str(reason)
    assert await pipe.copied() == []
    assert await pipe.committed() == (1, "")


async def test_no_answer_is_not_taken_for_nothing_committed(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pipe.topics()
    await pipe.send([b"0", b"1"])
    await pipe.set_committed(1)
    original = AIOKafkaAdminClient.list_consumer_group_offsets
    passed_over = iter([{}, GroupCoordinatorNotAvailableError(), {}])

    async def not_yet(self: AIOKafkaAdminClient, *of: Any, **more: Any) -> Any:
        # As the library answers while the broker is still loading what was committed.
        answer = next(passed_over, None)
        if isinstance(answer, Exception):
            raise answer
        return await original(self, *of, **more) if answer is None else answer

    monkeypatch.setattr(AIOKafkaAdminClient, "list_consumer_group_offsets", not_yet)
    async with pipe.running():
        await until(lambda: pipe.processors.get(0, Copy("")).seen == [1], "processed")
    assert await pipe.copied() == [b"1"]


async def test_an_exception_commits_nothing_and_says_nothing_of_the_record(
    pipe: Pipe, caplog: pytest.LogCaptureFixture
) -> None:
    await pipe.topics()
    await pipe.send([b"fine"])

    def make(partition: int) -> Copy:
        def meddle(records: Sequence[Record]) -> None:
            if any(record.value == b"203.0.113.77" for record in records):
                raise ValueError("203.0.113.77")

        return Copy(pipe.target, meddle=meddle)

    pipe.make = make
    caplog.set_level(logging.DEBUG, "quietclicks")
    async with pipe.running() as runner:
        await until(lambda: pipe.processors.get(0, Copy("")).seen == [0], "the first")
        await pipe.send([b"good", b"203.0.113.77"])
        reason = await crash_of(runner)
    assert re.fullmatch(r"ValueError in meddle, test_runner\.py:\d+", str(reason))
    copied = await pipe.copied()
    assert copied == [b"fine", b"good"][: len(copied)]
    await pipe.has_committed(len(copied), f"up to {len(copied)}")
    assert "copy: stops for good: ValueError" in caplog.text
    assert "203.0.113.77" not in caplog.text


async def test_a_batch_that_the_broker_refuses_is_not_committed(pipe: Pipe) -> None:
    await pipe.topics(configs={"max.message.bytes": "1000"})
    await pipe.send([b"small"])
    async with pipe.running() as runner:
        await until(lambda: pipe.processors.get(0, Copy("")).seen == [0], "the small one")
        await pipe.send([b"large" * 1000])
        assert str(await crash_of(runner)).startswith("MessageSizeTooLargeError in ")
    assert await pipe.copied() == [b"small"]
    await pipe.has_committed(1, "up to 1")


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_a_collector_may_compress(pipe: Pipe, codec: str) -> None:
    # The broker compresses here: a topic's codec, else the collector's, is what a reader meets.
    await create_topics(pipe.bootstrap, {pipe.source: 1}, {"compression.type": codec})
    await create_topics(pipe.bootstrap, {pipe.target: 1})
    pipe.counts |= {pipe.source: 1, pipe.target: 1}
    await pipe.known()
    await pipe.send([b"a" * 1000] * 3)
    async with pipe.running():
        await until(lambda: pipe.processors.get(0, Copy("")).seen == [0, 1, 2], "all seen")
    assert await pipe.copied() == [b"a" * 1000] * 3


async def test_a_fenced_owner_commits_nothing_and_ends(pipe: Pipe) -> None:
    await pipe.topics()
    await pipe.send([b"a"])
    async with pipe.running() as zombie:
        await until(lambda: pipe.processors.get(0, Copy("")).seen == [0], "the first")

        async def first_committed() -> bool:
            return await pipe.committed() == (1, "up to 1")

        await until(first_committed, "the first committed")
        # A new owner, as after a pause that was too long: the old one does not know yet.
        owner = AIOKafkaProducer(
            bootstrap_servers=pipe.bootstrap, transactional_id=f"{pipe.group}.0"
        )
        await owner.start()
        try:
            await pipe.send([b"b"])
            await crash_of(zombie)
        finally:
            await owner.stop()
    assert await pipe.copied() == [b"a"]
    await pipe.has_committed(1, "up to 1")


async def test_a_graceful_stop_finishes_its_transaction(pipe: Pipe) -> None:
    await pipe.topics()
    await pipe.send([b"a", b"b"])
    stopping: list[asyncio.Task[Any]] = []
    runners: list[Runner] = []

    def make(partition: int) -> Copy:
        def meddle(records: Sequence[Record]) -> None:
            stopping.append(asyncio.get_running_loop().create_task(runners[0].stop()))

        return Copy(pipe.target, meddle=meddle)

    pipe.make = make
    async with pipe.running() as runner:
        runners.append(runner)
        await until(lambda: bool(stopping), "processing, and told to stop")
        await stopping[0]
    assert not runner.crashed
    copied = await pipe.copied()
    assert copied == [b"a", b"b"][: len(copied)]
    assert len(copied) > 0
    await pipe.has_committed(len(copied), f"up to {len(copied)}")


async def test_two_workers_share_and_take_over(pipe: Pipe) -> None:
    await pipe.topics(partitions=4)
    async with pipe.running() as first:
        await until(
            lambda: first.partitions == dict.fromkeys(range(4), True), "all are the first's"
        )
        async with pipe.running() as second:

            def shared() -> bool:
                both = [set(first.partitions), set(second.partitions)]
                return [len(each) for each in both] == [2, 2] and not both[0] & both[1]

            await until(shared, "two each")
            for partition in range(4):
                await pipe.send([b"%d" % partition] * 50, partition)
        await until(lambda: first.partitions == dict.fromkeys(range(4), True), "all again")

        async def all_committed() -> bool:
            return [await pipe.committed(n) for n in range(4)] == [(50, "up to 50")] * 4

        await until(all_committed, "all committed")
        assert not first.crashed
    assert Counter(await pipe.copied()) == dict.fromkeys([b"0", b"1", b"2", b"3"], 50)


async def test_a_refused_group_ends_the_process(pipe: Pipe) -> None:
    await pipe.topics()
    pipe.settings = structs.replace(pipe.settings, session_seconds=0.5)  # below the broker's bound
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    assert str(reason) == (f"the broker refused the group {pipe.group}: InvalidSessionTimeoutError")


async def test_an_output_for_a_topic_that_is_missing_is_a_clear_stop(pipe: Pipe) -> None:
    await pipe.topics()
    pipe.counts[unique("nowhere")] = 1
    await pipe.send([b"a"])
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    assert "run `quietclicks topics apply`" in str(reason)
    assert await pipe.committed() is None
