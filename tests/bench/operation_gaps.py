"""How long nothing is committed: after a worker's death, and while workers restart in turn.

Two workers share four partitions, 1,000 events a second come. Offsets are looked at every 50 ms.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from quietclicks.embedded.broker import Broker
from tests.bench.operation_tools import (
    PATIENCE,
    SESSION,
    Commits,
    Row,
    events,
    fresh,
    in_background,
    owns,
    say,
    start_ready,
    stream,
    watch,
)
from tests.kafka.world import World, until

TIMES = 3
PER_SECOND = 1_000
SECONDS = 150  # of events, at most
SETTLED = 0.5  # seconds after a death: what it had committed can be seen
QUIET = 4  # seconds between two disturbances

Seen = list[tuple[float, Mapping[int, int]]]


async def takeover(broker: Broker, folder: Path) -> list[Row]:
    """From `kill -9` of one of two until the other has committed on each of its partitions."""
    found = []
    async with _two_workers(broker, folder) as (made, seen):
        for number in range(TIMES):
            victim = made.workers[-1]
            orphans = await owns(victim)
            assert orphans, "the victim owns something"
            died = time.monotonic()
            victim.kill()
            found.append(await _resumed(seen, orphans, died))
            say(f"takeover {number + 1} of {TIMES}: {found[-1]:.1f} s")
            await start_ready(made)
            await asyncio.sleep(QUIET)
    return [Row("takeover after kill -9", _seconds(found), f"session {SESSION:.0f} s")]


async def restart(broker: Broker, folder: Path) -> list[Row]:
    """A worker is stopped with SIGTERM, and another started, as an upgrade does one by one."""
    found = []
    async with _two_workers(broker, folder) as (made, seen):
        for number in range(TIMES):
            began = time.monotonic()
            old = next(each for each in made.workers if each.process.poll() is None)
            assert await asyncio.to_thread(old.stop) == 0, "it finished its transactions"
            await start_ready(made)
            await asyncio.sleep(QUIET)
            found.append(longest_gap(seen, began))
            say(f"restart {number + 1} of {TIMES}: {found[-1]:.1f} s without a commit")
    return [Row("restart of one of two", _seconds(found), "longest gap of any partition")]


@asynccontextmanager
async def _two_workers(broker: Broker, folder: Path) -> AsyncIterator[tuple[World, Seen]]:
    seen: Seen = []
    async with fresh(broker, folder) as made:
        say("two workers start")
        await start_ready(made)
        await start_ready(made)
        values = events(PER_SECOND * SECONDS)
        sending = asyncio.create_task(stream(made.settings, values, PER_SECOND))
        watching = asyncio.create_task(watch(made, seen))
        with in_background(sending), in_background(watching):
            await asyncio.sleep(QUIET)
            yield made, seen
            assert not sending.done(), "events came all the time"


async def _resumed(seen: Seen, orphans: list[int], died: float) -> float:
    async def taken_over() -> float:
        return resumed_after(seen, orphans, died) or 0.0

    return await until(taken_over, "taken over", PATIENCE, longest=0.05)


def resumed_after(seen: Commits, partitions: Collection[int], died: float) -> float | None:
    """Seconds from a death until each of these partitions had a commit; None: not yet."""
    after = [(at, offsets) for at, offsets in seen if at > died + SETTLED]
    if not after:
        return None
    _, left = after[0]
    for at, offsets in after:
        if all(offsets[each] > left[each] for each in partitions):
            return at - died
    return None


def longest_gap(seen: Commits, since: float) -> float:
    """The longest time, in seconds, in which a partition's offset stayed where it was."""
    after = [each for each in seen if each[0] > since]
    moved = dict.fromkeys(after[0][1], since)
    at_offset = dict(after[0][1])
    longest = 0.0
    for at, offsets in after:
        for partition, offset in offsets.items():
            longest = max(longest, at - moved[partition])
            if offset > at_offset[partition]:
                at_offset[partition], moved[partition] = offset, at
    return longest


def _seconds(found: list[float]) -> str:
    shown = ", ".join(f"{each:.1f}" for each in sorted(found))
    return f"{statistics.median(found):.1f} s ({shown})"
