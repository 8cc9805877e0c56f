"""What ends a worker that would otherwise go on without data and say nothing."""

from typing import Any

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError

from quietclicks.agents.kafka.layout import Layout
from quietclicks.agents.kafka.refusals import SEE
from quietclicks.agents.kafka.watchdog import AWAY_SECONDS, Watchdog


class Cluster:
    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        count = self.counts.get(topic)
        return None if count is None else set(range(count))


class Consumer:
    """One that is well until a test says otherwise; it is its own client and coordinator."""

    def __init__(self) -> None:
        self.member_id = "m"
        self.refused: KafkaError | None = None
        self.counts: dict[str, int] | None = {"a": 2, "b": 1}
        self._client = self._coordinator = self

    def check_errors(self) -> None:
        if self.refused is not None:
            raise self.refused

    async def fetch_all_metadata(self) -> Cluster:
        if self.counts is None:
            raise KafkaError
        return Cluster(self.counts)


class Watched:
    def __init__(self) -> None:
        self.consumer = Consumer()
        self.now = 1000.0
        consumer: Any = self.consumer
        self.refused: str | None = None

        async def refused() -> str | None:
            return self.refused

        self.dog = Watchdog(consumer, "g", Layout({"a": 2, "b": 1}), refused, lambda: self.now)

    async def after(self, seconds: float) -> str | None:
        self.now += seconds
        return await self.dog.look()


@pytest.fixture
def watched() -> Watched:
    return Watched()


async def test_all_is_well(watched: Watched) -> None:
    for _ in range(3):
        assert await watched.after(AWAY_SECONDS * 2) is None


@pytest.mark.parametrize(
    ("what", "value", "well", "told"),
    [
        ("counts", None, {"a": 2, "b": 1}, "the broker has not answered for 60 seconds"),
        (
            "counts",
            {"a": 2},
            {"a": 2, "b": 1},
            f"b is gone, or this user has no right to it any more: {SEE}",
        ),
        ("member_id", "", "m", "the group g has not taken this worker for 60 seconds"),
    ],
    ids=["broker away", "topic gone", "no member"],
)
async def test_what_lasts_for_a_minute_is_told_and_no_earlier(
    watched: Watched, what: str, value: object, well: object, told: str
) -> None:
    assert await watched.after(1) is None
    setattr(watched.consumer, what, value)
    assert await watched.after(AWAY_SECONDS / 2) is None
    setattr(watched.consumer, what, well)
    assert await watched.after(AWAY_SECONDS / 2) is None  # it came back: the minute begins anew
    setattr(watched.consumer, what, value)
    assert await watched.after(AWAY_SECONDS) is None
    assert await watched.after(1) == told


async def test_a_login_that_is_refused_twice_is_told_and_not_waited_for(watched: Watched) -> None:
    watched.consumer.counts = None
    watched.refused = "the broker does not take the user"
    assert await watched.after(1) is None
    watched.consumer.counts = {"a": 2, "b": 1}  # it had only just started
    assert await watched.after(1) is None
    watched.consumer.counts = None
    assert await watched.after(1) is None
    assert await watched.after(1) == "the broker does not take the user"


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"a": 3, "b": 1}, "a has 3 partitions, the policy says 2"),
        ({"a": 1, "b": 1}, "a has 1 partition, the policy says 2"),
        ({"a": 2, "b": 4, "c": 1}, "b has 4 partitions, the policy says 1"),
    ],
)
async def test_another_number_of_partitions_is_told_at_once(
    watched: Watched, counts: dict[str, int], told: str
) -> None:
    watched.consumer.counts = counts
    assert await watched.after(1) == f"{told}: see `quietclicks topics plan`"


async def test_a_refused_group_is_told_at_once(watched: Watched) -> None:
    watched.consumer.refused = GroupAuthorizationFailedError("g")
    told = f"this user has no right to the group g: {SEE}"
    assert await watched.after(1) == told
    watched.consumer.refused = KafkaError()
    assert await watched.after(1) == "the broker refused the group g: KafkaError"
