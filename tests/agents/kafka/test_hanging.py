"""Transactions that are over and open all the same: each gets the end that it was meant to have.

The broker here does not verify that a partition belongs to a transaction: so a producer can write
where the coordinator, which writes the ends, does not know of it. That is what a broker leaves that
was killed between two of them (docs/reliability.md).
"""

import asyncio
import base64
import logging
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.structs import OffsetAndMetadata

from quietclicks.agents.kafka import hanging as module
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.kafka.committed import Note, read_note
from quietclicks.agents.kafka.refusals import SEE, refusal
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.pseudonyms.pseudonym import KEY_BYTES
from quietclicks.schemas import topics
from tests.kafka_tools import SharedBroker, create_topics, produce, read_all, unique
from tests.runner_tools import Copy, Pipe, crash_of, light_records, until

DAY = 20_800
APPENDED = {"message.timestamp.type": "LogAppendTime"}  # as topics have it


@pytest.fixture(scope="module")
def trusting() -> Iterator[SharedBroker]:
    properties = {"transaction.partition.verification.enable": "false"}
    with Broker.start(properties=properties, progress=lambda _: None) as broker:
        yield SharedBroker(broker.bootstrap, broker.data_dir)


@pytest.fixture
def pipe(trusting: SharedBroker) -> Iterator[Pipe]:
    with light_records():
        yield Pipe(trusting)


def hide(producer: AIOKafkaProducer, topic: str) -> None:
    """From the coordinator, until the end of the transaction."""
    producer._txn_manager._txn_partitions.add(TopicPartition(topic, 0))


async def ended(producer: AIOKafkaProducer, topic: str) -> None:
    """The last transaction there: who asks the coordinator for a partition is kept until then."""

    async def ended() -> bool:
        return not await module.open_transactions(producer, {topic: 1})

    await until(ended, "the last transaction's end")


