"""A day's events are cut from the broker: unreadable, off its disk, and only when nothing is left.

Days are the log's, some days back, so that they are due; segments last a second. Everything else
is the topology's. Restarts lie between all calls: `cut` keeps nothing.
"""

import asyncio
import json
import time
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError
from msgspec.structs import replace

from quietclicks.agents import cuts
from quietclicks.agents.cuts import Cuts
from quietclicks.agents.kafka import cut as module
from quietclicks.agents.kafka.cut import Cut, cut
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import HOURS_PER_DAY, MILLISECONDS_PER_DAY, day_text, text
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.topology.topics import TopicSpec, topology
from quietclicks.schemas import topics
from tests.kafka.disk import on_disk, readable, visited
from tests.kafka.world import policy_text, until
from tests.kafka_tools import produce, read_all, unique

POLICY = parse(policy_text(event_partitions=2, raw_partitions=2), "policy.toml")
GRACE_HOURS = POLICY.keys.grace // 3600
IDLE, BUSY = 0, 1  # partitions
SHORT = {"segment.ms": "1000", "file.delete.delay.ms": "100"}
DAY = int(time.time() * 1000) // MILLISECONDS_PER_DAY - 5
AHEAD_MS = 10_000  # a broker's clock; more than an attempt takes on a machine that does much else
NEVER_HIDDEN = 3  # seconds, in which a broker would have deleted what it may


@pytest.fixture(scope="module")
def broker(own_broker: Broker) -> Broker:
    return own_broker


class Topic:
    """A topic of events of its own, and how it is cut."""

    def __init__(self, broker: Broker, name: str = topics.PSEUDONYMISED) -> None:
        self.broker = broker
        self.settings = Settings(bootstrap=broker.bootstrap, app=unique("app"))
        [spec] = [each for each in topology(POLICY) if each.name == name]
        configs = {**spec.configs, **SHORT}
        self.spec = TopicSpec(unique(name), spec.partitions, 1, configs)

    async def made(self) -> "Topic":
        await apply(self.settings, [self.spec])
        return self

    async def write(self, partition: int, day: int, canary: str, **fields: Any) -> None:
        value = event(day, canary, **fields)
        await produce(self.broker.bootstrap, self.spec.name, [(partition, canary.encode(), value)])

    async def closed(self, day: int) -> Cut | None:
        """One attempt, when that day is over and no more."""
        return await cut(self.settings, POLICY, self.spec, (day + 1) * HOURS_PER_DAY)

    async def due(self, day: int) -> Cut | None:
        """One attempt, when the log's time is up for that day."""
        until_hour = (day + 1) * HOURS_PER_DAY + GRACE_HOURS
        return await cut(self.settings, POLICY, self.spec, until_hour)

    async def cut(self, day: int) -> Cut:
        """As many attempts as it takes."""

        async def done() -> Cut | None:
            return await self.due(day)

        found = await until(done, f"{day_text(day)} is cut")
        assert found is not None
        assert found.day == day
        return found

    async def gone(self, canary: str) -> None:
        """Wait until there is nothing of it, anywhere."""

        async def off_disk() -> bool:
            return not on_disk(self.broker, canary.encode())

        assert not await readable(self.broker, self.spec.name, canary.encode())
        await until(off_disk, f"{canary} off the disk", longest=0.05)

    async def there(self, canary: str) -> bool:
        return await readable(self.broker, self.spec.name, canary.encode())


def replace_config(spec: TopicSpec, key: str, value: str) -> TopicSpec:
    return TopicSpec(spec.name, spec.partitions, spec.replication, {**spec.configs, key: value})


def event(day: int, canary: str, **fields: Any) -> bytes:
    timestamp = text(day * MILLISECONDS_PER_DAY + 1000)
    return json.dumps({"id": canary, "timestamp": timestamp, **fields}).encode()


def page(canary: str) -> bytes:
    return json.dumps({"page": f"/{canary}"}).encode()


@pytest.fixture
async def topic(broker: Broker) -> Topic:
    return await Topic(broker).made()


