"""Reading a partition to its end: all of it, each time, and only what is committed."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from quietclicks.agents.kafka import reading
from quietclicks.agents.kafka.reading import batches_to_end, read_to_end
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from tests.kafka_tools import SharedBroker, create_topics, produce, unique


async def read(broker: SharedBroker, topic: str, partition: int = 0) -> list[bytes | None]:
    settings = Settings(bootstrap=broker.bootstrap)
    return [record.value async for record in read_to_end(settings, topic, partition)]


async def decided(broker: SharedBroker, topic: str) -> list[bytes | None]:
    """Up to the first transaction that is open: waiting for none."""
    batches = batches_to_end(Settings(bootstrap=broker.bootstrap), topic, 0)
    return [record.value async for records in batches for record in records]


async def test_many_readers_all_see_all(broker: SharedBroker) -> None:
    # A consumer looks for its own place in the background: it must not overtake ours.
    topic = unique("reading")
    await create_topics(broker.bootstrap, {topic: 1})
    await produce(broker.bootstrap, topic, [(0, None, b"first"), (0, None, b"second")])
    for _ in range(4):
        found = await asyncio.gather(*(read(broker, topic) for _ in range(25)))
        assert found == [[b"first", b"second"]] * 25


async def test_an_empty_partition_has_an_end_too(broker: SharedBroker) -> None:
    topic = unique("reading")
    await create_topics(broker.bootstrap, {topic: 2})
    await produce(broker.bootstrap, topic, [(1, None, b"elsewhere")])
    assert await read(broker, topic, 0) == []
    assert await read(broker, topic, 1) == [b"elsewhere"]


async def test_aborted_and_open_transactions_are_not_read(broker: SharedBroker) -> None:
    topic = unique("reading")
    await create_topics(broker.bootstrap, {topic: 1})
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=topic)
    await producer.start()
    try:
        for value in (b"committed", b"aborted", b"open"):
            await producer.begin_transaction()
            await producer.send_and_wait(topic, value, partition=0)
            if value == b"committed":
                await producer.commit_transaction()
            elif value == b"aborted":
                await producer.abort_transaction()
        assert await decided(broker, topic) == [b"committed"]
        await producer.abort_transaction()
        assert await decided(broker, topic) == [b"committed"]
    finally:
        await producer.stop()


async def test_what_lies_behind_an_open_transaction_is_waited_for(broker: SharedBroker) -> None:
    topic = unique("reading")
    await create_topics(broker.bootstrap, {topic: 1})
    settings = Settings(bootstrap=broker.bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=topic)
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"open", partition=0)
        await produce(broker.bootstrap, topic, [(0, None, b"another's")])
        assert await decided(broker, topic) == []

        async def all_of_it() -> list[bytes | None]:
            read = batches_to_end(settings, topic, 0, pending=True)
            return [record.value async for records in read for record in records]

        waiting = asyncio.create_task(all_of_it())
        done, _ = await asyncio.wait([waiting], timeout=2)
        assert not done
        await producer.abort_transaction()
        assert await waiting == [b"another's"]
    finally:
        await producer.stop()


async def test_batches_are_bounded_and_in_order(broker: SharedBroker) -> None:
    topic = unique("reading")
    await create_topics(broker.bootstrap, {topic: 1})
    await produce(broker.bootstrap, topic, [(0, None, b"%d" % n) for n in range(12_000)])
    batches = [
        len(batch) async for batch in batches_to_end(Settings(bootstrap=broker.bootstrap), topic, 0)
    ]
    assert max(batches) <= 5_000
    assert await read(broker, topic) == [b"%d" % n for n in range(12_000)]


async def test_a_broker_that_hands_out_nothing_is_not_waited_for(
    broker: SharedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = unique("reading")
    await create_topics(broker.bootstrap, {topic: 1})
    await produce(broker.bootstrap, topic, [(0, None, b"first")])
    polls: list[int] = []

    async def nothing(self: AIOKafkaConsumer, *places: TopicPartition, **more: Any) -> Any:
        polls.append(1)
        return {}

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", nothing)
    monkeypatch.setattr(reading, "MAX_IDLE_POLLS", 3)
    with pytest.raises(Failure, match=f"hands out nothing more of {topic}"):
        await read(broker, topic)
    assert len(polls) == 3 + 1
