"""Across a restart: a repeated event counts once, and what was lost or is odd is a clear stop."""

import json
from collections import Counter
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewPartitions, NewTopic

from quietclicks.agents.kafka.stages import group_of
from quietclicks.pipeline import clock
from quietclicks.pipeline.anonymise.recent import RECENT_EVENTS
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason
from tests.kafka.test_worker import SMALL, event, last_line, now, processed, ready, send
from tests.kafka.world import World, policy_text, until, world
from tests.kafka_tools import produce
from tests.pipeline_tools import HOUR, MIDNIGHT, closing, shop

ONE = policy_text(
    raw_partitions=1, partials_partitions=1, event_partitions=1, allowed_lateness="23h"
)


async def test_repeats_are_known_after_a_restart(tmp_path: Path) -> None:
    """Near the restart and as far back as is looked, however small a transaction is."""
    at = now()
    values = [event(number, at) for number in range(RECENT_EVENTS + 2000)]
    async with world(tmp_path, ONE) as made:
        first = made.work()
        await send(made, 0, *values)
        await processed(made, len(values))
        assert first.stop() == 0
        made.workers.clear()
        end = len(values)
        backs = (1, 500, 9000, RECENT_EVENTS)  # the last one counts from where it stands itself
        await send(made, 0, *(values[end + n - back] for n, back in enumerate(backs)))
        await send(made, 0, *(event(number, at) for number in (end, end + 1)))
        made.work(QUIETCLICKS_RECORDS_PER_TRANSACTION="150")
        await processed(made, len(values) + len(backs) + 2)
        rejected = [json.loads(each.value or b"") for each in await made.read(topics.REJECTED)]
        assert [(each["reason"], each["offset"]) for each in rejected] == [
            (Reason.DUPLICATE, end + n) for n in range(len(backs))
        ]
        ids = Counter(
            json.loads(each.value or b"")["id"] for each in await made.read(topics.PSEUDONYMISED)
        )
        assert set(ids.values()) == {1}
        assert len(ids) == len(values) + 2


@pytest.mark.parametrize(("topic", "partitions"), [(topics.CELLS, 2), (topics.KEYS, 1)])
async def test_a_topic_that_was_made_anew_is_not_taken_for_a_new_start(
    tmp_path: Path, topic: str, partitions: int
) -> None:
    """Half a day would be counted, or an open day get a second key."""
    async with world(tmp_path, SMALL) as made:
        await work_once(made)
        await remake(made.admin, topic, partitions)
        line = last_line(made.work(), 1)
        assert f"{topic} was deleted and made anew since {made.settings.app}.anonymise " in line
        assert "see 'Lost state' in docs/operating.md" in line


async def test_a_raw_topic_that_was_made_anew_is_not_taken_for_a_new_start(tmp_path: Path) -> None:
    """The broker forgets the group's offsets with the topic; the state is still there."""
    async with world(tmp_path, SMALL) as made:
        await work_once(made)
        await remake(made.admin, topics.RAW, 2)
        line = last_line(made.work(), 1)
        told = [f"clickstream.raw[{n}]: internal.cells[{n}] holds state, and the" for n in (0, 1)]
        assert any(each in line for each in told), line  # whichever partition is first


async def test_a_release_group_that_lost_its_offsets_publishes_nothing_twice(
    tmp_path: Path,
) -> None:
    """Reset to the earliest, as operators do it: the day that was begun is lost, and no other."""
    days = [MIDNIGHT + number * MILLISECONDS_PER_DAY for number in range(3)]
    values = shop(visitors=30, hours=3 * 24)
    lost = values.index(closing(days[1] + 6 * HOUR)) + 1
    text = policy_text(raw_partitions=1, partials_partitions=1, raw_max_message="1MiB")
    async with world(tmp_path, text) as made:
        worker = made.work()
        await produce(made.settings.bootstrap, topics.RAW, [(0, None, v) for v in values[:lost]])
        await made.all_released()
        assert worker.stop() == 0
        made.workers.clear()
        before = (await made.output()).trends
        await reset(made, "release", topics.PARTIALS)
        made.work()
        await produce(made.settings.bootstrap, topics.RAW, [(0, None, v) for v in values[lost:]])
        await made.all_released()
        after = (await made.output()).trends
    assert before <= after
    keys = Counter((topic, key) for topic, key, _ in after)
    assert set(keys.values()) == {1}, "no window is published twice"
    windows = Counter(
        (key["window"], key["start"][:10])
        for key in (json.loads(key or b"") for topic, key in keys if topic == "trends.totals")
    )
    assert windows == {
        ("PT1H", text_of(days[0])): 24,
        ("P1D", text_of(days[0])): 1,
        ("PT1H", text_of(days[1])): 6,
        ("PT1H", text_of(days[2])): 24,
        ("P1D", text_of(days[2])): 1,
    }


async def test_another_number_of_partitions_than_the_policys(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        running = made.work()
        await ready(running, 2)
        # Nothing routes to the new one, and nobody would see: the sites of it are lost.
        await made.admin.create_partitions({topics.PARTIALS: NewPartitions(2)})
        told = (
            "internal.partials has 2 partitions, the policy says 1: see `quietclicks topics plan`"
        )
        assert told in last_line(running, 1)
        made.workers.clear()
        assert told in last_line(made.work(), 1)


async def test_garbage_between_the_stages_is_named_and_can_be_passed_over(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        await produce(made.settings.bootstrap, topics.PARTIALS, [(0, b"\xff", b"?")])
        await produce(made.settings.bootstrap, topics.CELLS, [(1, b"\xff", b"?")])
        named = ["internal.partials[0]@0", "internal.cells[1]@0"]
        line = last_line(made.work(), 1)
        assert any(f"QUIETCLICKS_SKIP_RECORDS={each}" in line for each in named), line
        made.workers.clear()
        worker = made.work(QUIETCLICKS_SKIP_RECORDS=",".join(named))
        await ready(worker, 2)
        await send(made, 1, event(1, now()))
        await processed(made, 1)
        for each in named:
            assert f"passes {each} over" in worker.said


async def work_once(made: World) -> None:
    """A worker processes an event, and is stopped."""
    worker = made.work()
    await ready(worker, 2)
    await send(made, 0, event(1, now()))
    await processed(made, 1)
    assert worker.stop() == 0


def text_of(day_ms: int) -> str:
    """The day, as a window's start has it."""
    return clock.text(day_ms)[:10]


async def reset(made: World, stage: str, topic: str) -> None:
    """The group's offset of partition 0 to the earliest, by a commit that has no metadata."""
    place = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=made.settings.bootstrap,
        group_id=group_of(made.settings, stage),
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        consumer.assign([place])
        await consumer.commit({place: 0})
    finally:
        await consumer.stop()


async def remake(admin: object, topic: str, partitions: int) -> None:
    """Delete a topic and make it again, empty."""
    await admin.delete_topics([topic])  # type: ignore[attr-defined]

    async def gone() -> bool:
        return topic not in await admin.list_topics()  # type: ignore[attr-defined]

    await until(gone, "the topic is deleted")
    configs = {"cleanup.policy": "compact,delete"} if topic == topics.CELLS else {}
    answer = await admin.create_topics(  # type: ignore[attr-defined]
        [NewTopic(topic, partitions, 1, topic_configs=configs)]
    )
    assert not [code for _, code, *_ in answer.topic_errors if code]