async def test_a_day_is_nowhere_and_the_next_is_there(topic: Topic) -> None:
    """On a partition where nothing comes any more, and on one with records all the time."""
    canary = unique("canary")
    for partition in (IDLE, BUSY):
        await topic.write(partition, DAY, canary)
    following = event(DAY + 1, "other")
    async with visited(topic.broker, [topic.spec.name], BUSY, following):
        assert await topic.closed(DAY) is None
        assert await topic.there(canary), "closed, and not yet due"
        done = await topic.cut(DAY)
        assert done.off_disk_ms > time.time() * 1000
        await topic.gone(canary)
        assert time.time() * 1000 <= done.off_disk_ms, "it was gone when that was promised"
    assert await topic.there("other"), "the next day's records are there"
    begins = dict.fromkeys(done.offsets, 0)
    for record in reversed(await read_all(topic.broker.bootstrap, topic.spec.name)):
        begins[record.partition] = record.offset
    assert done.offsets == begins, "each partition begins where it was cut"
    assert await topic.due(DAY) is None, "once is enough"


async def test_a_topic_that_is_configured_otherwise_is_not_cut(topic: Topic) -> None:
    """When the bytes are off the disk follows from its configuration."""
    canary = unique("canary")
    await topic.write(BUSY, DAY, canary)
    await topic.closed(DAY)
    right, topic.spec = topic.spec, replace_config(topic.spec, "segment.ms", "600000")
    await topic.made()
    topic.spec = right

    async def refused() -> bool:
        try:
            await topic.due(DAY)
        except Failure as failure:
            return "has segment.ms = 600000 and not 1000" in str(failure)
        return False

    await until(refused, "it is refused")
    assert await topic.there(canary)
    await topic.made()
    await topic.cut(DAY)


async def test_one_partition_that_refuses_holds_up_no_other(topic: Topic) -> None:
    canaries = [unique("canary") for _ in range(2)]
    for partition in (IDLE, BUSY):
        await topic.write(partition, DAY, canaries[partition])
    tps = [TopicPartition(topic.spec.name, number) for number in (IDLE, BUSY)]
    with pytest.raises(OffsetOutOfRangeError):
        await module.delete_before(topic.settings, {tps[IDLE]: 50, tps[BUSY]: 1})
    assert [await topic.there(canary) for canary in canaries] == [True, False]


def today_by_the_clock() -> int:
    """`DAY` is five days before the tests were collected, which may be yesterday by now."""
    return int(time.time() * 1000) // MILLISECONDS_PER_DAY


async def test_nothing_is_cut_before_it_is_due(topic: Topic) -> None:
    today = today_by_the_clock()
    canary = unique("canary")
    await topic.write(IDLE, DAY, canary)
    await topic.closed(DAY)
    one_hour_less = (DAY + 1) * HOURS_PER_DAY + GRACE_HOURS - 1
    await asyncio.sleep(1.5)
    assert await cut(topic.settings, POLICY, topic.spec, one_hour_less) is None
    assert await topic.there(canary), "by the log's time"
    for day in range(DAY + 1, today - 2):
        await topic.closed(day)
    await asyncio.sleep(1.5)
    recent = unique("recent")
    await topic.write(IDLE, today - 1, recent)
    # By the log's time yesterday is due, too: only days that are so by the broker's clock are cut.
    found = [
        await topic.closed(today - 2),
        await topic.closed(today - 1),
        await topic.due(today - 1),
    ]
    assert max(each.day for each in found if each) in {today - 3, today - 4}
    await asyncio.sleep(1.5)
    assert await topic.due(today - 1) is None
    assert await topic.there(recent), "by the broker's clock"
    assert not await topic.there(canary)


