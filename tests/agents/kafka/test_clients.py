"""What is said of a topic that cannot be had, and what is left of a client that is given up."""

import asyncio
import gc
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError

from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(3, "there is no topic t: run `quietclicks topics apply`", id="missing"),
        pytest.param(
            29,
            "this user has no right to the topic t: see `quietclicks access check`",
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


@pytest.mark.parametrize("kind", [clients.consumer, clients.producer, clients.admin])
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
    async with asyncio.timeout(10):
        await connected.wait()
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        del client
        gc.collect()
        await gone.wait()
    server.close()
    await server.wait_closed()