@asynccontextmanager
async def former_owner(pipe: Pipe) -> AsyncIterator[AIOKafkaProducer]:
    """The producer of who had the partition before."""
    producer = AIOKafkaProducer(
        bootstrap_servers=pipe.bootstrap, transactional_id=f"{pipe.group}.0"
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def write(
    producer: AIOKafkaProducer,
    pipe: Pipe,
    offset: int,
    *,
    hanging: Sequence[str],
    value: bytes,
    commits: bool = True,
    timed: bool = True,
) -> None:
    """A transaction that writes the value everywhere, whose end these topics never see."""
    await producer.begin_transaction()
    for topic in hanging:
        await ended(producer, topic)
        hide(producer, topic)
    written_ms = 0
    for topic in (pipe.target, pipe.state):
        sent = await producer.send_and_wait(topic, value, partition=0)
        written_ms = max(written_ms, sent.timestamp)
    own = f"up to {offset}"
    await producer.send_offsets_to_transaction(
        {
            TopicPartition(pipe.source, 0): OffsetAndMetadata(
                offset, Note(written_ms, (), own).encode() if timed else own
            )
        },
        pipe.group,
    )
    await (producer.commit_transaction() if commits else producer.abort_transaction())


async def go_on(pipe: Pipe) -> Copy:
    """A new owner, until it has copied what was left over."""
    pipe.make = lambda partition: Copy(pipe.target, pipe.state)
    async with pipe.running():
        await until(lambda: pipe.processors.get(0, Copy("")).seen != [], "seen")
    return pipe.processors[0]


async def holds(pipe: Pipe, wanted: list[bytes]) -> None:
    """What the target has: a transaction's end is written after the answer."""

    async def there() -> bool:
        found = await pipe.readable()
        assert found == wanted[: len(found)]
        return len(found) == len(wanted)

    await until(there, "all is committed")


@pytest.mark.parametrize("which", ["target", "state", "both"])
@pytest.mark.parametrize("times", [APPENDED, {}], ids=["the broker's times", "ours"])
async def test_one_that_was_committed_is_committed(
    pipe: Pipe, which: str, times: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    await pipe.topics(configs=times)
    await pipe.send([b"a", b"b"])
    hidden = [pipe.target, pipe.state] if which == "both" else [getattr(pipe, which)]
    async with former_owner(pipe) as owner:
        await write(owner, pipe, 1, hanging=hidden, value=b"progress")
    with caplog.at_level(logging.WARNING):
        made = await go_on(pipe)
    assert made.restored == [b"progress"]
    assert made.committed == [(1, "up to 1")]
    await holds(pipe, [b"progress", b"b"])
    told = "the transaction since 0 was committed, and hung: it has its end now"
    assert {each.message for each in caplog.records if "hung" in each.message} == {
        f"{topic}[0]: {told}" for topic in hidden
    }


@pytest.mark.parametrize("which", ["target", "state", "both"])
async def test_one_that_was_given_up_is_given_up(pipe: Pipe, which: str) -> None:
    await pipe.topics(configs=APPENDED)
    await pipe.send([b"a", b"b"])
    hidden = [pipe.target, pipe.state] if which == "both" else [getattr(pipe, which)]
    async with former_owner(pipe) as owner:
        await write(owner, pipe, 1, hanging=[], value=b"progress")
        await write(owner, pipe, 2, hanging=hidden, value=b"never", commits=False)
    made = await go_on(pipe)
    assert made.restored == [b"progress"]
    assert made.committed == [(1, "up to 1")]
    await holds(pipe, [b"progress", b"b"])


def forget(pipe: Pipe) -> None:
    """The group's offset."""
    with administration(pipe.settings) as client:
        assert set(client.delete_groups([pipe.group]).values()) == {"OK"}


@pytest.mark.parametrize("commits", [True, False], ids=["committed", "given up"])
@pytest.mark.parametrize("timed", [True, False], ids=["no offset", "no time"])
async def test_what_no_commit_tells_of_is_a_clear_stop(
    pipe: Pipe, commits: bool, timed: bool
) -> None:
    """The group has lost its offset; or an older version, or Kafka's own tools, made the commit."""
    await pipe.topics(configs=APPENDED)
    await pipe.send([b"a", b"b"])
    async with former_owner(pipe) as owner:
        await write(owner, pipe, 1, hanging=[pipe.target], value=b"x", commits=commits, timed=timed)
    if timed and commits:
        await asyncio.to_thread(forget, pipe)
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    assert str(reason) == (
        f"{pipe.target}[0]: a transaction of ours hangs since 0, and no commit tells how it ended: "
        "see 'A transaction that hangs' in docs/operating.md"
    )
    assert await pipe.readable() == []


async def test_each_gets_its_own_end(pipe: Pipe) -> None:
    """One committed in one partition, and the next, given up, in another."""
    await pipe.topics(configs=APPENDED)
    await pipe.send([b"a", b"b"])
    async with former_owner(pipe) as owner:
        await write(owner, pipe, 1, hanging=[pipe.target], value=b"progress")
        await owner.begin_transaction()
        await ended(owner, pipe.state)
        hide(owner, pipe.state)
        await owner.send_and_wait(pipe.state, b"never", partition=0)
        await owner.send_offsets_to_transaction({TopicPartition(pipe.source, 0): 2}, pipe.group)
        await owner.abort_transaction()
    made = await go_on(pipe)
    assert made.restored == [b"progress"]
    await holds(pipe, [b"progress", b"b"])


async def test_what_is_open_of_others_is_left_alone(pipe: Pipe) -> None:
    await pipe.topics()
    await pipe.send([b"a"])
    await produce(pipe.bootstrap, pipe.state, [(0, None, b"progress")])
    other = AIOKafkaProducer(bootstrap_servers=pipe.bootstrap, transactional_id=pipe.target)
    await other.start()
    try:
        await pipe.set_committed(0)
        await other.begin_transaction()
        await other.send_and_wait(pipe.target, b"theirs", partition=0)
        await go_on(pipe)
        assert await pipe.readable() == []
        await other.commit_transaction()
    finally:
        await other.stop()
    await holds(pipe, [b"theirs", b"a"])


async def test_a_worker_whose_transaction_hangs_ends_and_the_next_one_ends_it(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 1.0)
    await pipe.topics(configs=APPENDED)
    await pipe.send([b"a"])

    def make(partition: int) -> Copy:
        def meddle(records: Sequence[Record]) -> None:
            hide(runner._owned[0]._transactions._producer, pipe.target)

        return Copy(pipe.target, meddle=meddle)

    pipe.make = make
    async with pipe.running() as runner:
        reason = await crash_of(runner)
    assert str(reason) == (
        f"{pipe.target}[0]: a transaction of ours hangs since 0: the next start ends it"
    )
    assert await pipe.readable() == []
    await pipe.send([b"b"])
    await go_on_without_state(pipe)
    await holds(pipe, [b"a", b"b"])


async def go_on_without_state(pipe: Pipe) -> None:
    pipe.make = lambda partition: Copy(pipe.target)
    async with pipe.running():
        await until(lambda: pipe.processors[0].seen == [1], "seen")


async def test_a_worker_that_looks_all_the_time_ends_for_none_of_its_own(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is open at one look, and over at the next, was about to end."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.3)
    await pipe.topics()
    ends = time.monotonic() + 3
    async with pipe.running() as runner:
        number = 0
        while time.monotonic() < ends:
            await pipe.send([b"a"])
            number += 1
        await until(lambda: len(pipe.processors.get(0, Copy("")).seen) == number, "all")
        assert not runner.crashed


async def test_a_key_that_hangs_is_the_days_key(trusting: SharedBroker) -> None:
    """Who wrote it may use it, and must not be the only one who does."""
    settings = Settings(
        bootstrap=trusting.bootstrap,
        app=unique("app"),
        key_encryption_key=base64.b64encode(bytes(32)).decode(),
    )
    await create_topics(trusting.bootstrap, {topics.KEYS: 1, (other := unique("other")): 1})
    wrapped = Wrapping([bytes(32)]).wrap(day_text(DAY), bytes(range(KEY_BYTES)))
    producer = AIOKafkaProducer(
        bootstrap_servers=trusting.bootstrap, transactional_id=f"{settings.app}.keys"
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        hide(producer, topics.KEYS)
        await producer.send_and_wait(topics.KEYS, wrapped, day_text(DAY).encode(), partition=0)
        await producer.send_and_wait(other, b"", partition=0)
        await producer.commit_transaction()
    finally:
        await producer.stop()
    assert await read_all(trusting.bootstrap, topics.KEYS, waits=False) == []
    for ring in DayKeys(), DayKeys():
        await KeyStore(settings, ring).provide(DAY)
        assert ring._keys == {DAY: bytes(range(KEY_BYTES))}
    [record] = await read_all(trusting.bootstrap, topics.KEYS)
    assert record.value == wrapped


def test_no_right_to_look_is_told() -> None:
    answer = SimpleNamespace(topics=[("trends.views", [(0, 29, None, [], {})], {})])
    with pytest.raises(TopicAuthorizationFailedError) as refused:
        module._of(1, answer)
    assert refusal(refused.value) == (f"this user has no right to the topic trends.views: {SEE}")


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("", Note()),
        ("17  ", Note(17)),
        ('17 0a,ff {"position":3}', Note(17, ("0a", "ff"), '{"position":3}')),
        ("17 0a up to 2", Note(17, ("0a",), "up to 2")),
        ("[83,49]", Note(None, (), "[83,49]")),
        ("up to 2", Note(None, (), "up to 2")),
        ("17", Note(None, (), "17")),
    ],
)
def test_what_lies_beside_an_offset(stored: str, read: Note) -> None:
    assert read_note(stored) == read
    assert read.written_ms is None or read.encode() == stored
