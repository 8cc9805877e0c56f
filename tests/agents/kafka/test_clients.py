"""What is said of a topic that cannot be had, and what is left of a client that is given up."""

import asyncio
import gc
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.refusals import SEE
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.errors import Failure


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(3, "there is no topic t: run `quietclicks topics apply`", id="missing"),
        pytest.param(
            29,
            f"this user has no right to the topic t: {SEE}",
            id="no right",
        ),
        pytest.param(
            5, "the broker does not tell of t: LeaderNotAvailableError", id="another error"
        ),
        pytest.param(
            KafkaConnectionError(),
            "the broker does not tell of t: KafkaConnectionError",
            id="the broker goes",
        ),
    ],
)
async def test_why_a_topic_cannot_be_had(
    monkeypatch: pytest.MonkeyPatch, answer: int | Exception, told: str
) -> None:
    async def nothing(self: AIOKafkaAdminClient) -> None:
        """No broker is needed."""

    async def describe(self: AIOKafkaAdminClient, topics: list[str]) -> list[dict[str, Any]]:
        if isinstance(answer, Exception):
            raise answer
        return [{"error_code": answer, "partitions": []}]

    monkeypatch.setattr(AIOKafkaAdminClient, "start", nothing)
    monkeypatch.setattr(AIOKafkaAdminClient, "close", nothing)
    monkeypatch.setattr(AIOKafkaAdminClient, "describe_topics", describe)
    with pytest.raises(Failure) as raised:
        await clients.partitions(Settings(), "t")
    assert str(raised.value) == told


KINDS = [clients.consumer, clients.producer, clients.admin]


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What never answers is not waited for."""
    monkeypatch.setattr(clients, "START_SECONDS", 0.05)


@pytest.mark.kafka
@pytest.mark.parametrize("kind", KINDS)
async def test_a_start_that_is_cancelled_as_it_asks_for_metadata_leaves_no_connection(
    kind: Any, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client itself loses the one that it asks by."""
    monkeypatch.setattr(clients, "START_SECONDS", 60.0)
    connections: list[AIOKafkaConnection] = []
    send = AIOKafkaConnection.send

    def cancels(self: AIOKafkaConnection, request: Any, *more: Any) -> Any:
        connections.append(self)
        if isinstance(request, MetadataRequest):
            starting.cancel()
        return send(self, request, *more)

    monkeypatch.setattr(AIOKafkaConnection, "send", cancels)
    settings = Settings(bootstrap=broker.bootstrap)
    starting = asyncio.create_task(clients.start(kind(settings), settings))
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert connections
    assert not any(each.connected() for each in connections)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_start_that_is_cancelled_leaves_no_connection(kind: Any) -> None:
    """Left open, it would be told of by Python, as an error, when it is collected."""
    connected = asyncio.Event()
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()  # to the end: it never answers
        writer.close()
        gone.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = Settings(bootstrap=f"127.0.0.1:{port}")
    client = kind(settings)
    starting = asyncio.create_task(clients.start(client, settings))
    async with asyncio.timeout(60):
        await connected.wait()
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        del client
        gc.collect()
        await gone.wait()
    server.close()
    await server.wait_closed()


class Deaf:
    """A client that takes a cancellation for the end of a task of its own, as aiokafka does."""

    def __init__(self, *, hears: bool, slow: str = "stop") -> None:
        self.asked, self.answer = asyncio.Event(), asyncio.Event()
        self._hears = hears
        self._slow = slow

    async def start(self) -> None:
        await self._answer("start")

    async def close(self) -> None:
        await self._answer("stop")

    async def _answer(self, step: str) -> None:
        if step != self._slow:
            return
        self.asked.set()
        try:
            await self.answer.wait()
        except asyncio.CancelledError:
            if self._hears:
                raise


@pytest.mark.parametrize("hears", [True, False])
@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("step", ["start", "stop"])
async def test_no_cancellation_is_lost(step: str, answered: bool, hears: bool) -> None:
    """Else Ctrl-C would end nothing, one time in seven where clients come and go."""
    client = Deaf(hears=hears, slow=step)
    went_on = False

    async def use() -> None:
        nonlocal went_on
        await (clients.start(client, Settings()) if step == "start" else clients.stop(client))
        went_on = True

    using = asyncio.create_task(use())
    await client.asked.wait()
    if answered:  # it comes with the answer
        client.answer.set()
        await asyncio.sleep(0)
    using.cancel()
    await asyncio.wait({using}, timeout=60)
    assert using.cancelled()
    assert not went_on


async def test_what_was_cancelled_before_is_still_closed_and_once_more_is_enough() -> None:
    client, closed = Deaf(hears=False), False

    async def use() -> None:
        nonlocal closed
        try:
            await asyncio.Event().wait()
        finally:
            await clients.stop(client)
            closed = True

    using = asyncio.create_task(use())
    await asyncio.sleep(0)
    using.cancel()
    await client.asked.wait()
    client.answer.set()
    await asyncio.wait({using}, timeout=60)
    assert using.cancelled()
    assert closed


async def test_a_limit_around_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await clients.stop(Deaf(hears=False))
