"""The dashboard in a real browser over a store of any size: how soon its numbers are painted.

    .venv/bin/python -m tests.bench.dashboard_page FOLDER

FOLDER has a store that `tests.bench.dashboard_store --folder FOLDER` has filled. Each view is asked
of a server that was asked nothing before (cold), and again by a browser that has kept nothing.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from quietclicks.agents.dashboard.store import Store
from tests.browser.conftest import Tab, browser, connected
from tests.browser.page import SHOWN
from tests.dashboard_tools import closing, serving

VIEWS = {
    "the newest day": "",
    "a month": "?period=month",
    "a year": "?period=year",
    "a year's pages": "?period=year&list=page",
}
TIMES = 5
PAINTED = (
    "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"
)


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """As after a restart; how long that took is said."""
    began = time.perf_counter()
    store = Store(folder)
    print(f"opened in {time.perf_counter() - began:.2f} s")
    with closing(store):
        yield store


async def painted(tab: Tab, url: str) -> int:
    """Milliseconds from the start of a load until its numbers are on the screen."""
    await tab.open(url)
    await tab.wait_for(SHOWN)
    took: float = await tab.run(PAINTED)
    return round(took)


async def paints(address: str, folder: Path) -> None:
    """Of each view."""
    async with connected(address) as tab:
        await tab.start()
        await tab.size(1280)
        await tab.call("Network.setCacheDisabled", cacheDisabled=True)
        for name, query in VIEWS.items():
            with opened(folder) as store:
                async with serving(store) as dashboard:
                    cold, *warm = [await painted(tab, dashboard.url + query) for _ in range(TIMES)]
            print(f"{name:16} {cold:5} ms cold, {sorted(warm)[len(warm) // 2]:5} ms again")


def main() -> None:
    """Measures, and prints."""
    with browser() as address:
        asyncio.run(paints(address, Path(sys.argv[1])))


if __name__ == "__main__":
    main()
