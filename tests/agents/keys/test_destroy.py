"""Keys that die: when their events are gone and not before, for every worker, and on the disk.

How far events are cut is committed by hand here; the cut itself is tests/kafka/test_cut.py's.
"""

import asyncio
import base64
import time
from collections.abc import Iterable
from functools import partial

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from quietclicks.agents.kafka import cut
from quietclicks.agents.kafka.only_writer import OnlyWriter
from quietclicks.agents.kafka.stages import CUTS, group_of
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.keys import topic as key_topic
from quietclicks.agents.keys.destroy import destroy_due, nudge_keys
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.keys.topic import read_keys
from quietclicks.agents.keys.watch import KeyWatch
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import HOURS_PER_DAY, day_text
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.pseudonyms.key_life import NEVER
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.topology import rounds
from quietclicks.pipeline.topology.lifetime import Progress
from quietclicks.pipeline.topology.topics import TopicSpec, holds_events, topology
from quietclicks.schemas import topics
from tests.kafka.disk import on_disk
from tests.kafka.world import policy_text
from tests.kafka_tools import produce, unique
from tests.runner_tools import until

POLICY = parse(policy_text(event_partitions=1, raw_partitions=1), "policy.toml")
SEGMENTS = {"segment.ms": "1000", "file.delete.delay.ms": "100"}
EVENTS = [
    TopicSpec(spec.name, spec.partitions, 1, {**spec.configs, **SEGMENTS})
    for spec in topology(POLICY)
    if holds_events(spec)
]
SHORT = {**SEGMENTS, "max.compaction.lag.ms": "1000", "delete.retention.ms": "500"}
DAY = 20_780


@pytest.fixture(scope="module")
def broker(own_broker: Broker) -> Broker:
    asyncio.run(apply(Settings(bootstrap=own_broker.bootstrap), EVENTS))
    return own_broker


