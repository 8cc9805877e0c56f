"""The dashboard's page for tests: open it, read it, and ask the API behind it for the same."""

from typing import Any

from tests.browser.conftest import Tab
from tests.dashboard_tools import Dashboard

LIVE = "document.getElementById('status').dataset.state === 'live'"
SHOWN = f"{LIVE} && !document.getElementById('numbers').hidden"
OCTOBER = "?period=month&date=2026-10-01"


async def opened(tab: Tab, dashboard: Dashboard, query: str = "") -> None:
    """Until its numbers are there."""
    await tab.open(dashboard.url + query)
    await tab.wait_for(SHOWN)


async def text(tab: Tab, selector: str) -> str:
    """As somebody reads it, on one line; without what is closed."""
    found = await tab.run(f"document.querySelector({selector!r}).innerText")
    return " ".join(str(found).split())


async def texts(tab: Tab, selector: str) -> list[str]:
    """Of all that fit."""
    found = await tab.run(
        f"[...document.querySelectorAll({selector!r})].map((each) => each.textContent.trim())"
    )
    assert isinstance(found, list)
    return found


async def rows(tab: Tab, selector: str) -> list[list[str]]:
    """A table's cells, what only a screen reader says included."""
    found = await tab.run(
        f"[...document.querySelectorAll({selector!r} + ' tbody tr')].map((row) => "
        "[...row.cells].map((cell) => (cell.querySelector('summary') ?? cell).textContent))"
    )
    assert isinstance(found, list)
    return found


async def click(tab: Tab, selector: str) -> None:
    await tab.run(f"document.querySelector({selector!r}).click()")


async def told(tab: Tab, path: str) -> dict[str, Any]:
    """What the API says, asked by the page's own origin."""
    found = await tab.run(f"fetch('api/v1/' + {path!r}).then((answer) => answer.json())")
    assert isinstance(found, dict)
    return found


def asked(tab: Tab) -> list[str]:
    """What went over the wire: a browser's own pictures for its fields do not."""
    return [url for url in tab.requests if not url.startswith("data:")]


async def title(tab: Tab, wanted: str) -> None:
    """Until the page says that this is shown, with its numbers."""
    await tab.wait_for(f"document.getElementById('title').textContent === {wanted!r}")
