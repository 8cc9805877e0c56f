"""The demo shop, as a person tries it: a page opened in a real browser is counted with the crowd.

On a real broker with a worker; only the clock is faster than in `make run`, and the threshold is
what it always is.
"""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quietclicks.commands.run.own_policy import for_a_run
from quietclicks.commands.run.processes import DEMO_MODULE
from quietclicks.demo.crowd import TO_A_PAGE
from quietclicks.demo.shop import SITE
from quietclicks.demo.site import ALONE
from quietclicks.embedded.ports import free_port
from quietclicks.schemas import topics
from quietclicks.schemas.trend import OTHER, Dimension, Trend
from tests.browser.conftest import Tab
from tests.kafka.world import PATIENCE, World, policy_text, until, world

SPEED = 240  # an hour in fifteen seconds
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36"
)
HOUR = 3600
SEEN = "/products/1014"
REFUSED = "/products/1021"
# Late by that clock is what is under way for four seconds: on a busy machine that happens.
POLICY = policy_text(
    raw_partitions=2, partials_partitions=1, event_partitions=1, allowed_lateness="1h"
)


def demo(own: World, shop: int, collector: int) -> "subprocess.Popen[bytes]":
    """The demo's process, whose clock is four hours late."""
    start = (int(time.time()) // HOUR - 4) * HOUR
    words = str(shop), str(collector), "http://127.0.0.1:1/", str(start), str(SPEED)
    with (own.folder / "demo.log").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", DEMO_MODULE, *words],
            env={**own.environment, "HOME": os.environ["HOME"]},
            stdout=output,
            stderr=subprocess.STDOUT,
        )


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_page_is_counted_with_the_crowd(tab: Tab, tmp_path: Path) -> None:
    async with world(tmp_path, for_a_run(POLICY, demo=SITE)) as own:
        own.work()
        shop, collector = free_port(), free_port()
        process = demo(own, shop, collector)
        try:
            await _browse(tab, own, process, f"http://127.0.0.1:{shop}")
            found = await until(lambda: _hour_of(own, SEEN), "an hour that tells of the page")
            views = {each.value: each.views for each in found}
            assert views[SEEN] == TO_A_PAGE + 1, "the crowd, and whoever looked on"
            assert views[REFUSED] == TO_A_PAGE, "who said no is not counted"
            assert ALONE not in views, "a page that nobody else saw is not told of"
            assert views[OTHER] > 0
        finally:
            process.terminate()
            assert process.wait(PATIENCE) == 0, (own.folder / "demo.log").read_text()


async def _browse(tab: Tab, own: World, process: "subprocess.Popen[bytes]", origin: str) -> None:
    await tab.call("Network.setUserAgentOverride", userAgent=AGENT)

    async def answers() -> bool:
        assert process.poll() is None, (own.folder / "demo.log").read_text()
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", int(origin.rpartition(":")[2]))
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    await until(answers, "the shop answers")
    # At an hour's beginning, so that all of it is in one.
    await tab.open(origin + REFUSED)
    await tab.run("document.getElementById('refuse').click()")
    await tab.wait_for("document.getElementById('choice-said').textContent.includes('not counted')")
    await tab.wait_for("document.getElementById('clock').textContent.includes(':0')")
    await tab.open(origin + ALONE)
    await tab.run("document.getElementById('agree').click()")
    await tab.open(origin + SEEN)
    await tab.wait_for("document.getElementById('closes').textContent.includes('is closed')")
    assert tab.complaints == []


async def _hour_of(own: World, path: str) -> list[Trend]:
    """The pages of an hour in which one more than the crowd saw that one; else nothing."""
    own.check_workers()
    hours: dict[str, list[Trend]] = {}
    for each in await own.trends(topics.TRENDS[Dimension.PAGE]):
        if each.window == "PT1H":
            hours.setdefault(each.start, []).append(each)
    return next(
        (
            pages
            for pages in hours.values()
            if any(each.value == path and each.views > TO_A_PAGE for each in pages)
        ),
        [],
    )
