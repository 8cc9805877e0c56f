"""What the leader does when a clock is wrong, or a tick cannot be sent."""

import base64
import logging

import pytest
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    RequestTimedOutError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from quietclicks.agents.kafka.runner import Runner, Stage
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.settings import Settings
from quietclicks.agents.ticks import Leader
from quietclicks.errors import Failure
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.release.stage import ReleaseProcessor


def leader() -> Leader:
    settings = Settings(key_encryption_key=base64.b64encode(bytes(32)).decode())
    stage = Stage("release", "source", lambda _partition, _partitions: ReleaseProcessor())
    runner = Runner(settings, stage, DayKeys(), KeyStore(settings), {})
    return Leader(settings, runner, allowed_skew=300)


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
    with pytest.raises(Failure, match=r"no tick can be sent to clickstream\.raw: TopicAuthor"):
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
