"""Sending: where a visitor's records go, and what is waited for while the broker is away."""

import asyncio
from collections.abc import Iterator

import pytest
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    TopicAuthorizationFailedError,
)
from aiokafka.producer.message_accumulator import BatchBuilder

from quietclicks.agents.follow import sending
from quietclicks.agents.follow.sending import Sender
from quietclicks.agents.kafka import clients
from quietclicks.agents.replay import partition_of
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.schemas import topics
from tests.access_tools import Roles
from tests.kafka_tools import SharedBroker, create_topics, read_all, unique

VALUES = [b'{"ip":"198.51.100.%d"}' % number for number in range(50)]


async def test_records_go_where_a_replay_puts_them(
    broker: SharedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "RAW", unique("raw"))
    await create_topics(broker.bootstrap, {topics.RAW: 3})
    said: list[str] = []
    sender = Sender(Settings(bootstrap=broker.bootstrap), said.append)
    await sender.start()
    try:
        await sender.send(VALUES)
        await sender.send([])
    finally:
        await sender.stop()
    found = [(each.partition, each.value) for each in await read_all(broker.bootstrap, topics.RAW)]
    assert sorted(found) == sorted((partition_of(value, 3), value) for value in VALUES)
    assert said == []


async def test_the_collectors_rights_are_enough_and_an_analysts_are_not(fresh: Roles) -> None:
    said: list[str] = []
    for user, is_enough in (("collector", True), ("analyst", False)):
        sender = Sender(fresh.settings(user), said.append)
        try:
            if is_enough:
                await sender.start()
                await sender.send(VALUES)
            else:
                with pytest.raises(Failure, match="no right to the topic"):
                    await sender.start()
        finally:
            await sender.stop()


class Producer:
    """One that answers each batch with the next outcome, if it is not broken before."""

    def __init__(self, outcomes: Iterator[KafkaError | None]) -> None:
        self.outcomes = outcomes
        self.records = 0

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(1 << 20, 0, is_transactional=False)

    async def send_batch(
        self, batch: BatchBuilder, topic: str, *, partition: int
    ) -> asyncio.Future[None]:
        self.records += batch.record_count()
        answer = asyncio.get_running_loop().create_future()
        outcome = next(self.outcomes)
        if outcome is None:
            answer.set_result(None)
        else:
            answer.set_exception(outcome)
        return answer


class Broker:
    """Producers of it, one after another; a start fails as often as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outcomes: list[KafkaError | None] = []
        self.failing_starts = 0
        self.producers: list[Producer] = []
        self.said: list[str] = []
        monkeypatch.setattr(clients, "producer", self.producer)
        monkeypatch.setattr(clients, "start", self.start)
        monkeypatch.setattr(clients, "stop", self.stop)
        monkeypatch.setattr(clients, "partitions", self.partitions)
        monkeypatch.setattr(sending, "PAUSE_SECONDS", 0)
        self.sender = Sender(Settings(), self.said.append)

    def producer(self, settings: Settings, **more: object) -> Producer:
        assert more == {"enable_idempotence": True}
        self.producers.append(Producer(iter([*self.outcomes, *[None] * 9])))
        self.outcomes = []
        return self.producers[-1]

    async def start(self, client: object, settings: Settings) -> None:
        if self.failing_starts:
            self.failing_starts -= 1
            raise Failure("cannot reach the broker")

    async def stop(self, client: object) -> None:
        return

    async def partitions(self, settings: Settings, topic: str) -> int:
        return 1


async def test_after_what_passes_all_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker(monkeypatch)
    broker.outcomes = [KafkaTimeoutError()]
    await broker.sender.start()
    broker.failing_starts = 2
    await broker.sender.send(VALUES)
    assert [each.records for each in broker.producers] == [50, 0, 0, 50]
    assert broker.said == [
        "cannot reach the broker: waiting for it; what the logs get meanwhile is sent then",
        "the broker answers again",
    ]
    await broker.sender.send(VALUES)
    assert broker.producers[-1].records == 100


async def test_that_a_broker_is_waited_for_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker(monkeypatch)
    monkeypatch.setattr(sending, "PATIENCE_SECONDS", 0)
    broker.outcomes = [KafkaConnectionError(), KafkaTimeoutError()]
    await broker.sender.start()
    await broker.sender.send(VALUES)
    assert len(broker.said) <= 2


async def test_a_missing_right_is_told_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker(monkeypatch)
    broker.outcomes = [TopicAuthorizationFailedError("clickstream.raw")]
    await broker.sender.start()
    with pytest.raises(Failure, match=r"no right to the topic clickstream\.raw"):
        await broker.sender.send(VALUES)
    assert len(broker.producers) == 1