@pytest.fixture
async def settings(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A key topic of the test's own, and its own group of cuts."""
    [spec] = [each for each in topology(POLICY) if each.name == topics.KEYS]
    monkeypatch.setattr(topics, "KEYS", unique("keys"))
    settings = Settings(
        bootstrap=broker.bootstrap,
        app=unique("app"),
        key_encryption_key=base64.b64encode(bytes(range(32))).decode(),
    )
    await apply(settings, [TopicSpec(topics.KEYS, 1, 1, {**spec.configs, **SHORT})])
    return settings


async def told_cut(settings: Settings, *days: int, gone_ms: int = 0) -> None:
    """As the leader commits it: one day for each topic of events, or the same for all."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        group_id=group_of(settings, CUTS),
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        tps = [TopicPartition(spec.name, 0) for spec in EVENTS]
        consumer.assign(tps)
        for tp, day in zip(tps, days * (1 if len(days) > 1 else len(tps)), strict=True):
            await consumer.commit({tp: OffsetAndMetadata(0, Progress(day, {}, gone_ms).encode())})
    finally:
        await consumer.stop()


async def with_keys(settings: Settings, *days: int) -> DayKeys:
    ring = DayKeys()
    for day in days:
        await KeyStore(settings, ring).provide(day)
    return ring


def test_the_policy_has_more_than_one_topic_of_events() -> None:
    assert len(EVENTS) > 1


async def test_nothing_is_destroyed_before_its_events_are(settings: Settings) -> None:
    await with_keys(settings, DAY, DAY + 1)
    assert await destroy_due(settings, POLICY) == [], "nothing is known to be cut"
    await told_cut(settings, DAY - 1)
    assert await destroy_due(settings, POLICY) == []
    await told_cut(settings, DAY + 5, *([DAY - 1] * (len(EVENTS) - 1)))
    assert await destroy_due(settings, POLICY) == [], "one topic is behind"
    await told_cut(settings, DAY, gone_ms=int(time.time() * 1000) + 3_600_000)
    assert await destroy_due(settings, POLICY) == [], "their bytes may be there yet"
    found = await read_keys(settings, pending=True)
    assert set(found.living) == {DAY, DAY + 1}
    assert found.through == NEVER


async def test_all_that_are_due_go_together_and_once(settings: Settings) -> None:
    await with_keys(settings, DAY, DAY + 1, DAY + 3)
    await told_cut(settings, DAY + 2)
    assert await destroy_due(settings, POLICY) == [DAY, DAY + 1]
    found = await read_keys(settings, pending=True)
    assert set(found.living) == {DAY + 3}
    assert found.through == DAY + 1
    assert await destroy_due(settings, POLICY) == []
    ring = await with_keys(settings, DAY, DAY + 3)
    assert set(ring._keys) == {DAY + 3}


async def test_a_crash_in_between_destroys_nothing_and_the_next_attempt_all(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_keys(settings, DAY)
    await told_cut(settings, DAY)

    async def crashes(
        self: OnlyWriter, topic: str, records: Iterable[tuple[bytes, bytes | None]]
    ) -> None:
        [first, *_] = records
        await self._producer.begin_transaction()
        await self._producer.send_and_wait(topics.KEYS, first[1], first[0], partition=0)
        raise asyncio.CancelledError  # the tombstone is there, and how far it goes is not

    with monkeypatch.context() as patched:
        patched.setattr(OnlyWriter, "write", crashes)
        with pytest.raises(asyncio.CancelledError):
            await destroy_due(settings, POLICY)
    assert set((await read_keys(settings)).living) == {DAY}
    assert await destroy_due(settings, POLICY) == [DAY]
    found = await read_keys(settings, pending=True)
    assert (found.living, found.through) == ({}, DAY)


async def test_who_makes_a_key_meanwhile_is_not_in_the_way(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes later fences the other, and that one begins anew."""
    await with_keys(settings, DAY)
    await told_cut(settings, DAY)
    original = OnlyWriter.write

    async def overtaken(self: OnlyWriter, topic: str, records: object) -> None:
        monkeypatch.setattr(OnlyWriter, "write", original)
        await with_keys(settings, DAY + 1)
        await original(self, topic, records)  # type: ignore[arg-type]

    monkeypatch.setattr(OnlyWriter, "write", overtaken)
    assert await destroy_due(settings, POLICY) == []
    assert set((await read_keys(settings, pending=True)).living) == {DAY, DAY + 1}
    assert await destroy_due(settings, POLICY) == [DAY]
    assert set((await read_keys(settings, pending=True)).living) == {DAY + 1}


async def test_a_key_that_comes_back_is_not_taken_for_a_new_one(settings: Settings) -> None:
    ring = await with_keys(settings, DAY)
    await told_cut(settings, DAY)
    before = (await read_keys(settings, pending=True)).living[DAY].sealed
    assert await destroy_due(settings, POLICY) == [DAY]
    async with key_topic.key_writer(settings) as writer:
        await writer.write(topics.KEYS, [(day_text(DAY).encode(), before)])
    assert (await read_keys(settings, pending=True)).living == {}
    assert DAY in ring, "it has not heard of it yet"
    assert not (await with_keys(settings, DAY))._keys


async def test_a_day_whose_events_are_cut_loses_its_key(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cut itself says so, and from when on its bytes are off the disk."""
    monkeypatch.setattr(rounds, "WORK_MS", 1000)
    await with_keys(settings, DAY, DAY + 1)
    closed = (DAY + 1) * HOURS_PER_DAY
    for spec in EVENTS:
        await produce(settings.bootstrap, spec.name, [(0, b"id", b'{"page":"/"}')])
        await cut.cut(settings, POLICY, spec, closed)
    assert await destroy_due(settings, POLICY) == []

    async def done() -> bool:
        for spec in EVENTS:
            await cut.cut(settings, POLICY, spec, closed + POLICY.keys.grace // 3600)
        return await destroy_due(settings, POLICY) == [DAY]

    await until(done, "the key is destroyed")
    assert set((await read_keys(settings, pending=True)).living) == {DAY + 1}


async def test_every_worker_forgets(settings: Settings) -> None:
    rings = [await with_keys(settings, DAY, DAY + 1) for _ in range(2)]
    rings.append(DayKeys())  # has none, and hears of it all the same
    told: list[DayKeys] = []
    watches = [KeyWatch(settings, ring, partial(told.append, ring)) for ring in rings]
    for watch in watches:
        await watch.start()
    try:
        await told_cut(settings, DAY)
        assert await destroy_due(settings, POLICY) == [DAY]
        await until(lambda: all(ring.destroyed_through == DAY for ring in rings), "all have heard")
    finally:
        for watch in watches:
            await watch.stop()
    assert [set(ring._keys) for ring in rings] == [{DAY + 1}, {DAY + 1}, set()]
    assert len(told) == 3, "each forgets what may be derived with it, wherever it heard of it"


async def test_the_wrapped_key_leaves_the_disk(broker: Broker, settings: Settings) -> None:
    await with_keys(settings, DAY, DAY + 1)
    sealed = {
        day: each.sealed for day, each in (await read_keys(settings, pending=True)).living.items()
    }
    assert on_disk(broker, sealed[DAY])
    await told_cut(settings, DAY)
    assert await destroy_due(settings, POLICY) == [DAY]

    async def gone() -> bool:
        await nudge_keys(settings)
        await asyncio.sleep(0.3)
        return not on_disk(broker, sealed[DAY])

    await until(gone, "off the disk")
    assert on_disk(broker, sealed[DAY + 1]), "the key that lives is there"
    found = await read_keys(settings, pending=True)
    assert (found.lingering, found.through) == ([], DAY)
    assert not (await with_keys(settings, DAY))._keys


async def test_no_broker_is_one_line() -> None:
    settings = Settings(bootstrap="127.0.0.1:1", key_encryption_key="")
    with pytest.raises(Failure, match=r"^no Kafka broker answers at [^\n]+$"):
        await destroy_due(settings, POLICY)
