"""The feed of the dashboard's store, on a broker: exact after a kill, and after a topic anew."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from msgspec import structs

from quietclicks.agents.dashboard import feed as feed_module
from quietclicks.agents.dashboard.feed import TrendsFeed
from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import hour_text
from quietclicks.pipeline.dashboard.records import Key, Numbers
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Trend, TrendKey
from tests.dashboard_tools import closing
from tests.kafka import dashboard_feeding
from tests.kafka_tools import SharedBroker, create_topics, produce, unique
from tests.paths import ROOT
from tests.runner_tools import until

FIRST = 494_000  # an hour since 1970
HOURS, PAGES = 60, 400
PARTITIONS = 2

Record = tuple[int, bytes, bytes | None]


def record(number: int, page: int, views: int | None) -> Record:
    """Under its key; without views it is to be removed."""
    start = hour_text(FIRST + number)
    key = TrendKey("shop.example", "PT1H", start, Dimension.PAGE, f"/products/{page}")
    numbers: dict[str, Any] = {"views": views, "visitors": 10, "complete": True, "policy": "test"}
    value = None if views is None else msgspec.json.encode(Trend(**structs.asdict(key), **numbers))
    return page % PARTITIONS, msgspec.json.encode(key), value


def history() -> list[Record]:
    """In the order of time; some said twice with other numbers, some removed, some no trends."""
    dice = random.Random(1)
    records = [
        record(n, page, dice.randrange(10, 99)) for n in range(HOURS) for page in range(PAGES)
    ]
    for _ in range(400):
        records.append(record(dice.randrange(HOURS), dice.randrange(PAGES), dice.choice([None, 7])))
    return [*records, (0, b"no key", b"{}"), (1, b"{}", None)]


def expected(records: Sequence[Record]) -> set[tuple[int, str, int]]:
    """What is left of them: hour, value and views."""
    last = {key: value for _, key, value in records}
    found = [msgspec.json.decode(value) for value in last.values() if value and value != b"{}"]
    starts = {hour_text(FIRST + n): FIRST + n for n in range(HOURS)}
    return {(starts[each["start"]], each["value"], each["views"]) for each in found}


def contents(store: Store) -> set[tuple[int, str, int]]:
    with store.reading() as known:
        rows = known._rows("SELECT hour, value, views FROM hours")
    assert len(rows) == len(set(rows))
    return {(hour, value, views) for hour, value, views in rows}


@pytest.fixture
async def published(broker: SharedBroker, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    names = unique("trends.pages"), unique("trends.totals")
    monkeypatch.setattr(topics, "PUBLISHED", names)
    await create_topics(broker.bootstrap, dict.fromkeys(names, PARTITIONS))
    return names


@asynccontextmanager
async def feeding(broker: SharedBroker, store: Store) -> AsyncIterator[TrendsFeed]:
    feed = TrendsFeed(Settings(bootstrap=broker.bootstrap), store)
    await feed.start()
    try:
        yield feed
        assert not feed.crashed, feed.crash_reason
    finally:
        await feed.stop()


async def read(broker: SharedBroker, store: Store) -> set[tuple[int, str, int]]:
    """What the store holds when the feed has read all there is."""
    async with feeding(broker, store) as feed:
        await until(lambda: not feed.is_reading or feed.crashed, "all is read")
    return contents(store)


async def test_a_store_holds_what_the_topics_hold_and_goes_on_from_there(
    broker: SharedBroker, published: tuple[str, str], tmp_path: Path
) -> None:
    records = history()
    await produce(broker.bootstrap, published[0], records)
    await aborted(broker, published[0], record(0, 0, 99_999))
    with closing(Store(tmp_path)) as store:
        assert await read(broker, store) == expected(records)
    more = [record(0, 1, 77), record(0, 2, None)]
    await produce(broker.bootstrap, published[0], more)
    with closing(Store(tmp_path)) as store:
        positions = store.positions()
        assert {place.number for place in positions} == {*range(PARTITIONS)}
        assert await read(broker, store) == expected([*records, *more])
        assert store.version == 1, "of what it had it has read nothing again"


async def aborted(broker: SharedBroker, topic: str, one: Record) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=unique("t"))
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, one[2], one[1], partition=one[0])
        await producer.abort_transaction()
    finally:
        await producer.stop()


async def test_killed_in_the_middle_it_ends_with_the_same_numbers(
    broker: SharedBroker, published: tuple[str, str], tmp_path: Path
) -> None:
    records = history()
    await produce(broker.bootstrap, published[0], records)
    told = json.dumps({"bootstrap": broker.bootstrap, "topics": published})
    counts = []
    for _ in range(3):  # each time a little further
        killed_while_it_writes(tmp_path, told)
        with closing(Store(tmp_path)) as store:
            counts.append(len(contents(store)))
    assert 0 < counts[0] < counts[1] < counts[2] < len(expected(records))
    with closing(Store(tmp_path)) as store:
        assert await read(broker, store) == expected(records)


def killed_while_it_writes(folder: Path, told: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", dashboard_feeding.__name__, str(folder), told],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with process:
        assert process.stdout
        for _ in range(3):  # it says so after each batch: the next one is under way
            assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)


async def test_a_topic_made_anew_is_read_anew(
    broker: SharedBroker, published: tuple[str, str], tmp_path: Path
) -> None:
    before, after = history()[:500], [record(3, page, 50) for page in range(20)]
    await produce(broker.bootstrap, published[0], before)
    with closing(Store(tmp_path)) as store:
        assert await read(broker, store) == expected(before)
        await delete(broker, published[0])
        await create_topics(broker.bootstrap, {published[0]: PARTITIONS})
        # As many as there were: by its offsets alone it would look as if nothing had happened.
        again = [*after, *(record(5, page, 60) for page in range(600))]
        await produce(broker.bootstrap, published[0], again)
        assert await read(broker, store) == expected(again)


async def test_a_topic_that_ends_before_what_was_read_of_it_is_read_anew(
    broker: SharedBroker, published: tuple[str, str], tmp_path: Path
) -> None:
    """A broker that was set back to an older copy of its disk has the same topics."""
    records = history()[:500]
    await produce(broker.bootstrap, published[0], records)
    with closing(Store(tmp_path)) as store:
        assert await read(broker, store) == expected(records)
        lost = Key("shop.example", False, FIRST + 99, "page", "/lost")
        ahead = {place: offset + 1000 for place, offset in store.positions().items()}
        store.apply({lost: Numbers(10, 10, True)}, ahead)
        assert await read(broker, store) == expected(records)


async def test_a_topic_made_anew_is_noticed_while_it_is_followed(
    broker: SharedBroker,
    published: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed_module, "LOOK_SECONDS", 0.0)
    before, after = history()[:100], [record(3, page, 50) for page in range(200)]
    await produce(broker.bootstrap, published[0], before)
    with closing(Store(tmp_path)) as store:
        async with feeding(broker, store) as feed:
            await until(lambda: contents(store) == expected(before) or feed.crashed, "it is read")
            await delete(broker, published[0])
            await create_topics(broker.bootstrap, {published[0]: PARTITIONS})
            await produce(broker.bootstrap, published[0], after)
            await until(lambda: contents(store) == expected(after) or feed.crashed, "it is anew")
        assert contents(store) == expected(after)


async def delete(broker: SharedBroker, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic])

        async def gone() -> bool:
            return topic not in await admin.list_topics()

        await until(gone, "the topic is gone")
    finally:
        await admin.close()


async def test_of_what_is_too_old_nothing_is_kept(
    broker: SharedBroker, published: tuple[str, str], tmp_path: Path
) -> None:
    records = history()[:200]
    await produce(broker.bootstrap, published[0], records)
    with closing(Store(tmp_path)) as store:
        settings = Settings(bootstrap=broker.bootstrap)
        feed = TrendsFeed(settings, store, 3600, clock=lambda: 4e9)  # long after
        await feed.start()
        await until(lambda: not feed.is_reading or feed.crashed, "all is read")
        await feed.stop()
        assert contents(store) == set()
        assert sum(store.positions().values()) == len(records)


async def test_a_topic_that_is_not_there_ends_it(
    broker: SharedBroker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(topics, "PUBLISHED", (unique("trends.none"),))
    with closing(Store(tmp_path)) as store:
        feed = TrendsFeed(Settings(bootstrap=broker.bootstrap), store)
        await feed.start()
        try:
            await until(lambda: feed.crashed, "a crash")
        finally:
            await feed.stop()
    assert isinstance(feed.crash_reason, Failure)
    assert str(feed.crash_reason).startswith("there is no topic trends.none")
