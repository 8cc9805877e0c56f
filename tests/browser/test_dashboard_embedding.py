"""The dashboard in a frame of another website's page, in a browser: where the operator says so."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from quietclicks.agents.dashboard.store import Store
from tests.browser.conftest import Tab, connected
from tests.browser.page import SHOWN
from tests.dashboard_tools import serving


@contextlib.asynccontextmanager
async def framing(shown: str) -> AsyncIterator[int]:
    """A page with that in a frame, at any name that is this machine's; its port."""

    async def page(_: web.Request) -> web.Response:
        html = f'<!doctype html><iframe src="{shown}" onload="loaded = true"></iframe>'
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def inside(browser_address: str, url: str) -> AsyncIterator[Tab]:
    """The frame that has loaded that address: a browser keeps it apart from the page around it."""
    async with connected(browser_address) as frame:
        targets = (await frame.call("Target.getTargets"))["targetInfos"]
        [found] = [each["targetId"] for each in targets if each["url"] == url]
        await frame.enter(found)
        yield frame


@pytest.mark.parametrize(
    ("embedding", "host", "is_shown"),
    [
        pytest.param(("intranet.example",), "intranet.example", True, id="named"),
        pytest.param(("intranet.example",), "other.example", False, id="another"),
        pytest.param(("intranet.example",), "sub.intranet.example", False, id="below a name"),
        pytest.param((), "intranet.example", False, id="nobody is named"),
    ],
)
async def test_a_frame_shows_it_on_pages_of_hosts_that_are_named(
    tab: Tab,
    browser_address: str,
    made_up_store: Store,
    embedding: tuple[str, ...],
    host: str,
    is_shown: bool,
) -> None:
    async with serving(made_up_store, embedding) as dashboard:
        url = f"{dashboard.url}?embed=1"
        async with framing(url) as port:
            await tab.open(f"http://{host}:{port}/")
            await tab.wait_for("window.loaded")
            refused = [each for each in tab.complaints if "frame-ancestors" in each]
            assert bool(refused) != is_shown
            if is_shown:
                async with inside(browser_address, url) as frame:
                    await frame.wait_for(SHOWN)
