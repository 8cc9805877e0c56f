"""The demo's process: the collector, a small shop in front of it, a crowd, and a clock.

It sends events and ticks, as a collector may, and has no other right. Its clock is the only thing
that is not as in earnest: no window is shorter, and no threshold lower.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web
from aiokafka.errors import KafkaError
from msgspec import Struct, structs

from quietclicks.agents.collector.serve import serve
from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import COLLECTOR, Settings, load
from quietclicks.commands import logs
from quietclicks.commands.options import read_policy
from quietclicks.commands.run.demo_shop import application
from quietclicks.demo.clock import SPEED, DemoClock
from quietclicks.demo.crowd import Visit, crowd
from quietclicks.errors import QuietclicksError
from quietclicks.pipeline.logs.events import tick
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas import topics

HOST = "127.0.0.1"
CROWD = "127.0.0.2"  # the same machine: the demo's proxy, and what it forwards is believed
TICK_SECONDS = 1.0
SEED = 1
HOUR = 3600


class Demo(Struct, frozen=True):
    """Where it listens, what it links to, when it begins (seconds since 1970), how fast it is."""

    shop_port: int
    collector_port: int
    live_page: str
    start: float
    speed: float = SPEED

    @property
    def shop(self) -> str:
        """The shop's address, without a slash at its end."""
        return f"http://{HOST}:{self.shop_port}"

    @property
    def collector(self) -> str:
        """The collector's."""
        return f"http://{HOST}:{self.collector_port}/"


async def run(demo: Demo, settings: Settings, policy: Policy) -> None:
    """Until SIGTERM or Ctrl-C; raises what a part of it raises."""
    clock = DemoClock(demo.start, time.time, demo.speed)
    lateness = int(policy.time.allowed_lateness)
    own = structs.replace(
        settings,
        collector_host=HOST,
        collector_port=demo.collector_port,
        collector_trusted_proxies=f"{CROWD}/32",
    )
    app = application(clock, lateness, demo.collector, demo.live_page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, demo.shop_port).start()
    ready = asyncio.Event()
    parts = [
        asyncio.create_task(serve(own, policy, lambda _: ready.set(), clock)),
        asyncio.create_task(_tell_the_time(own, clock)),
        asyncio.create_task(_browse(demo, clock, ready.wait)),
    ]
    try:
        # The collector is told to stop; the others go on for as long as it does.
        done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            each.result()
    finally:
        for each in parts:
            each.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
        await runner.cleanup()


async def _tell_the_time(settings: Settings, clock: DemoClock) -> None:
    count = await clients.partitions(settings, topics.RAW)
    producer = clients.producer(settings, enable_idempotence=True)
    await clients.start(producer, settings)
    try:
        while True:
            value = tick(int(clock() * 1000))
            for partition in range(count):
                await producer.send_and_wait(topics.RAW, value, partition=partition)
            await asyncio.sleep(TICK_SECONDS)
    finally:
        await clients.stop(producer)


async def _browse(demo: Demo, clock: DemoClock, ready: Callable[[], Awaitable[object]]) -> None:
    await ready()
    connector = aiohttp.TCPConnector(local_addr=(CROWD, 0))
    hour = int(clock() // HOUR)
    async with aiohttp.ClientSession(connector=connector) as session:
        while True:
            for visit in crowd(SEED, hour, demo.shop):
                await _until(hour * HOUR + visit.after, clock)
                with contextlib.suppress(aiohttp.ClientError):  # it may be on its way to its end
                    await _visit(session, f"{demo.collector}collect", visit)
            hour += 1


async def _visit(session: aiohttp.ClientSession, address: str, visit: Visit) -> None:
    """As the snippet sends it: JSON that is called text."""
    body = aiohttp.JsonPayload(visit.body, content_type="text/plain")
    async with session.post(address, data=body, headers=visit.headers):
        pass


async def _until(at: float, clock: DemoClock) -> None:
    wait = clock.wait_for(at)
    while wait:  # longer, where the machine's clock was put back meanwhile
        await asyncio.sleep(wait)
        wait = clock.wait_for(at)


def main(words: list[str]) -> None:
    """`words`: the two ports, the live page's address, when it begins, how fast."""
    shop_port, collector_port, live_page, start, *speed = words
    demo = Demo(
        int(shop_port),
        int(collector_port),
        live_page,
        float(start),
        *(float(each) for each in speed),
    )
    settings = load(os.environ, os.environ.get("QUIETCLICKS_CONFIG"), COLLECTOR)
    logs.set_up()
    try:
        asyncio.run(run(demo, settings, read_policy(None, settings)))
    except (QuietclicksError, KafkaError) as error:
        told = str(error) if isinstance(error, QuietclicksError) else type(error).__name__
        sys.exit(f"the demo shop: {told}")


if __name__ == "__main__":
    main(sys.argv[1:])
