"""The live page's reader on a real broker: what is too old to be shown is not read, all else is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from quietclicks.agents.settings import Settings
from quietclicks.agents.web.trends import READ_SECONDS, TrendsReader
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import hour_text
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Trend, TrendKey
from tests.kafka_tools import SharedBroker, create_topics, produce, unique
from tests.runner_tools import until

DAY = 86_400
NOW = 1_790_000_000  # 2026-09-21; a broker takes no record from the future
SECONDS = 120  # a bound against hanging


def total(age: int) -> tuple[bytes, bytes]:
    """The total of the hour that ended so many seconds ago."""
    start = hour_text((NOW - age) // 3600 - 1)
    key = TrendKey("shop.example", "PT1H", start, Dimension.TOTAL, "")
    trend = Trend("shop.example", "PT1H", start, Dimension.TOTAL, "", 40, 30, True, "test")
    return msgspec.json.encode(key), msgspec.json.encode(trend)


def record(partition: int, age: int, appended: int | None = None) -> tuple[int, bytes, bytes, int]:
    """As it was appended: when the hour had ended, or later."""
    return partition, *total(age), (NOW - (age if appended is None else appended)) * 1000


class Read(TrendsReader):
    """Tells which keys it has read."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, clock=lambda: NOW)
        self.keys: list[bytes] = []
        self.news = asyncio.Event()
        take = self.trends.update

        def update(key: bytes, value: bytes | None) -> None:
            self.keys.append(key)
            self.news.set()
            take(key, value)

        self.trends.update = update  # type: ignore[method-assign]

    async def until(self, *wanted: bytes) -> None:
        async with asyncio.timeout(SECONDS):
            while not {*wanted} <= {*self.keys}:
                await self.news.wait()
                self.news.clear()


@asynccontextmanager
async def reading(broker: SharedBroker) -> AsyncIterator[Read]:
    reader = Read(Settings(bootstrap=broker.bootstrap))
    await reader.start()
    try:
        yield reader
        assert not reader.crashed
    finally:
        await reader.stop()


@pytest.fixture
async def published(broker: SharedBroker, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two trends topics of three partitions; the test says when the broker took a record in."""
    names = unique("trends.pages"), unique("trends.totals")
    monkeypatch.setattr(topics, "PUBLISHED", names)
    when = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
    await create_topics(broker.bootstrap, dict.fromkeys(names, 3), when)
    return names


async def test_what_is_too_old_for_the_page_is_not_read(
    broker: SharedBroker, published: tuple[str, str]
) -> None:
    one, other = published
    old, edge, young = READ_SECONDS + 60, READ_SECONDS - 60, 3600
    await produce(
        broker.bootstrap,
        one,
        [
            *(record(0, age) for age in (400 * DAY, 40 * DAY, old, edge, young)),
            *(record(1, age) for age in (401 * DAY, 41 * DAY)),  # nothing in it is young
        ],
    )
    # An old log that is replayed now is appended now: it is shown, if there are no newer days.
    replayed = record(2, 300 * DAY, appended=10)
    await produce(broker.bootstrap, other, [replayed])
    async with reading(broker) as reader:
        await reader.until(total(young)[0], replayed[1])
        # What comes later is read, where all before was too old, and where there was nothing.
        later = [record(1, 1800), record(0, 7 * 3600, appended=0)]
        await produce(broker.bootstrap, one, later[:1])
        await produce(broker.bootstrap, other, later[1:])
        await reader.until(*(key for _, key, *_ in later))
    wanted = [total(edge)[0], total(young)[0], replayed[1], *(key for _, key, *_ in later)]
    assert sorted(reader.keys) == sorted(wanted)


async def test_a_topic_that_is_not_there_ends_the_worker(
    broker: SharedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "PUBLISHED", (unique("trends.none"),))
    reader = TrendsReader(Settings(bootstrap=broker.bootstrap))
    await reader.start()
    try:
        await until(lambda: reader.crashed, "a crash")
    finally:
        await reader.stop()
    reason = reader.crash_reason
    assert isinstance(reason, Failure)
    assert str(reason).startswith("there is no topic trends.none")
