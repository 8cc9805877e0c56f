"""What is said of a topic that cannot be had."""

from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError

from quietclicks.agents import clients
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(3, "there is no topic t: run `quietclicks topics apply`", id="missing"),
        pytest.param(29, "this user has no right to t: see its access list", id="no right"),
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
