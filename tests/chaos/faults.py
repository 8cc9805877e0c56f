"""Faults that strike workers: killed, stopped, frozen, joined, each at the worst moment there is.

A fault is a coroutine that strikes and then puts right what a supervisor would not. It raises
`Missed` where there was nothing to strike.
"""

import asyncio
import signal
from random import Random

from tests.chaos.rig import SESSION_SECONDS, Rig, begins, is_of
from tests.chaos.supervisor import Worker
from tests.chaos.weather import Wanted
from tests.chaos.wire import Api, Frame

MOMENT_SECONDS = 60.0  # how long a fault waits for its moment


class Missed(Exception):
    """Its moment did not come."""


async def kill(rig: Rig, random: Random) -> None:
    """`kill -9` of one worker."""
    one_of(rig, random).signal(signal.SIGKILL)


async def stop(rig: Rig, random: Random) -> None:
    """SIGTERM to one worker."""
    one_of(rig, random).signal(signal.SIGTERM)


async def kill_all(rig: Rig, random: Random) -> None:
    """`kill -9` of all at once."""
    for worker in rig.supervisor.workers:
        worker.signal(signal.SIGKILL)


async def freeze(rig: Rig, random: Random) -> None:
    """SIGSTOP until the group has given its partitions away, then SIGCONT."""
    worker = one_of(rig, random)
    worker.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(random.uniform(SESSION_SECONDS * 1.2, SESSION_SECONDS * 3))
    finally:
        worker.signal(signal.SIGCONT)


async def join(rig: Rig, random: Random) -> None:
    """One more worker, that leaves again."""
    worker = rig.supervisor.add()
    worker.leaves = True
    await asyncio.sleep(random.uniform(3, 8))
    worker.signal(random.choice((signal.SIGKILL, signal.SIGTERM)))


async def kill_while_restoring(rig: Rig, random: Random) -> None:
    """One is killed, and then who takes its partitions over, or who comes in its place."""
    one_of(rig, random).signal(signal.SIGKILL)
    await kill_owner_of(rig, random, begins)


async def kill_while_making_key(rig: Rig, random: Random) -> None:
    """A new day begins, and who makes its key is killed at it."""
    api = random.choice((Api.INIT_PRODUCER_ID, Api.ADD_PARTITIONS, Api.PRODUCE, Api.END_TXN))
    moment = rig.weather.passes(lambda frame: frame.api == api and is_of("keys", frame))
    await rig.feeder.reach("key")
    await _kill_at(rig, random, moment)


async def kill_while_closing_hour(rig: Rig, random: Random) -> None:
    """A tick closes an hour, and who writes its cells is killed at it."""
    await rig.feeder.reach("hour")
    await kill_owner_of(rig, random, lambda frame: _works(frame, "anonymise"))


async def kill_while_closing_day(rig: Rig, random: Random) -> None:
    """A tick closes a day, and who releases it is killed at it."""
    await rig.feeder.reach("day")
    await kill_owner_of(rig, random, lambda frame: _works(frame, "release"))


async def tick_storm(rig: Rig, random: Random) -> None:
    """Hundreds of ticks that tell nothing new."""
    await rig.feeder.storm()


def one_of(rig: Rig, random: Random) -> Worker:
    """A worker that is up. Raises `Missed`."""
    running = [worker for worker in rig.supervisor.workers if worker.status is None]
    if not running:
        raise Missed
    return random.choice(running)


async def kill_owner_of(rig: Rig, random: Random, wanted: Wanted) -> None:
    """`kill -9` of who sends such a request, right after it."""
    await _kill_at(rig, random, rig.weather.passes(wanted))


async def _kill_at(rig: Rig, random: Random, moment: asyncio.Future[int]) -> None:
    try:
        port = await asyncio.wait_for(moment, MOMENT_SECONDS)
    except TimeoutError:
        raise Missed from None
    await asyncio.sleep(random.choice((0, 0.005, random.uniform(0, 0.2))))
    kill_client(rig, random, port)


def kill_client(rig: Rig, random: Random, port: int) -> None:
    """`kill -9` of whose connection this is, or else of any."""
    (rig.supervisor.owner(port) or one_of(rig, random)).signal(signal.SIGKILL)


def _works(frame: Frame, stage: str) -> bool:
    return frame.api != Api.INIT_PRODUCER_ID and is_of(stage, frame)
