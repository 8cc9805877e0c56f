"""The number of raw partitions changes only when nothing is on its way: else it is refused."""

import re
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from quietclicks.agents.kafka import topics as agent
from quietclicks.agents.replay import replay
from quietclicks.demo.shop import sample_day
from quietclicks.errors import Failure
from quietclicks.pipeline.logs.events import is_tick, tick
from quietclicks.pipeline.topology.topics import TopicSpec, topology
from quietclicks.schemas import topics
from tests.kafka.world import World, policy_text, until, world

DAY = date(2024, 2, 29)
VALUES = list(sample_day(5, DAY, visitors=60))
NO_TIME_YET = tick(0)
TEXT = policy_text(raw_partitions=2, partials_partitions=2, event_partitions=1)
WIDER = policy_text(raw_partitions=3, partials_partitions=2, event_partitions=1)


def wider(made: World) -> list[TopicSpec]:
    wanted = replace(made.policy.topics, raw_partitions=3)
    return topology(replace(made.policy, topics=wanted))


async def refusal(made: World) -> str:
    with pytest.raises(Failure) as caught:
        await agent.apply(made.settings, wider(made))
    assert len((await made.admin.describe_topics([topics.RAW]))[0]["partitions"]) == 2
    return str(caught.value)


async def stop_all(made: World) -> None:
    for worker in made.workers:
        assert worker.stop() == 0
    made.workers.clear()


async def test_refused_until_drained_and_then_it_goes_on(tmp_path: Path) -> None:
    async with world(tmp_path, TEXT) as made:
        await made.give_keys([DAY.isoformat()])
        await made.send(VALUES)
        assert "has records that" in await refusal(made)

        made.work()
        await made.all_released()
        assert await refusal(made) == (
            "stop all workers first: they would go on with the old number of partitions"
        )
        await stop_all(made)
        done = await agent.apply(made.settings, wider(made))
        assert {each.topic for each in done} == {topics.RAW, topics.CELLS}

        (made.folder / "policy.toml").write_text(WIDER, "utf-8")
        made.work()
        before = len(await made.trends())
        await made.give_keys(["2024-03-01"])
        await made.send(list(sample_day(6, date(2024, 3, 1), visitors=60)))
        await made.all_released()
        assert len(await made.trends()) > before


async def test_an_open_day_is_not_drained(tmp_path: Path) -> None:
    async with world(tmp_path, TEXT) as made:
        await made.give_keys([DAY.isoformat()])
        events = [(value, False) for value in VALUES if not is_tick(value)]
        await replay(made.settings, [(NO_TIME_YET, True), *events], lambda _: None)
        made.work()
        ends = await made.ends(topics.RAW)

        async def read() -> bool:
            made.check_workers()
            committed = await made.committed("anonymise", topics.RAW)
            return {place: offset for place, (offset, _) in committed.items()} == ends

        await until(read, "all read")
        await stop_all(made)
        # Among the hostile events is one of 1970, and no time is known that it would be late for.
        told = await refusal(made)
        assert re.match(r"(1970-01-01|2024-02-29) is still open: stop the collector", told)
