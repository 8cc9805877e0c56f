"""The collector's process: it listens, and writes to the raw topic until it is told to stop.

It holds no key and reads no topic. What it has answered and not sent yet it sends before it ends.
"""

import asyncio
import contextlib
import gc
import logging
import secrets
import time
from collections.abc import Callable

from aiohttp import web

from quietclicks.agents.collector.collector import TOO_MANY, Collector
from quietclicks.agents.collector.figures import Figures
from quietclicks.agents.collector.http import Answering, Server
from quietclicks.agents.collector.outbox import Outbox
from quietclicks.agents.collector.pages import OPERATIONS, Pages
from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings
from quietclicks.agents.stopping import told_to_stop
from quietclicks.agents.web.exchange import Answer
from quietclicks.agents.web.server import BACKLOG, address_of, is_on_this_machine, listen
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.collect.event import Collecting
from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.view import Hit
from quietclicks.pipeline.fields.forwarded import NOBODY, TrustedProxies
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas import topics

REQUEST_SECONDS = 2.0  # for requests that are being answered to end
# Together less than the ten seconds that most supervisors give before they kill.
DRAIN_SECONDS = 6.0

log = logging.getLogger(__name__)


def trusted_proxies(settings: Settings) -> TrustedProxies:
    """Those that the settings list; raises `UsageError`."""
    if not settings.collector_trusted_proxies:
        return NOBODY
    try:
        return TrustedProxies.of(settings.collector_trusted_proxies)
    except ValueError:
        raise UsageError(
            "QUIETCLICKS_COLLECTOR_TRUSTED_PROXIES are addresses and networks with commas between "
            "them, such as 10.0.0.0/8,2001:db8::1"
        ) from None


def answering(collector: Collector, pages: Pages) -> Answering:
    """Of all paths; each network's requests have one bound."""

    def answer(hit: Hit, peer: str) -> Answer:
        if hit.path in FORMATS:
            return collector.answer(hit, peer)
        if hit.path in OPERATIONS or collector.admits(hit, peer):
            return pages.answer(hit)
        return TOO_MANY

    return answer


async def serve(
    settings: Settings,
    policy: Policy,
    ready: Callable[[str], None],
    clock: Callable[[], float] = time.time,
) -> None:
    """Until SIGTERM or Ctrl-C; `ready` is given the address. `clock` is what events bear.

    Raises `Failure`, also where it ends with events that no broker took.
    """
    trusted = trusted_proxies(settings)
    stop = told_to_stop()
    outbox = Outbox(settings, await clients.partitions(settings, topics.RAW))
    listening = listen(settings.collector_host, settings.collector_port)
    figures = Figures(sorted({each.name for each in FORMATS.values()}), lambda: outbox.bytes)
    collecting = Collecting(policy)
    collector = Collector(
        collecting,
        trusted,
        outbox,
        figures,
        clock=clock,
        timer=time.monotonic,
        new_id=lambda: secrets.token_hex(16),
    )
    pages = Pages(
        policy,
        collecting.sites,
        figures,
        token=settings.metrics_token,
        on_this_machine=is_on_this_machine(listening),
        is_full=lambda: outbox.is_full,
    )

    server = Server(answering(collector, pages))
    runner = web.ServerRunner(server, shutdown_timeout=REQUEST_SECONDS)
    await runner.setup()
    sending: asyncio.Task[None] | None = None
    try:
        await outbox.start()
        sending = asyncio.create_task(outbox.run())
        for one in listening:
            await web.SockSite(runner, one, backlog=BACKLOG).start()
        # What is there now stays; what requests leave behind is little and soon gone.
        gc.freeze()
        ready(address_of(settings.collector_host, listening))
        await _first(stop, sending)
    finally:
        await runner.cleanup()
        for one in listening:
            one.close()
        await _end(outbox, sending)


async def _first(stop: asyncio.Event, sending: "asyncio.Task[None]") -> None:
    """Until it is told to stop, or the sender ends, which is a fault of ours."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, sending], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if sending.done():
        raise Failure(f"the collector stopped: {type(sending.exception()).__name__}")


async def _end(outbox: Outbox, sending: "asyncio.Task[None] | None") -> None:
    if sending is not None:
        if not sending.done():
            await outbox.drain(DRAIN_SECONDS)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await sending
    left = outbox.records
    await outbox.stop()
    if left:
        raise Failure(
            f"{left} page views were answered and are lost: the broker took none of them within "
            f"{DRAIN_SECONDS:.0f} s"
        )
