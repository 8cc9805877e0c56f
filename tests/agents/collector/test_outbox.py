"""What is not the broker's yet: kept in order while the broker is away, within a bound."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from quietclicks.agents.collector import outbox as outbox_module
from quietclicks.agents.collector.outbox import RECORD_BYTES, Outbox
from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure

PATIENCE = 30
MAX_BATCH = 3  # records


class Batch:
    def __init__(self) -> None:
        self.values: list[bytes] = []

    def append(self, *, timestamp: None, key: None, value: bytes) -> object | None:
        if len(self.values) == MAX_BATCH:
            return None
        self.values.append(value)
        return self

    def record_count(self) -> int:
        return len(self.values)


class Broker:
    """Takes batches, or leaves them unanswered while it is `away`, or fails them."""

    def __init__(self) -> None:
        self.taken: list[tuple[int, list[bytes]]] = []
        self.back = asyncio.Event()
        self.back.set()
        self.failures: list[KafkaError] = []
        self.asked = asyncio.Event()
        self.producers = 0

    @property
    def values(self) -> list[bytes]:
        return [value for _, values in self.taken for value in values]


class Producer:
    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        broker.producers += 1

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> Any:
        assert topic == "clickstream.raw"
        return asyncio.ensure_future(self._delivered(batch, partition))

    async def _delivered(self, batch: Batch, partition: int) -> None:
        self.broker.asked.set()
        await self.broker.back.wait()
        if self.broker.failures:
            raise self.broker.failures.pop(0)
        self.broker.taken.append((partition, batch.values))


@asynccontextmanager
async def sending(
    monkeypatch: pytest.MonkeyPatch, max_bytes: int = 10_000
) -> AsyncIterator[tuple[Outbox, Broker]]:
    broker = Broker()

    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(clients, "producer", lambda *_, **__: Producer(broker))
    monkeypatch.setattr(clients, "start", nothing)
    monkeypatch.setattr(clients, "stop", nothing)
    monkeypatch.setattr(outbox_module, "AGAIN_SECONDS", 0.001)
    monkeypatch.setattr(outbox_module, "SILENT_SECONDS", 0.01)
    outbox = Outbox(Settings(), 2, max_bytes)
    await outbox.start()
    running = asyncio.create_task(outbox.run())
    try:
        async with asyncio.timeout(PATIENCE):
            yield outbox, broker
        assert not running.done()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await outbox.stop()


async def test_all_is_sent_in_order_to_its_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sending(monkeypatch) as (outbox, broker):
        for number in range(20):
            outbox.put(number % 2, b"%d" % number)
        await outbox.drain(PATIENCE)
    for partition in (0, 1):
        got = [v for each, values in broker.taken if each == partition for v in values]
        assert got == [b"%d" % number for number in range(partition, 20, 2)]
    assert (outbox.records, outbox.bytes) == (0, 0)


async def test_it_keeps_what_the_broker_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with sending(monkeypatch) as (outbox, broker):
        broker.back.clear()
        outbox.put(0, b"first")
        await broker.asked.wait()
        outbox.put(0, b"second")
        await outbox.drain(0.05)
        assert outbox.records == 2
        broker.back.set()
        await outbox.drain(PATIENCE)
        assert broker.values == [b"first", b"second"]
    first, second = [record.getMessage() for record in caplog.records]
    assert "the broker does not answer" in first
    assert "takes events again" in second


async def test_it_is_full_at_its_bound_and_has_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with sending(monkeypatch, max_bytes=3 * (RECORD_BYTES + 10)) as (outbox, broker):
        broker.back.clear()
        for _ in range(3):
            assert not outbox.is_full
            outbox.put(1, b"x" * 10)
        assert outbox.is_full
        broker.back.set()
        await outbox.drain(PATIENCE)
        assert not outbox.is_full


FAILURES: dict[str, Callable[[], KafkaError]] = {
    "no right": lambda: TopicAuthorizationFailedError("clickstream.raw"),
    "anything": lambda: KafkaError("canary"),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_what_is_refused_is_sent_again_by_another_client(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: str
) -> None:
    caplog.set_level(logging.INFO)
    async with sending(monkeypatch) as (outbox, broker):
        broker.failures = [FAILURES[failure](), FAILURES[failure]()]
        for number in range(4):
            outbox.put(0, b"%d" % number)
        await outbox.drain(PATIENCE)
        assert broker.values == [b"0", b"1", b"2", b"3"]
        assert broker.producers == 3
    warned = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warned) == 1, "once, however often it is refused"
    assert "canary" not in caplog.text
    assert ("no right" in warned[0]) is (failure == "no right")


async def test_it_goes_on_where_no_new_client_can_be_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with sending(monkeypatch) as (outbox, broker):
        tries = 0

        async def refuses(*_: object) -> None:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise Failure("no Kafka broker answers")

        monkeypatch.setattr(clients, "start", refuses)
        broker.failures = [KafkaError()]
        outbox.put(0, b"a")
        await outbox.drain(PATIENCE)
        assert broker.values == [b"a"]
        assert tries == 3
