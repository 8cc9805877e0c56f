"""Pages that nobody sees, yet or ever: made ahead, in the background. A real browser makes them.

No debugger looks into a page that is to be made ahead: Chromium makes none with one.
"""

import json
from collections.abc import AsyncIterator

import pytest

from tests.browser.conftest import Tab, connected
from tests.browser.shop import SCRIPT, Shop

RULES = {"prerender": [{"urls": ["/next"], "eagerness": "immediate"}]}
MAKES_NEXT = f"""{SCRIPT}<script type="speculationrules">{json.dumps(RULES)}</script>
<script>fetch("/gate").then(() => location.href = "/next")</script>"""
# Asked for once the snippet has run, in a page that is made ahead, too.
NEXT = (
    f"""{SCRIPT}<script>addEventListener("DOMContentLoaded", () => fetch("/mark/next"))</script>"""
)


class Unwatched:
    """Pages of a browser profile of its own."""

    def __init__(self, browser: Tab, profile: str) -> None:
        self._browser = browser
        self._profile = profile

    async def open(self, url: str, *, background: bool = False) -> str:
        """A page's id."""
        opened = await self._browser.call(
            "Target.createTarget",
            url=url,
            browserContextId=self._profile,
            background=background,
        )
        target: str = opened["targetId"]
        return target

    async def show(self, target: str) -> None:
        await self._browser.call("Target.activateTarget", targetId=target)


@pytest.fixture
async def unwatched(browser_address: str) -> AsyncIterator[Unwatched]:
    async with connected(browser_address) as browser:
        made = await browser.call("Target.createBrowserContext", disposeOnDetach=True)
        yield Unwatched(browser, made["browserContextId"])


async def test_a_page_that_was_made_ahead_is_told_when_it_is_seen(
    unwatched: Unwatched, shop: Shop
) -> None:
    shop.pages |= {"/": MAKES_NEXT, "/next": NEXT}
    await unwatched.open(f"{shop.origin}/")
    assert (await shop.view()).path == "/"
    assert "prerender" in (await shop.marked("next"))["Sec-Purpose"]
    assert shop.views.empty()
    shop.gate.set()
    view = await shop.view()
    assert (view.path, view.body["referrer"]) == ("/next", f"{shop.origin}/")
    # As a browser goes on to say of a page that is seen: who reads this has to believe the snippet.
    assert "prerender" in view.headers["Sec-Purpose"]


async def test_a_page_that_is_made_ahead_for_nobody_is_not_told(
    unwatched: Unwatched, shop: Shop
) -> None:
    elsewhere = MAKES_NEXT.replace('location.href = "/next"', 'location.href = "/other"')
    shop.pages |= {"/": elsewhere, "/next": NEXT}
    await unwatched.open(f"{shop.origin}/")
    assert (await shop.view()).path == "/"
    await shop.marked("next")
    shop.gate.set()
    assert (await shop.view()).path == "/other"
    assert shop.views.empty()


async def test_a_page_in_the_background_is_told_when_it_is_seen(
    unwatched: Unwatched, shop: Shop
) -> None:
    shop.pages["/next"] = NEXT
    await unwatched.open(f"{shop.origin}/")
    assert (await shop.view()).path == "/"
    behind = await unwatched.open(f"{shop.origin}/next", background=True)
    await shop.marked("next")
    assert shop.views.empty()
    await unwatched.show(behind)
    assert (await shop.view()).path == "/next"


async def test_a_page_that_is_closed_without_a_choice_is_told_without(tab: Tab, shop: Shop) -> None:
    shop.pages["/"] = f"<script>quietclicks = () => null</script>{NEXT}"
    await tab.open(f"{shop.origin}/")
    await shop.marked("next")
    assert shop.views.empty()
    await tab.call("Page.close")
    view = await shop.view()
    assert (view.path, "consent" in view.body) == ("/", False)
