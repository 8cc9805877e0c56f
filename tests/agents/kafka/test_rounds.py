"""The brokers' rounds: asked for by who may, and assumed for who may not."""

import asyncio

import pytest

from quietclicks.agents.kafka.rounds import broker_rounds
from quietclicks.agents.settings import Settings
from quietclicks.embedded.ports import free_port
from quietclicks.errors import Failure
from quietclicks.pipeline.topology.rounds import UNKNOWN, WORK_MS, Rounds
from tests.access_tools import Roles
from tests.kafka_tools import SharedBroker

EMBEDDED = Rounds(1000 + WORK_MS, 1000 + WORK_MS)  # as embedded/properties.py sets them


async def test_what_the_broker_says(broker: SharedBroker) -> None:
    assert await broker_rounds(Settings(bootstrap=broker.bootstrap)) == EMBEDDED


def test_a_worker_may_ask_and_for_others_it_is_assumed(
    guarded: SharedBroker, roles: Roles, caplog: pytest.LogCaptureFixture
) -> None:
    assert asyncio.run(broker_rounds(roles.settings("worker"))) == EMBEDDED
    assert "its rounds are taken" not in caplog.text
    assert asyncio.run(broker_rounds(roles.settings("collector"))) == UNKNOWN
    assert "its rounds are taken for five minutes" in caplog.text


async def test_where_nobody_answers_nothing_is_assumed() -> None:
    with pytest.raises(Failure, match="no Kafka broker answers"):
        await broker_rounds(Settings(bootstrap=f"127.0.0.1:{free_port()}"))
