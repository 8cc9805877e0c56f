"""The runner when the broker, the operator or the clock misbehaves: exact, or a clear stop."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, RequestTimedOutError
from msgspec import structs

from quietclicks.agents.kafka import partition, transactions
from quietclicks.agents.kafka.runner import REBALANCE_SECONDS
from quietclicks.agents.kafka.unanswered import TRANSACTIONAL
from quietclicks.pipeline.processor import Outputs, Record, Step, UnreadableRecord
from tests.kafka_tools import SharedBroker, create_topics, produce
from tests.runner_tools import Copy, Pipe, crash_of, light_records, until


@pytest.fixture
def pipe(broker: SharedBroker) -> Iterator[Pipe]:
    with light_records():
        yield Pipe(broker)


class Remembering(Copy):
    """As the anonymise stage: from before its place it reads again, to remember, some records."""

    def __init__(self, target: str, back: int) -> None:
        super().__init__(target)
        self.back = back
        self.place = 0
        self.remembered: list[int] = []

    def resume(self, committed: int, metadata: str) -> int:
        self.place = committed
        return max(0, committed - self.back)

    def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
        self.remembered += [each.offset for each in records if each.offset < self.place]
        if due := [each for each in records if each.offset >= self.place]:
            self.place = super().process(due, outputs).position
        return Step(self.place, self.place)


@pytest.mark.parametrize("most", [1, 7, 1000])
async def test_all_that_is_to_be_remembered_is_read_again(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """However few records a step may have: what was only remembered is not read for ever."""
    monkeypatch.setattr(partition, "FIRST_RECORDS", most)
    monkeypatch.setattr(partition, "MIN_RECORDS", most)
    monkeypatch.setattr(partition.Pace, "took", lambda *_: None)
    monkeypatch.setattr(partition, "COMMIT_SECONDS", 0.0)
    await pipe.topics()
    await pipe.send([b"%d" % number for number in range(30)])
    await pipe.set_committed(25)
    made = Remembering(pipe.target, back=20)
    pipe.make = lambda _partition: made
    async with pipe.running():
        await until(lambda: made.seen[-1:] == [29], "all seen")
    assert made.remembered == list(range(5, 25))
    assert made.seen == [25, 26, 27, 28, 29]


@pytest.mark.parametrize("request_kind", TRANSACTIONAL, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("error", [RequestTimedOutError, KafkaConnectionError])
async def test_after_a_request_without_an_answer_nothing_more_is_sent(
    pipe: Pipe,
    monkeypatch: pytest.MonkeyPatch,
    request_kind: type,
    error: type[Exception],
) -> None:
    """It arrives, and the answer does not: neither it nor an abort may follow."""
    await pipe.topics()
    original = AIOKafkaClient.send
    sent: list[str] = []
    lost = asyncio.Event()

    async def without_an_answer(self: AIOKafkaClient, node: int, request: Any, **more: Any) -> Any:
        if isinstance(request, TRANSACTIONAL):
            sent.append(type(request).__name__)
        answer = await original(self, node, request, **more)
        # The leader's ticks and the like are not at stake: the target's are.
        if isinstance(request, request_kind) and not lost.is_set():
            lost.set()
            raise error
        return answer

    await pipe.send([b"a", b"b"])
    monkeypatch.setattr(AIOKafkaClient, "send", without_an_answer)
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    name = request_kind.__name__
    assert f"did not answer {name.removesuffix('Request')}" in str(reason)
    assert sent.count(name) == 1
    assert sent.count("EndTxnRequest") == (name == "EndTxnRequest")
    monkeypatch.setattr(AIOKafkaClient, "send", original)
    async with pipe.running():

        async def done() -> bool:
            return await pipe.committed() == (2, "up to 2")

        await until(done, "the next start has found out")
    assert await pipe.copied() == [b"a", b"b"]


async def test_a_request_that_was_never_sent_is_tried_again(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pipe.topics()
    original = AIOKafkaClient.ready
    refused: list[int] = []

    async def not_yet(self: AIOKafkaClient, node: int, **more: Any) -> bool:
        if "producer" in self._client_id and len(refused) < 3:
            refused.append(node)
            return False
        answer: bool = await original(self, node, **more)
        return answer

    async with pipe.running() as runner:
        await until(lambda: runner.state == "ok", "polling")
        monkeypatch.setattr(AIOKafkaClient, "ready", not_yet)
        await pipe.send([b"a"])

        async def copied() -> bool:
            return await pipe.copied() == [b"a"]

        await until(copied, "copied")
        assert len(refused) == 3
        assert not runner.crashed


async def test_state_that_is_lost_is_a_clear_stop(pipe: Pipe) -> None:
    await pipe.topics()
    await pipe.send([b"a", b"b"])
    await pipe.set_committed(1)
    pipe.make = lambda _partition: Copy(pipe.target, state_topic=pipe.state)
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    assert str(reason).startswith(
        f"{pipe.state}[0]: the state at offset 1 of {pipe.source}[0] is lost"
    )
    assert await pipe.copied() == []


async def test_an_offset_that_is_lost_is_a_clear_stop(pipe: Pipe) -> None:
    """As where the broker keeps offsets for less long than state, or the source was made anew."""
    await pipe.topics()
    await produce(pipe.bootstrap, pipe.state, [(0, b"k", b"progress")])
    await pipe.send([b"a"])
    pipe.make = lambda _partition: Copy(pipe.target, state_topic=pipe.state)
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    assert f"{pipe.state}[0] holds state, and the group {pipe.group} has no offset" in str(reason)
    assert await pipe.copied() == []


async def test_a_topic_that_was_made_anew_is_a_clear_stop(pipe: Pipe) -> None:
    await pipe.topics()
    pipe.bound = (pipe.source, pipe.target)
    await pipe.send([b"a"])
    async with pipe.running():
        await until(lambda: pipe.processors.get(0, Copy("")).seen == [0], "processed")
    async with pipe.running() as again:
        await until(lambda: again.partitions == {0: True}, "the same topics")
    await remake(pipe.bootstrap, pipe.target)
    await pipe.known()
    await pipe.send([b"b"])
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    assert str(reason) == (
        f"{pipe.target} was deleted and made anew since {pipe.group} committed offset 1 of "
        f"{pipe.source}[0]: see 'Lost state' in docs/operating.md"
    )
    assert await pipe.copied() == []


async def test_a_topic_that_is_made_anew_under_a_worker_is_a_clear_stop(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is committed for it that would tell the next one that all is well."""
    monkeypatch.setattr(transactions, "LOOK_SECONDS", 0.2)
    await pipe.topics()
    pipe.bound = (pipe.source, pipe.state)
    await pipe.send([b"a"])
    async with pipe.running() as runner:
        await until(lambda: pipe.processors.get(0, Copy("")).seen == [0], "processed")
        await asyncio.sleep(0.5)
        assert not runner.crashed, "the same topics"
        await remake(pipe.bootstrap, pipe.state)
        reason = await crash_of(runner)
    assert str(reason) == (
        f"{pipe.state} was deleted and made anew while {pipe.group} was at work: see 'Lost state' "
        "in docs/operating.md"
    )
    async with pipe.running() as again:
        assert "was deleted and made anew since" in str(await crash_of(again))