async def test_no_segment_holds_both_a_day_and_what_stays(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut right behind the day, its last records stay beside the first of the next."""
    # One segment takes all of the test in, however long that is.
    topic.spec = replace_config(topic.spec, "segment.ms", "600000")
    await topic.made()
    monkeypatch.setattr(module, "segment_seconds", lambda spec: 0)
    kept = unique("kept")
    await topic.closed(DAY - 1)
    assert await topic.cut(DAY - 1)
    following = event(DAY + 1, "other")
    await produce(
        topic.broker.bootstrap,
        topic.spec.name,
        [(IDLE, b"k", event(DAY, kept)), *[(IDLE, b"k", following)] * 3],
    )
    await topic.closed(DAY)
    await produce(topic.broker.bootstrap, topic.spec.name, [(IDLE, b"k", following)])
    await topic.cut(DAY)
    async with visited(topic.broker, [topic.spec.name], IDLE, following):
        await asyncio.sleep(NEVER_HIDDEN)
    assert not await topic.there(kept)
    assert on_disk(topic.broker, kept.encode()), "so the cut waits for what a segment spans"


async def test_the_latest_of_several_brokers_clocks_counts(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one is ahead, its records of the day are as much younger."""
    real = module.nudge

    async def ahead(*arguments: Any) -> dict[TopicPartition, int]:
        found = await real(*arguments)
        return {tp: at + AHEAD_MS * tp.partition for tp, at in found.items()}

    canary = unique("canary")
    await topic.write(IDLE, DAY, canary)
    monkeypatch.setattr(module, "nudge", ahead)
    await topic.closed(DAY)
    await asyncio.sleep(1.5)
    assert await topic.due(DAY) is None
    assert await topic.there(canary)
    await topic.cut(DAY)
    await topic.gone(canary)


async def test_the_earliest_of_several_brokers_clocks_says_when_it_is_due(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one is behind, a day is not over there for as long as for all others."""
    real = module.nudge

    async def behind(*arguments: Any) -> dict[TopicPartition, int]:
        found = await real(*arguments)
        days = {IDLE: 4, BUSY: 0}
        return {tp: at - days[tp.partition] * MILLISECONDS_PER_DAY for tp, at in found.items()}

    await topic.write(IDLE, DAY, unique("canary"))
    await topic.closed(DAY)
    await asyncio.sleep(1.5)  # a record is young enough now
    with monkeypatch.context() as patch:
        patch.setattr(module, "nudge", behind)
        assert [await topic.due(DAY) for _ in range(3)] == [None] * 3
    await topic.cut(DAY)


async def test_after_a_standstill_younger_events_go_with_the_day(topic: Topic) -> None:
    """When a day closed was seen by nobody: it is cut with what was there when a later one had."""
    today = today_by_the_clock()
    await topic.closed(DAY)
    await topic.cut(DAY)
    canary, younger = unique("canary"), unique("younger")
    await topic.write(IDLE, DAY + 1, canary)
    await topic.write(IDLE, today - 1, younger)
    await topic.closed(today - 1)
    await topic.cut(DAY + 1)
    await topic.gone(canary)
    await topic.gone(younger)


async def test_a_partition_that_lags_behind(topic: Topic) -> None:
    """A record of the day that comes after it was closed: the day is not cut before that is."""
    early, late = unique("early"), unique("late")
    await topic.write(IDLE, DAY, early)
    await topic.closed(DAY)
    await asyncio.sleep(1.5)
    await topic.write(BUSY, DAY, late)
    assert await topic.due(DAY) is None
    assert not await topic.there(early)
    assert await topic.there(late), "it cannot be cut yet without what else its segment holds"
    await topic.cut(DAY)
    await topic.gone(early)
    await topic.gone(late)


async def test_a_late_record_that_the_cut_takes_along(topic: Topic) -> None:
    """Unreadable is not enough: it would lie in one segment with the first record that stays."""
    late = unique("late")
    await topic.write(BUSY, DAY + 1, "other")
    await asyncio.sleep(0.5)
    await topic.closed(DAY)
    await asyncio.sleep(0.6)  # a segment that began before has had its time
    await topic.write(BUSY, DAY, late)
    await topic.cut(DAY)
    await topic.gone(late)


async def test_what_was_aborted_is_looked_for_too(topic: Topic) -> None:
    aborted = unique("aborted")
    await topic.closed(DAY)
    await asyncio.sleep(1.5)
    producer = AIOKafkaProducer(
        bootstrap_servers=topic.broker.bootstrap, transactional_id=unique("t")
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(topic.spec.name, event(DAY, aborted), partition=IDLE)
        await producer.abort_transaction()
    finally:
        await producer.stop()
    assert await topic.due(DAY) is None
    await topic.cut(DAY)
    await topic.gone(aborted)


async def test_a_replay_of_an_old_day(topic: Topic) -> None:
    """Written today: no age tells that it is ten years old."""
    old = 16_000
    canary = unique("canary")
    await topic.write(IDLE, old, canary)
    await topic.closed(old)
    await topic.cut(old)
    await topic.gone(canary)


async def test_an_old_day_among_those_that_are_not_cut_yet(topic: Topic) -> None:
    """Nobody may write one: still, the next cut sees it."""
    await topic.closed(DAY)
    await topic.cut(DAY)
    older = unique("older")
    await topic.write(BUSY, DAY - 3, older)
    await topic.closed(DAY + 1)
    await topic.cut(DAY + 1)
    await topic.gone(older)


async def test_a_partner_that_gets_no_time(broker: Broker) -> None:
    """Its records do not tell their day: where they stand in the log does."""
    topic = await Topic(broker, topics.PARTNERS + "adreach").made()
    canary, kept = unique("canary"), unique("kept")
    await produce(broker.bootstrap, topic.spec.name, [(IDLE, None, page(canary))])
    await topic.closed(DAY)
    await asyncio.sleep(1.5)
    await produce(broker.bootstrap, topic.spec.name, [(IDLE, None, page(kept))])
    await topic.cut(DAY)
    await topic.gone(canary)
    assert await topic.there(kept)


class _Crash(Exception):
    pass


@pytest.mark.parametrize("place", ["_first_after", "delete_before", "_last_of", "_keep"])
async def test_a_crash_in_between_means_once_more(
    place: str, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each of its steps; after the last there is nothing more to do."""
    canary = unique("canary")
    await topic.write(IDLE, DAY, canary)
    await topic.closed(DAY)
    await asyncio.sleep(1.5)

    async def crash(*arguments: object) -> None:
        raise _Crash

    with monkeypatch.context() as patch:
        patch.setattr(module, place, crash)
        with pytest.raises(_Crash):
            await topic.due(DAY)
    assert (await topic.cut(DAY)).day == DAY
    await topic.gone(canary)


async def test_what_was_known_of_earlier_cuts_is_lost(topic: Topic) -> None:
    """It is found out anew: later, and never by taking for cut what is not."""
    canary = unique("canary")
    await topic.write(IDLE, DAY, canary)
    await topic.closed(DAY)
    # The group is a new one, as after its offsets were deleted or had expired.
    topic.settings = replace(topic.settings, app=unique("app"))
    await topic.closed(DAY + 1)
    await asyncio.sleep(1.5)
    assert await topic.due(DAY) is None, "when it was closed is not known: with the next day"
    assert await topic.there(canary)
    await topic.cut(DAY + 1)
    await topic.gone(canary)


async def test_a_worker_that_leads_cuts(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service: of all topics, from what the release stage has committed; not while another."""
    topic = await Topic(broker).made()
    partner = await Topic(broker, topics.PARTNERS + "adreach").made()
    partials = TopicSpec(topics.PARTIALS, 1, 1, {"cleanup.policy": "delete", **SHORT})
    keys = TopicSpec(topics.KEYS, 1, 1, {"cleanup.policy": "compact", **SHORT})
    specs = [topic.spec, partner.spec, partials, keys]
    await apply(topic.settings, [partials, keys])
    canary, needed = unique("canary"), unique("needed")
    for each in (topic, partner):
        await each.write(IDLE, DAY, canary)
    await produce(broker.bootstrap, topics.PARTIALS, [(0, b"k", canary.encode())])
    await asyncio.sleep(1.5)
    await produce(broker.bootstrap, topics.PARTIALS, [(0, b"k", needed.encode())])
    hours = iter([(DAY + 1) * HOURS_PER_DAY] * 2)
    due = (DAY + 1) * HOURS_PER_DAY + GRACE_HOURS

    async def released(*_: object) -> tuple[int, dict[TopicPartition, int]]:
        return next(hours, due), {TopicPartition(topics.PARTIALS, 0): 1}

    monkeypatch.setattr(cuts, "released", released)
    monkeypatch.setattr(cuts, "topology", lambda policy: specs)
    monkeypatch.setattr(cuts, "holds_events", lambda spec: spec.name.startswith("clickstream"))
    monkeypatch.setattr(cuts, "attempt_seconds", lambda spec: 0.2)
    leading = False
    service = Cuts(topic.settings, POLICY, lambda: leading)
    await service.start()
    try:
        await asyncio.sleep(1)
        assert await topic.there(canary), "another worker leads"
        leading = True

        async def gone() -> bool:
            return not on_disk(broker, canary.encode())

        await until(gone, "events and partials off the disk")
    finally:
        await service.stop()
    assert await readable(broker, topics.PARTIALS, needed.encode())
