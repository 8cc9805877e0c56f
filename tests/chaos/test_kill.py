"""Workers killed in the middle: what is committed in the end is as if nothing had happened."""

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random

import pytest

from quietclicks.demo.shop import sample_day
from quietclicks.pipeline.logs.events import is_tick
from quietclicks.schemas import topics
from tests.kafka.world import SOON, Output, World, policy_text, until, world

DAY = date(2024, 2, 29)
VALUES = list(sample_day(7, DAY, visitors=900))
POLICY = policy_text(raw_partitions=4, partials_partitions=2)
# Many transactions: many moments to die in.
FEW = {**SOON, "QUIETCLICKS_RECORDS_PER_TRANSACTION": "150"}

_undisturbed: list[Output] = []


async def start(made: World, workers: int) -> int:
    await made.give_keys([DAY.isoformat()])
    for _ in range(workers):
        made.work(**FEW)
    return await made.send(VALUES)


async def undisturbed(folder: Path) -> Output:
    if not _undisturbed:
        async with world(folder, POLICY) as made:
            events = await start(made, 2)
            await made.all_released()
            output = await made.output()
        # The comparison below means something only if there is something.
        assert events == sum(not is_tick(value) for value in VALUES)
        assert output.pseudonymised.total() + output.rejected.total() == events
        assert output.trends.total() > 100
        assert output.partners.total() > 50
        _undisturbed.append(output)
    return _undisturbed[0]


async def kill_one(made: World, moments: list[int]) -> None:
    for moment in moments:
        await reached(made, moment)
        victim = made.workers.pop(0)
        victim.kill()
        made.work(**FEW)


async def kill_both(made: World, moments: list[int]) -> None:
    for moment in moments:
        await reached(made, moment)
        for victim in made.workers:
            victim.process.kill()
        for victim in made.workers:
            victim.process.wait()
        made.workers.clear()
        made.work(**FEW)
        made.work(**FEW)


async def reached(made: World, moment: int) -> None:
    async def so_far() -> bool:
        made.check_workers()
        return await made.processed() >= moment

    await until(so_far, f"{moment} records committed", longest=0.05)


@pytest.mark.parametrize(
    ("kill", "seed", "times"),
    [pytest.param(kill_one, 1, 2, id="one"), pytest.param(kill_both, 2, 2, id="both")],
)
async def test_killed_in_the_middle(
    tmp_path: Path, kill: Callable[[World, list[int]], object], seed: int, times: int
) -> None:
    expected = await undisturbed(tmp_path)
    random = Random(seed)
    moments = sorted(random.sample(range(500, len(VALUES) * 3 // 4), times))
    async with world(tmp_path, POLICY) as made:
        killing = asyncio.ensure_future(kill(made, moments))  # type: ignore[call-overload]
        await start(made, 2)
        await killing
        await made.all_released()
        output = await made.output()
        raw = await made.read(topics.RAW)
    events = {(r.partition, r.offset) for r in raw if not (r.value and is_tick(r.value))}
    rejected = [(partition, offset) for _, partition, offset in output.rejected.elements()]
    assert len(rejected) == len(set(rejected)), "an event was rejected twice"
    assert set(rejected) <= events
    assert output.pseudonymised.total() + len(rejected) == len(events)
    for part, wanted in zip(output, expected, strict=True):
        assert part == wanted
