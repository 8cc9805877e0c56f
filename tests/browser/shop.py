"""A shop with the snippet on its pages, and beside it a collector that only writes down."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from aiohttp import web

from tests.snippet import SERVED

SCRIPT = '<script defer src="/q.js"></script>'
WITHIN = 60  # seconds: a view that does not come fails the test


class Sent(NamedTuple):
    """A view as it arrived."""

    body: dict[str, Any]
    headers: Mapping[str, str]
    to: str  # the host that it was sent to

    @property
    def path(self) -> str:
        """Of the page, with its query."""
        url: str = self.body["url"]
        return "/" + url.split("/", 3)[3]


class Shop:
    """`origin` and `sibling` are one site, `elsewhere` is another; all three serve all."""

    def __init__(self, port: int, other_port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.sibling = f"http://127.0.0.1:{other_port}"
        self.elsewhere = f"http://localhost:{other_port}"
        self.pages: dict[str, str] = {}  # by path; others have the script alone
        self.headers: dict[str, str] = {}  # of every page
        self.views: asyncio.Queue[Sent] = asyncio.Queue()
        self.marks: asyncio.Queue[tuple[str, Mapping[str, str]]] = asyncio.Queue()
        self.gate = asyncio.Event()  # until it is set, nobody who asks for /gate is answered

    async def view(self) -> Sent:
        """The next that arrives."""
        async with asyncio.timeout(WITHIN):
            return await self.views.get()

    async def marked(self, name: str) -> Mapping[str, str]:
        """Until a page asked for /mark/NAME, and with which headers."""
        async with asyncio.timeout(WITHIN):
            while True:
                found, headers = await self.marks.get()
                if found == name:
                    return headers

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/collect":
            body = json.loads(await request.read()) if request.method == "POST" else {}
            self.views.put_nowait(Sent(body, request.headers, request.host))
            return web.Response(status=204)
        if request.path == "/pixel.gif":
            self.views.put_nowait(Sent({"url": request.headers["Referer"]}, request.headers, ""))
            return web.Response(status=204)
        if request.path == "/q.js":
            allow = {"Access-Control-Allow-Origin": "*"}
            return web.Response(
                body=SERVED.read_bytes(), content_type="text/javascript", headers=allow
            )
        if request.path.startswith("/mark/"):
            self.marks.put_nowait((request.path.removeprefix("/mark/"), request.headers))
            return web.Response(text="")
        if request.path == "/gate":
            await self.gate.wait()
            return web.Response(text="")
        if request.path == "/opt-out":
            cookie = "opted_out=1; Path=/; SameSite=Lax; HttpOnly"
            return web.Response(text="", headers={"Set-Cookie": cookie})
        if request.path == "/favicon.ico":
            return web.Response(status=204)
        text = self.pages.get(request.path, f"<title>{request.path}</title>{SCRIPT}")
        return web.Response(text=text, content_type="text/html", headers=self.headers)


@contextlib.asynccontextmanager
async def open_shop() -> AsyncIterator[Shop]:
    """On this machine, on two ports."""
    shop: Shop | None = None

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        assert shop
        assert isinstance(request, web.Request)
        return await shop.answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        sites = [web.TCPSite(runner, "127.0.0.1", 0) for _ in range(2)]
        for site in sites:
            await site.start()
        ports = [address[1] for address in runner.addresses]
        shop = Shop(*ports)
        yield shop
    finally:
        if shop:
            shop.gate.set()
        await runner.cleanup()