async def remake(bootstrap: str, topic: str) -> None:
    """Its records are gone, and the group's offsets, which are of another topic, are not."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic])

        async def gone() -> bool:
            return topic not in await admin.list_topics()

        await until(gone, "the topic is gone")
        await create_topics(bootstrap, {topic: 1})
    finally:
        await admin.close()


async def test_no_state_is_right_where_nothing_was_committed(pipe: Pipe) -> None:
    await pipe.topics()
    await pipe.send([b"a"])
    pipe.make = lambda _partition: Copy(pipe.target, state_topic=pipe.state)
    async with pipe.running() as runner:
        await until(lambda: pipe.processors.get(0, Copy("")).seen == [0], "processed")
        assert not runner.crashed


async def test_a_log_that_ends_before_the_committed_offset_is_a_clear_stop(pipe: Pipe) -> None:
    """As of a topic that was deleted and made anew."""
    await pipe.topics()
    await pipe.send([b"a"])
    await pipe.set_committed(5)
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    assert f"{pipe.source}[0]: 5 was committed and the log ends at 1" in str(reason)
    assert await pipe.copied() == []


async def test_a_long_drain_holds_up_nobody_and_nothing_waits_for_it(pipe: Pipe) -> None:
    await pipe.topics(partitions=2)
    go_on = threading.Event()
    draining = threading.Event()

    class Closing(Copy):
        def drain(self, outputs: Outputs) -> Step | None:
            draining.set()
            go_on.wait()
            return None

    def make(number: int) -> Copy:
        return Closing(pipe.target, drains_apart=True) if number == 0 else Copy(pipe.target)

    pipe.make = make
    try:
        async with pipe.running() as runner:
            await until(draining.is_set, "one drains")
            await pipe.send([b"and on"], 1)
            await until(lambda: pipe.processors[1].seen == [0], "the other goes on")
            assert runner.state == "restoring"
            async with asyncio.timeout(REBALANCE_SECONDS / 4):  # half of what a transaction has
                await runner.stop()
            assert not runner.crashed
    finally:
        go_on.set()


async def test_what_a_drain_raises_ends_the_process(pipe: Pipe) -> None:
    await pipe.topics()

    class Failing(Copy):
        def drain(self, outputs: Outputs) -> Step | None:
            raise ValueError("203.0.113.77")

    pipe.make = lambda _partition: Failing(pipe.target, drains_apart=True)
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    assert str(reason).startswith("ValueError in drain, test_runner_faults.py:")


async def test_a_worker_without_a_partition_stands_by(pipe: Pipe) -> None:
    await pipe.topics()
    async with pipe.running() as first:
        assert first.state in {"joining", "restoring"}
        await until(lambda: first.state == "ok", "the first owns it")
        async with pipe.running() as second:
            await until(lambda: {first.state, second.state} == {"ok", "standby"}, "one of each")
            for runner in (first, second):
                # The client would leave the group after this time, and not come back.
                limit = runner.consumer._coordinator._max_poll_interval
                assert limit > 365 * 24 * 3600 / 15
        await until(lambda: first.state == "ok", "the first owns it again")


class Picky(Copy):
    """Reads no record of value `garbage`."""

    def restore(self, records: Sequence[Record]) -> None:
        self.check(records)
        super().restore(records)

    def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
        if self.state_topic is None:
            self.check(records)
        return super().process(records, outputs)

    @staticmethod
    def check(records: Sequence[Record]) -> None:
        for each in records:
            if each.value == b"garbage":
                raise UnreadableRecord(each.offset)


@pytest.mark.parametrize("stateful", [True, False])
async def test_a_record_that_cannot_be_read_is_named_and_can_be_passed_over(
    pipe: Pipe, caplog: pytest.LogCaptureFixture, stateful: bool
) -> None:
    pipe.source = pipe.source.replace("in-", "internal.partials") if not stateful else pipe.source
    pipe.state = pipe.state.replace("state-", "internal.cells")
    pipe.source, pipe.state = (each.translate(LETTERS) for each in (pipe.source, pipe.state))
    await pipe.topics()
    topic = pipe.state if stateful else pipe.source
    await produce(pipe.bootstrap, topic, [(0, b"k", b"fine"), (0, b"g", b"garbage")])
    if stateful:
        await pipe.send([b"fine"])
    pipe.make = lambda _partition: Picky(pipe.target, state_topic=pipe.state if stateful else None)
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    named = f"{topic}[0]@1"
    assert str(reason).startswith(f"the record {named} cannot be read")
    assert str(reason).endswith(f"QUIETCLICKS_SKIP_RECORDS={named}")
    pipe.settings = structs.replace(pipe.settings, skip_records=f"internal.x[3]@9,{named}")
    caplog.clear()
    async with pipe.running() as runner:
        await until(lambda: pipe.processors[0].seen[-1:] == [0], "the other one")
        assert not runner.crashed
    assert any(f"passes {named} over" in message for message in caplog.messages)


LETTERS = str.maketrans("0123456789-", "ghijklmnopq")
