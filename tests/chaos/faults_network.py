"""Faults of the network: connections cut, halved, delayed, swallowed; requests that arrive late."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from random import Random

from tests.chaos.faults import MOMENT_SECONDS, Missed, kill_client
from tests.chaos.rig import REQUEST_SECONDS, Rig, is_of
from tests.chaos.weather import Hold, Way
from tests.chaos.wire import Api, Frame

SETTLE_SECONDS = 0.3  # for a broker to take a late request in
NEXT_SECONDS = 4.0  # for a client that goes on to come to its next transaction


async def cut(rig: Rig, random: Random) -> None:
    """Half of the connections are reset, several times."""
    reset = 0
    for _ in range(random.randrange(1, 5)):
        reset += rig.proxy.cut(lambda link: random.random() < 0.5)
        await asyncio.sleep(random.uniform(0.1, 0.7))
    if not reset:
        raise Missed


async def halve(rig: Rig, random: Random) -> None:
    """Half a request or half an answer arrives, then nothing more."""
    links = list(rig.proxy.links)
    if not links:
        raise Missed
    way = random.choice(list(Way))
    for link in random.sample(links, len(links) // 2 + 1):
        link.halve(way)
    await asyncio.sleep(random.uniform(0.5, 1.5))


async def delay(rig: Rig, random: Random) -> None:
    """Everything is late."""
    rig.weather.delay = random.choice((0.02, 0.1, 0.3))
    await asyncio.sleep(random.uniform(2, 5))
    rig.weather.delay = 0.0


async def black_hole(rig: Rig, random: Random) -> None:
    """Nothing arrives, one way or both, for less or more than clients wait."""
    rig.weather.swallow(*random.choice(((Way.UP,), (Way.DOWN,), tuple(Way))))
    await asyncio.sleep(random.choice((1.0, 4.0, REQUEST_SECONDS + 2)))
    if random.random() < 0.5:
        rig.proxy.cut(lambda link: True)  # what was swallowed is lost
    rig.weather.clear()


def late(api: Api) -> Callable[[Rig, Random], Awaitable[None]]:
    """The fault of one kind of request."""

    async def arrives_late(rig: Rig, random: Random) -> None:
        """Held until its client has given up, delivered in the next transaction; then a kill."""
        await rig.steady()  # whoever takes the partition over fences what is late
        stage = random.choice(("anonymise", "anonymise", "release"))
        with rig.weather.holding(lambda frame: frame.api == api and is_of(stage, frame)) as hold:
            try:
                port, frame = await asyncio.wait_for(asyncio.shield(hold.caught), MOMENT_SECONDS)
            except TimeoutError:
                raise Missed from None
            await _within(REQUEST_SECONDS + 2, hold.client_gone.wait())
            await _deliver_and_kill(rig, random, hold, port, frame)

    return arrives_late


async def _deliver_and_kill(rig: Rig, random: Random, hold: Hold, port: int, frame: Frame) -> None:
    def goes_on(next_one: Frame) -> bool:
        # Its records are sent by then, its offset is not.
        return (
            next_one.api == Api.TXN_OFFSET_COMMIT
            and next_one.transactional_id == frame.transactional_id
        )

    with rig.weather.holding(goes_on) as half:
        if random.random() < 0.8:
            await _within(NEXT_SECONDS, asyncio.shield(half.caught))
        if half.caught.done():
            port, _ = half.caught.result()
        hold.released.set()
        await asyncio.sleep(random.uniform(0, SETTLE_SECONDS))
        kill_client(rig, random, port)


async def _within(seconds: float, what: Awaitable[object]) -> None:
    """Wait for it, but no longer."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(what, seconds)
