"""How a runner ends: at once when it can, never in silence, and with no transaction left open."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from quietclicks.agents.kafka import runner as module
from quietclicks.agents.kafka import watchdog
from quietclicks.agents.kafka.refusals import SEE
from quietclicks.agents.kafka.runner import Runner
from quietclicks.agents.kafka.stage import Stage
from quietclicks.agents.kafka.transactions import TRANSACTION_SECONDS
from quietclicks.errors import Failure
from quietclicks.pipeline.processor import Outputs, Record, Step
from tests.kafka_tools import SharedBroker, create_topics, unique
from tests.runner_tools import Copy, Pipe, crash_of, light_records, until


@pytest.fixture
def pipe(broker: SharedBroker) -> Iterator[Pipe]:
    with light_records():
        yield Pipe(broker)


async def test_what_the_client_cancels_does_not_end_in_silence(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pipe.topics()

    async def gives_up(self: AIOKafkaConsumer, *places: TopicPartition, **more: Any) -> Any:
        raise asyncio.CancelledError

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", gives_up)
    async with pipe.running() as runner:
        assert str(await crash_of(runner)).startswith("CancelledError in gives_up")


async def test_a_source_that_is_gone_ends_the_process(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.2)
    await pipe.topics()
    async with pipe.running() as runner:
        await until(lambda: runner.partitions == {0: True}, "polling")
        monkeypatch.setattr(watchdog, "AWAY_SECONDS", 1)
        admin = AIOKafkaAdminClient(bootstrap_servers=pipe.bootstrap)
        await admin.start()
        try:
            await admin.delete_topics([pipe.source])
        finally:
            await admin.close()
        reason = await crash_of(runner)
    assert str(reason) == f"{pipe.source} is gone, or this user has no right to it any more: {SEE}"


@pytest.mark.parametrize("which", ["source", "state", "target"])
async def test_another_number_of_partitions_than_the_policys_is_a_clear_stop(
    pipe: Pipe, which: str
) -> None:
    await pipe.topics(partitions=2)
    topic = getattr(pipe, which)
    has, pipe.counts[topic] = pipe.counts[topic], 3
    await pipe.send([b"a"])
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    number = "1 partition" if has == 1 else f"{has} partitions"
    assert str(reason) == (
        f"{topic} has {number}, the policy says 3: see `quietclicks topics plan`"
    )
    assert await pipe.copied() == []


async def test_a_topic_that_grows_under_a_running_worker_ends_it(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.2)
    await pipe.topics()
    async with pipe.running() as runner:
        await until(lambda: runner.partitions == {0: True}, "polling")
        admin = AIOKafkaAdminClient(bootstrap_servers=pipe.bootstrap)
        await admin.start()
        try:
            await admin.create_partitions({pipe.target: NewPartitions(2)})
        finally:
            await admin.close()
        reason = await crash_of(runner)
    assert str(reason).startswith(f"{pipe.target} has 2 partitions, the policy says 1")


async def test_what_is_still_owed_is_left_to_the_next_owner(pipe: Pipe) -> None:
    await pipe.topics()
    runners: list[Runner] = []
    stops: list[asyncio.Task[None]] = []

    class Owing(Copy):
        def drain(self, outputs: Outputs) -> Step | None:
            if self.pending < 1000:  # the first is committed
                stops.append(asyncio.get_running_loop().create_task(runners[0].stop()))
            return super().drain(outputs)

    pipe.make = lambda partition: Owing(pipe.target, pending=1000)
    async with pipe.running() as runner:
        runners.append(runner)
        await until(lambda: bool(stops), "told to stop")
        await asyncio.gather(*stops)
    assert not runner.crashed
    assert 1 <= len(await pipe.copied()) < 10
    assert pipe.processors[0].pending > 990


async def test_a_stop_does_not_wait_for_a_key(pipe: Pipe) -> None:
    await pipe.topics()
    await pipe.send([b"a"])
    asked = asyncio.Event()

    async def waiting(day: int) -> None:
        asked.set()
        await asyncio.Event().wait()

    class Keyless(Copy):
        def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
            return Step(0, 0, waits_for=1)

    pipe.make = lambda partition: Keyless(pipe.target)
    stage = Stage("copy", pipe.source, pipe.processor, provide=waiting)
    runner = Runner(pipe.settings, stage, pipe.counts)
    await runner.start()
    await until(asked.is_set, "asked for the key")
    async with asyncio.timeout(module.REBALANCE_SECONDS / 4):  # half of what it gave before
        await runner.stop()
    assert not runner.crashed


async def test_a_failed_transaction_is_not_left_open(pipe: Pipe) -> None:
    await pipe.topics()
    await create_topics(
        pipe.bootstrap, {(small := unique("small")): 1}, {"max.message.bytes": "99"}
    )
    pipe.counts[small] = 1

    class TooMuch(Copy):
        def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
            outputs.extend(pipe.target, [(0, None, b"a")])
            outputs.extend(small, [(0, None, b"b" * 1000)])
            return Step(1, 1)

    pipe.make = lambda partition: TooMuch(pipe.target)
    await pipe.send([b"a"])
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    assert not isinstance(reason, Failure) or "MessageSizeTooLarge" in str(reason)

    async def aborted() -> bool:
        ends = [await pipe.end("read_committed"), await pipe.end("read_uncommitted")]
        return ends == [2, 2]  # the record, and that its transaction was aborted

    # Half of the time after which the broker would do so.
    await until(aborted, "the transaction is aborted", TRANSACTION_SECONDS / 2)
