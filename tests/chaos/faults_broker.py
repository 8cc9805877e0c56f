"""Faults of the broker: killed, restarted, frozen, out of room. Never two of them at once."""

import asyncio
import os
import signal
from contextlib import suppress
from random import Random
from resource import RLIMIT_FSIZE, prlimit

from tests.broker_files import files_below
from tests.chaos.faults import Missed
from tests.chaos.rig import SESSION_SECONDS, Rig

DYING_SECONDS = 8.0  # for a broker that cannot write


async def kill_broker(rig: Rig, random: Random) -> None:
    """`kill -9`, and a start."""
    async with rig.repairing:
        await asyncio.to_thread(rig.broker.kill)
        await asyncio.sleep(random.choice((0, 0, 2)))
        await asyncio.to_thread(rig.broker.restart)


async def restart_broker(rig: Rig, random: Random) -> None:
    """In an orderly way."""
    async with rig.repairing:
        await asyncio.to_thread(rig.broker.restart)


async def freeze_broker(rig: Rig, random: Random) -> None:
    """SIGSTOP, for less or more than a session."""
    async with rig.repairing:
        pid = _pid(rig)
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(random.uniform(1, SESSION_SECONDS * 3))
        finally:
            os.kill(pid, signal.SIGCONT)


async def fill_disk(rig: Rig, random: Random) -> None:
    """No file grows any more, in the middle of a write: the broker dies of it, and is started."""
    async with rig.repairing:
        largest = 0
        for file in files_below(rig.broker.data_dir / "data"):
            with suppress(FileNotFoundError):  # deleted just now
                largest = max(largest, file.stat().st_size if file.suffix == ".log" else 0)
        limit = largest + random.randrange(4096)
        prlimit(_pid(rig), RLIMIT_FSIZE, (limit, limit))
        ended = await asyncio.to_thread(rig.broker.ended, DYING_SECONDS)
        await asyncio.to_thread(rig.broker.restart)
    if ended is None:
        raise Missed


def _pid(rig: Rig) -> int:
    """Never 0, which would mean ourselves."""
    if not rig.broker.pid:
        raise Missed
    return rig.broker.pid
