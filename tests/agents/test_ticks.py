"""What the leader does when a clock is wrong, or a tick cannot be sent."""

import logging
from types import SimpleNamespace

import pytest
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    RequestTimedOutError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from quietclicks.agents.settings import Settings
from quietclicks.agents.ticks import LIVE, Leader
from quietclicks.errors import Failure
from quietclicks.pipeline.logs.events import tick
from quietclicks.schemas import topics


def leader(clock: float = 0) -> Leader:
    return Leader(Settings(), lambda: True, allowed_skew=300, clock=lambda: clock)


class Taking:
    """A producer to whom the broker says yes, by its own clock."""

    def __init__(self, broker: float) -> None:
        self.broker = broker
        self.sent: list[tuple[int, bytes]] = []

    async def send_and_wait(
        self, topic: str, value: bytes, *, partition: int, headers: object
    ) -> SimpleNamespace:
        assert (topic, headers) == (topics.RAW, [LIVE])
        self.sent.append((partition, value))
        return SimpleNamespace(timestamp=int(self.broker * 1000))


@pytest.mark.parametrize(("ahead", "told"), [(0, False), (300, False), (301, True), (-301, True)])
async def test_every_partition_is_told_the_same_time(
    ahead: float, told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    now = 1_700_000_000.25
    telling = leader(now)
    telling._producer = producer = Taking(now - ahead)
    await telling._tick(3)
    assert producer.sent == [(partition, tick(int(now * 1000))) for partition in range(3)]
    assert bool(caplog.messages) == told


class Refusing:
    """A producer to whom the broker says no."""

    def __init__(self, error: type[KafkaError]) -> None:
        self.error = error

    async def send_and_wait(self, *_: object, **__: object) -> None:
        raise self.error


# The client says UnknownTopicOrPartition of a network that swallows all, too.
@pytest.mark.parametrize(
    "error", [UnknownTopicOrPartitionError, KafkaConnectionError, RequestTimedOutError]
)
async def test_a_tick_that_cannot_be_sent_is_for_the_watchdog_to_judge(
    error: type[KafkaError], caplog: pytest.LogCaptureFixture
) -> None:
    telling = leader()
    telling._producer = Refusing(error)
    await telling._tick(2)
    assert caplog.messages == [f"a tick was not sent: {error.__name__}"]


async def test_a_tick_that_may_not_be_sent_ends_the_worker() -> None:
    telling = leader()
    telling._producer = Refusing(TopicAuthorizationFailedError)
    with pytest.raises(Failure, match=r"no tick can be sent to clickstream\.raw: this user has no"):
        await telling._tick(2)


def test_a_clock_that_is_far_off_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    telling = leader()
    caplog.set_level(logging.INFO, "quietclicks")
    broker = 1_700_000_000_000
    for off_ms in (0, 300_000, -300_000):
        telling.compare(broker + off_ms, broker)
    assert caplog.messages == []
    for off_ms in (301_000, 302_000, 0, -400_000):
        telling.compare(broker + off_ms, broker)
    told = "this machine's clock and the broker's differ by {} s: hours close late or never"
    assert caplog.messages == [told.format(301), told.format(-400)]
