"""The demo shop's web server: its pages, and what its clock shows. It sees no visitor's data.

Loopback only. What a visit is worth is the collector's business, which the pages' snippet tells.
"""

from collections.abc import Awaitable, Callable
from importlib.resources import files

from aiohttp import web

from quietclicks.demo.clock import DemoClock
from quietclicks.demo.site import html_of

FILES = {"shop.css": "text/css", "shop.js": "text/javascript"}


def application(clock: DemoClock, lateness: int, collector: str, live_page: str) -> web.Application:
    """`lateness` in seconds, as the policy allows it; addresses end with a slash."""
    folder = files("quietclicks.demo") / "static"
    texts = {name: (folder / name).read_text("utf-8") for name in FILES}
    rules = (
        f"default-src 'none'; style-src 'self'; script-src 'self' {collector}; "
        f"connect-src 'self' {collector}; img-src {collector}; form-action 'self'; base-uri 'none'"
    )

    async def page(request: web.Request) -> web.Response:
        term = request.query.get("q", "")
        html = html_of(request.path, term, collector, live_page)
        status, text = (404, "There is no such page.") if html is None else (200, html)
        kind = "text/plain" if html is None else "text/html"
        headers = {"Content-Security-Policy": rules, "Cache-Control": "no-store"}
        return web.Response(status=status, text=text, content_type=kind, headers=headers)

    async def told(_: web.Request) -> web.Response:
        shown = {
            "now": clock(),
            "present": clock.present,
            "speed": clock.speed,
            "lateness": lateness,
        }
        return web.json_response(shown, headers={"Cache-Control": "no-store"})

    app = web.Application()
    for name, kind in FILES.items():
        app.router.add_get(f"/page/{name}", _file(texts[name], kind))
    app.router.add_get("/demo/clock", told)
    app.router.add_get("/{path:.*}", page)
    return app


def _file(text: str, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type=kind)

    return answer
