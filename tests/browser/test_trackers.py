"""Plausible's own packages, unchanged, in a real browser: only the host is another.

`npm ci --ignore-scripts` in tests/browser/trackers fetches them; without them this is skipped.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from quietclicks.schemas.raw import Consent, RawEvent
from tests.browser.collected import Collected, collected
from tests.browser.conftest import Tab
from tests.browser.shop import SCRIPT
from tests.collect_tools import COOKIE, crowd, records, shipped, views
from tests.pipeline_tools import FIREFOX
from tests.snippet import SERVED

PACKAGES = Path(__file__).parent / "trackers" / "node_modules"
NEWER = PACKAGES / "@plausible-analytics" / "tracker"
OLDER = PACKAGES / "plausible-tracker" / "build" / "module"
INCLUDED = {
    NEWER: """import {init} from "/tracker/plausible";
        init({domain: "shop.example", endpoint: "HOST/api/event"});""",
    OLDER: """import Plausible from "/tracker/index";
        Plausible({domain: "shop.example", apiHost: "HOST"}).enableAutoPageviews();""",
}
WITH_COOKIE = f"cookie {COOKIE}"

fetched = pytest.mark.skipif(
    not PACKAGES.is_dir(), reason="needs Plausible's packages: npm ci in tests/browser/trackers"
)
either = pytest.mark.parametrize("package", INCLUDED, ids=["newer", "older"])


def pages(package: Path, host: Callable[[], str]) -> Callable[[str], tuple[str, bytes]]:
    """Every path a page with the tracker, which is served as it came."""

    def page(path: str) -> tuple[str, bytes]:
        if path.startswith("/tracker/"):
            name = path.removeprefix("/tracker/").removesuffix(".js")
            return "text/javascript", (package / f"{name}.js").read_bytes()
        script = INCLUDED[package].replace("HOST", host())
        return "text/html", f"<title>x</title><script type=module>{script}</script>".encode()

    return page


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


@fetched
@either
async def test_its_page_view_ends_in_trends(tab: Tab, package: Path) -> None:
    policy = shipped(WITH_COOKIE)
    async with collected(policy, pages(package, lambda: made.shop)) as made:
        event = await visit(tab, made)
        assert (event.site, event.url) == ("shop.example", f"{made.shop}/shoes")
        assert (event.ip, event.user_agent) == ("127.0.0.1", FIREFOX)
        assert event.consent == Consent(analytics=True)
        others = records(policy, crowd(made.hits[0], policy.release.k - 1))
    own = msgspec.json.encode(event)
    assert views(policy, [own, *others]) == {"/shoes": policy.release.k}
    assert views(policy, others) == {}


@fetched
@either
async def test_beside_the_shop_it_brings_no_cookie(tab: Tab, package: Path) -> None:
    async with collected(shipped(WITH_COOKIE), pages(package, lambda: made.beside)) as made:
        event = await visit(tab, made)
    assert event.consent is None


async def test_beside_the_shop_the_snippet_brings_its_cookie(tab: Tab) -> None:
    def page(path: str) -> tuple[str, bytes]:
        if path == "/q.js":
            return "text/javascript", SERVED.read_bytes()
        return "text/html", SCRIPT.replace("/q.js", f"{made.beside}/q.js").encode()

    async with collected(shipped(WITH_COOKIE), page) as made:
        event = await visit(tab, made)
    assert (event.url, event.consent) == (f"{made.shop}/shoes", Consent(analytics=True))


async def test_beside_the_shop_a_beacon_brings_its_cookie(tab: Tab) -> None:
    """As GoatCounter and Matomo send."""

    def page(path: str) -> tuple[str, bytes]:
        query = "p=%2Fshoes&b=0&rnd=x"
        return "text/html", (
            f"<script>navigator.sendBeacon('{made.beside}/count?{query}')</script>".encode()
        )

    async with collected(shipped(WITH_COOKIE), page) as made:
        event = await visit(tab, made)
    assert (event.url, event.consent) == (f"{made.shop}/shoes", Consent(analytics=True))
