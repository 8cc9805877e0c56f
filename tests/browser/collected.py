"""A shop's pages and the real collector's on one port, and what the collector passes on.

The shop is `shop.example` here, the collector answers there and at `collect.shop.example`.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable

import msgspec
from aiohttp import web

from quietclicks.agents.collector.collector import Collector
from quietclicks.agents.collector.figures import Figures
from quietclicks.agents.collector.http import Server
from quietclicks.agents.collector.opt_out import PATH as OPT_OUT
from quietclicks.agents.collector.pages import SNIPPET
from quietclicks.agents.collector.pages import Pages as CollectorPages
from quietclicks.agents.web.exchange import Answer
from quietclicks.pipeline.collect.event import Collecting
from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.view import Hit
from quietclicks.pipeline.fields.forwarded import NOBODY
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas.raw import RawEvent
from tests.browser.conftest import Tab
from tests.collect_tools import AT, COOKIE
from tests.pipeline_tools import FIREFOX

WITH_COOKIE = f"cookie {COOKIE}"
WITHIN = 60  # seconds: a view that does not come fails the test
ShopPages = Callable[[str], tuple[str, bytes]]
"""A path → its content's type, and what is there."""


class Collected:
    """`hits` are the trackers' requests; `records` what became of them, in order."""

    partitions = 1
    is_full = False

    def __init__(self, policy: Policy, pages: ShopPages) -> None:
        self.hits: list[Hit] = []
        self.records: asyncio.Queue[bytes] = asyncio.Queue()
        self.opt_outs: asyncio.Queue[str] = asyncio.Queue()  # requests of that page: methods
        self.port = 0
        self._pages = pages
        numbers = itertools.count()
        collecting = Collecting(policy)
        figures = Figures(sorted({each.name for each in FORMATS.values()}), lambda: 0)
        self._own_pages = CollectorPages(
            policy,
            collecting.sites,
            figures,
            token=None,
            on_this_machine=True,
            is_full=lambda: False,
        )
        self._collector = Collector(
            collecting,
            NOBODY,
            self,
            figures,
            clock=lambda: AT / 1000,
            timer=lambda: 0.0,
            new_id=lambda: f"browser-{next(numbers)}",
        )

    @property
    def shop(self) -> str:
        return f"http://shop.example:{self.port}"

    @property
    def beside(self) -> str:
        """Another host of the same site."""
        return f"http://collect.shop.example:{self.port}"

    def put(self, partition: int, value: bytes) -> None:
        self.records.put_nowait(value)

    def answer(self, hit: Hit, peer: str) -> Answer:
        if hit.path in FORMATS:
            self.hits.append(hit)
            return self._collector.answer(hit, peer)
        if hit.path == OPT_OUT:
            self.opt_outs.put_nowait(hit.method)
        if hit.path in (SNIPPET, OPT_OUT):
            return self._own_pages.answer(hit)
        kind, body = self._pages(hit.path)
        return Answer(200, {"Content-Type": kind}, body)

    async def record(self) -> bytes:
        """The next."""
        async with asyncio.timeout(WITHIN):
            return await self.records.get()


@contextlib.asynccontextmanager
async def collected(policy: Policy, pages: ShopPages) -> AsyncIterator[Collected]:
    """Until it is left it answers."""
    made = Collected(policy, pages)
    runner = web.ServerRunner(Server(made.answer), shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.port = runner.addresses[0][1]
        yield made
    finally:
        await runner.cleanup()


async def visit(tab: Tab, made: Collected) -> RawEvent:
    """Somebody who has agreed opens /shoes: the event that comes of it."""
    await tab.call("Network.setUserAgentOverride", userAgent=FIREFOX)
    # Driven by a program, the newer one sends nothing.
    await tab.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => false})",
    )
    name, _, value = COOKIE.partition("=")
    await tab.call(
        "Network.setCookie", name=name, value=value, domain=".shop.example", url=made.shop
    )
    await tab.open(f"{made.shop}/shoes")
    event = msgspec.json.decode(await made.record(), type=RawEvent)
    assert tab.complaints == []  # of an answer that the page's script may not have, neither
    return event
