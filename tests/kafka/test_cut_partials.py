"""Where partials are cut behind its commits, the release stage goes on as if nothing were gone."""

from datetime import date
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from quietclicks.agents.cuts import Cuts
from quietclicks.agents.kafka.released import released
from quietclicks.demo.shop import sample_day
from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.schemas import topics
from tests.kafka.world import Output, World, policy_text, world
from tests.kafka_tools import read_all

DAYS = [date(2024, 2, 28), date(2024, 2, 29)]
TEXT = policy_text(raw_partitions=2, partials_partitions=2, event_partitions=1)


async def first_offsets(made: World) -> dict[int, int]:
    found: dict[int, int] = {}
    for record in await read_all(made.settings.bootstrap, topics.PARTIALS, "read_uncommitted"):
        found.setdefault(record.partition, record.offset)
    return found


async def cut(made: World) -> None:
    hour, offsets = await released(made.settings, made.policy.topics.partials_partitions)
    assert hour >= HOURS_PER_DAY * 19_000, "the hour that is released"
    assert set(offsets) == {TopicPartition(topics.PARTIALS, number) for number in range(2)}
    await Cuts(made.settings, made.policy, lambda: True)._cut_partials()
    # From 0 on, by us or by the worker, if it has led for a minute.
    assert min(offsets.values()) > 0
    for number, first in (await first_offsets(made)).items():
        assert first >= offsets[TopicPartition(topics.PARTIALS, number)]


async def two_days(folder: Path, cuts: bool) -> Output:
    async with world(folder, TEXT) as made:
        await made.give_keys([day.isoformat() for day in DAYS])
        for seed, day in enumerate(DAYS):
            worker = made.work()
            await made.send(list(sample_day(seed, day, visitors=60)))
            await made.all_released()
            if cuts and day is DAYS[0]:
                await cut(made)
            assert worker.stop() == 0
            made.workers.clear()
        return await made.output()


@pytest.mark.slow
async def test_the_next_day_is_the_same(tmp_path: Path) -> None:
    with_cuts = await two_days(tmp_path, cuts=True)
    assert with_cuts == await two_days(tmp_path, cuts=False)
    assert with_cuts.trends
