"""The page as people see it: README's pictures, made with QUIETCLICKS_PICTURES=docs/images."""

from pathlib import Path

import pytest

from tests.browser.conftest import Tab
from tests.browser.page import OCTOBER, opened
from tests.dashboard_tools import Dashboard

# Name → width, height, colours, what is shown, and what is scrolled to.
PICTURES = {
    "live-page": (1200, 1240, "light", OCTOBER, "body"),
    "live-page-list": (1000, 760, "dark", OCTOBER + "&list=source", "body"),
    "live-page-phone": (390, 844, "dark", "?lang=de", "body"),
    "live-page-privacy": (1200, 560, "light", OCTOBER, "#privacy"),
}


@pytest.mark.parametrize("name", PICTURES)
async def test_it_can_be_shown_to_people(
    tab: Tab, dashboard: Dashboard, pictures: Path | None, name: str
) -> None:
    width, height, scheme, query, part = PICTURES[name]
    await tab.size(width, height)
    await tab.scheme(scheme)
    await opened(tab, dashboard, query)
    await tab.run(f"document.querySelector({part!r}).scrollIntoView()")
    assert await tab.run(f"document.querySelector({part!r}).getBoundingClientRect().width") > 300
    assert await tab.run("document.documentElement.scrollWidth") == width
    assert tab.complaints == []
    if pictures:
        (pictures / f"{name}.png").write_bytes(await tab.screenshot(whole=False))
