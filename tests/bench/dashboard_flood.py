"""A flood of the dearest questions at the dashboard, while its store is fed and somebody looks.

    .venv/bin/python -m tests.bench.dashboard_flood FOLDER

FOLDER has a store that `tests.bench.dashboard_store --folder FOLDER` has filled. 64 connections ask
for a year of pages, each time with another search, for 20 seconds; meanwhile an hour of records is
written again and again, and somebody honest opens the page's files and asks for a day.
"""

import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from quietclicks.agents.dashboard.store import Store
from quietclicks.pipeline.dashboard.records import Key, Numbers
from tests.agents.web.clients import ask
from tests.bench.dashboard_store import LAST, peak
from tests.dashboard_tools import SITE, Entries, serving

SECONDS = 20
CONNECTIONS = 64
DEAREST = "/api/v1/list?from=2025-11-28&to=2026-11-27&dimension=page&compare=previous&search="
FILES = ("/", "/page/look.css", "/page/main.js")


class Watch:
    """Seconds that each of something took."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.took: list[float] = []
        self.refused = 0

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.took.append(time.perf_counter() - began)

    def __str__(self) -> str:
        middle = sorted(self.took)[len(self.took) // 2] if self.took else 0
        most = max(self.took, default=0)
        return (
            f"{self.name:28} {len(self.took):6} times, {middle:.3f} s in the middle, "
            f"{most:.3f} s at most, {self.refused} told to come again"
        )


async def hostile(port: int, watch: Watch, numbers: "itertools.count[int]") -> None:
    """Asks without a pause."""
    while True:
        with contextlib.suppress(OSError, AssertionError):  # its connection made room
            with watch.one():
                got = await ask(port, f"{DEAREST}{next(numbers)}")
            watch.refused += got.status == 503


async def honest(port: int, files: Watch, days: Watch) -> None:
    """Opens the page, and asks until there is an answer, as a browser does."""
    for day in itertools.cycle(range(1, 29)):
        for path in FILES:
            with files.one():
                await answered(port, path, files)
        with days.one():
            await answered(port, f"/api/v1/trends?from=2026-02-{day:02}&to=2026-02-{day:02}", days)
        await asyncio.sleep(0.1)


async def answered(port: int, path: str, watch: Watch) -> None:
    """Asks again where the connection made room, or it is told to."""
    while True:
        with contextlib.suppress(OSError, AssertionError):
            if (await ask(port, path)).status != 503:
                return
        watch.refused += 1
        await asyncio.sleep(0.2)


async def fed(store: Store, watch: Watch) -> None:
    """An hour that ends."""
    for views in itertools.count(10):
        entries: Entries = {
            Key(SITE, False, LAST * 24 + 15, "page", f"/{n}"): Numbers(views, 10, True)
            for n in range(1000)
        }
        with watch.one():
            await asyncio.to_thread(store.apply, entries, {})
        await asyncio.sleep(0.5)


async def clients(port: int) -> None:
    """All that ask, in a process of their own."""
    names = ("a page of a year, flooded", "the page's files, honestly", "a day, honestly")
    flooded, files, days = (Watch(name) for name in names)
    numbers = itertools.count()
    tasks = [hostile(port, flooded, numbers) for _ in range(CONNECTIONS)]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*tasks, honest(port, files, days))
    for each in (flooded, files, days):
        print(each)


async def main(folder: str) -> None:
    """Prints what everybody waited for."""
    store = Store(Path(folder))
    alone, feeding = Watch("an hour written, alone"), Watch("an hour written, flooded")
    async with serving(store) as dashboard:
        port = dashboard.url.rstrip("/").rpartition(":")[2]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(fed(store, alone), 5)
        command = (sys.executable, "-m", __spec__.name, "--clients", port)
        asking = await asyncio.create_subprocess_exec(*command)
        writing = asyncio.create_task(fed(store, feeding))
        await asking.wait()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    store.close()
    print(alone, feeding, f"{peak():.0f} MiB of memory", sep="\n")


if __name__ == "__main__":
    asyncio.run(clients(int(sys.argv[2])) if sys.argv[1] == "--clients" else main(sys.argv[1]))
