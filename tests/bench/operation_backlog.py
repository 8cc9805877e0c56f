"""How quickly a worker works off what waits for it, and how quickly it takes its state in again."""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from quietclicks.agents.replay import replay, with_ticks
from quietclicks.embedded.broker import Broker
from quietclicks.schemas import topics
from tests.bench.operation_tools import (
    PATIENCE,
    Commits,
    Row,
    events,
    fresh,
    in_background,
    say,
    start_ready,
    watch,
)
from tests.kafka.world import World, until

EVENTS = 800_000
PARTS = 4  # of the backlog, to see whether it is worked off evenly
RECORDS = "1000"  # in a transaction: the fewer, the more records of state
_RESTORED = re.compile(r"anonymise\[\d+\]: .* with (\d+) state records, after ([\d.]+) s")


async def backlog(broker: Broker, folder: Path) -> list[Row]:
    """From its first commit to its last, over 11 hours of events and the ticks between them."""
    seen: list[tuple[float, Mapping[int, int]]] = []
    async with fresh(broker, folder) as made:
        say(f"backlog: {EVENTS:,} events are appended")
        await made.send(events(EVENTS))
        ends = sum((await made.ends(topics.RAW)).values())
        say("backlog: one worker starts")
        with in_background(asyncio.create_task(watch(made, seen))):
            made.work()
            await _processed(made, ends)
            await asyncio.sleep(1)
    shown = ", ".join(f"{rate:,.0f}" for rate in rates(seen, PARTS))
    return [
        Row(
            "backlog, one worker",
            f"{rates(seen, 1)[0]:,.0f} events/s",
            f"in {PARTS} parts: {shown}",
        )
    ]


async def restore(broker: Broker, folder: Path) -> list[Row]:
    """A worker that owns all four partitions restores them side by side."""
    async with fresh(broker, folder) as made:
        say(f"restore: the state of {EVENTS:,} events is made")
        unticked = with_ticks(events(EVENTS), [])
        await replay(made.settings, unticked, lambda sent: None)
        ends = sum((await made.ends(topics.RAW)).values())
        first = made.work(QUIETCLICKS_RECORDS_PER_TRANSACTION=RECORDS)
        await _processed(made, ends)
        assert await asyncio.to_thread(first.stop) == 0
        say("restore: a worker starts")
        second = await start_ready(made)
        records, seconds = restored(second.said, made.policy.topics.raw_partitions)
    return [
        Row(
            "restore of internal.cells",
            f"{records / seconds:,.0f} records/s",
            f"{records:,} records in {seconds:.1f} s, four partitions at once",
        )
    ]


async def _processed(made: World, ends: int) -> None:
    told = time.monotonic()

    async def done() -> bool:
        nonlocal told
        made.check_workers()
        now = await made.processed()
        if time.monotonic() > told + 5:
            told = time.monotonic()
            say(f"{now:,} of {ends:,} records are committed")
        return now == ends

    await until(done, "all is committed", PATIENCE)


def rates(seen: Commits, parts: int) -> Sequence[float]:
    """Records a second of each part of what was committed, from the first commit on."""
    sums = [(at, sum(offsets.values())) for at, offsets in seen]
    sums = [each for each in sums if each[1] > sums[0][1]]
    first, last = sums[0][1], sums[-1][1]
    bounds = [first + (last - first) * part / parts for part in range(parts + 1)]
    reached = [next((at, total) for at, total in sums if total >= bound) for bound in bounds]
    return [(total - before) / (at - since) for (since, before), (at, total) in pairwise(reached)]


def restored(said: str, partitions: int) -> tuple[int, float]:
    """Of a worker's log: records of state over all partitions, and the seconds until the last."""
    found = _RESTORED.findall(said)
    assert len(found) == partitions, "each partition tells what it restored, once"
    return sum(int(records) for records, _ in found), max(float(after) for _, after in found)
