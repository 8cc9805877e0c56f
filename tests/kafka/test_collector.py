"""The collector as a process: what is posted arrives in the raw topic, also after a broker's pause.

It holds no key, and says nothing of who sent what.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec

from quietclicks.agents.replay import partition_of
from quietclicks.schemas import topics
from quietclicks.schemas.raw import ExactEvent
from tests.commands.typed import PATIENCE, one_line, typed
from tests.kafka.world import World, policy_text, world
from tests.kafka_tools import read_all
from tests.paths import ROOT

SMALL = policy_text(raw_partitions=2, partials_partitions=1, event_partitions=1)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CANARY = "198.51.100.77"
PAGE = "https://shop.example/shoes?size=canary-size"


class Collecting:
    """A collector's process, and a client that stands behind a proxy that it trusts."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, log: Path) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.log = log

    async def post(self, url: str = PAGE, address: str = CANARY) -> int:
        """A page view; the status of the answer."""
        headers = {"X-Forwarded-For": address, "User-Agent": AGENT}
        body = json.dumps({"url": url, "consent": {"analytics": True}})
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{self.url}/collect", data=body.encode()) as answer,
        ):
            return answer.status

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    @property
    def said(self) -> str:
        """All that it said so far."""
        return self.log.read_text("utf-8")


def start(made: World, log: Path, more: dict[str, str]) -> "subprocess.Popen[str]":
    """Believing this machine to be a proxy."""
    environment = {
        "PATH": os.environ["PATH"],
        "QUIETCLICKS_BOOTSTRAP": made.settings.bootstrap,
        "QUIETCLICKS_POLICY": made.settings.policy or "",
        "QUIETCLICKS_COLLECTOR_TRUSTED_PROXIES": "127.0.0.1",
        **more,
    }
    with log.open("w") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "quietclicks", "collector", "--port", "0"],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )


@asynccontextmanager
async def collecting(made: World, **more: str) -> AsyncIterator[Collecting]:
    """One that has begun to listen, and that ends with status 0 unless it was stopped before."""
    log = made.folder / "collector.log"
    process = start(made, log, more)
    try:
        assert process.stdout is not None
        line = await asyncio.to_thread(process.stdout.readline)
        assert line.startswith("The collector: http://127.0.0.1:"), log.read_text()
        found = Collecting(process, int(line.rstrip().rstrip("/").rpartition(":")[2]), log)
        yield found
        if process.poll() is None:
            assert found.stop() == 0, found.said
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def test_a_page_view_arrives_as_a_raw_event(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        before = datetime.now(UTC)
        async with collecting(made) as collector:
            assert await collector.post() == 204
            assert await collector.post("https://elsewhere.example/") == 204
        [record] = await read_all(made.settings.bootstrap, topics.RAW)
        assert record.value is not None
        event = msgspec.json.decode(record.value, type=ExactEvent)
        assert (event.site, event.url, event.ip) == ("shop.example", PAGE, CANARY)
        assert (event.type, event.user_agent, event.purpose) == ("pageview", AGENT, None)
        assert before <= event.timestamp <= datetime.now(UTC)
        assert len(bytes.fromhex(event.event_id)) == 16
        assert record.partition == partition_of(record.value, 2)
        assert CANARY not in collector.said
        assert "canary" not in collector.said
        assert collector.said == ""


async def test_it_says_in_one_line_why_it_cannot_start(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        reach = {"bootstrap": made.settings.bootstrap, "policy": made.settings.policy or ""}
        wrong = {**reach, "collector_trusted_proxies": "the balancer"}
        assert "addresses and networks" in one_line(typed("collector", **wrong), 2)
        async with collecting(made) as collector:
            port = collector.url.rpartition(":")[2]
            said = one_line(typed("collector", "--port", port, **reach), 1)
            assert f"port {port} is taken by another program" in said
