"""The live page as a process: it reads trends, holds no key, and shows what it has read."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from quietclicks.embedded.ports import free_port
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Trend, TrendKey
from tests.agents.web.clients import ask
from tests.commands.typed import PATIENCE, one_line, typed
from tests.kafka.world import World, page, policy_text, until, world
from tests.kafka_tools import produce
from tests.paths import ROOT

HOUR = "2026-11-22T10:00:00Z"
SMALL = policy_text(raw_partitions=2, partials_partitions=1, event_partitions=1)


def record(start: str) -> tuple[int, bytes, bytes]:
    """The total of an hour."""
    key = TrendKey("shop.example", "PT1H", start, Dimension.TOTAL, "")
    trend = Trend("shop.example", "PT1H", start, Dimension.TOTAL, "", 40, 30, True, "test")
    return 0, msgspec.json.encode(key), msgspec.json.encode(trend)


@contextmanager
def showing(made: World, end: signal.Signals = signal.SIGTERM, **environment: str) -> Iterator[int]:
    """A dashboard that answers, with the rights and settings that it needs: its port."""
    log = made.folder / "dashboard.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "quietclicks", "dashboard", "--port", "0"],
            env={
                "PATH": os.environ["PATH"],
                "QUIETCLICKS_BOOTSTRAP": made.settings.bootstrap,
                "QUIETCLICKS_POLICY": made.settings.policy or "",
                **environment,
            },
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
    with process:
        try:
            assert process.stdout
            line = process.stdout.readline()  # it ends where the process does
            assert line.startswith("The live page: http://127.0.0.1:"), log.read_text()
            yield int(line.rpartition(":")[2].strip().rstrip("/"))
            process.send_signal(end)
            assert process.wait(PATIENCE) == 0
            assert "Traceback" not in log.read_text()
        finally:
            process.kill()


async def test_it_shows_what_is_published(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        with showing(made) as port:
            await produce(made.settings.bootstrap, topics.TRENDS[Dimension.TOTAL], [record(HOUR)])

            async def shown() -> bool:
                sites = json.loads(page(port, "/api/v1/sites"))["sites"]
                return bool(sites)

            await until(shown, "the trend is on the page")
            found = json.loads(page(port, "/api/v1/trends?by=hour"))
            assert found["totals"]["views"] == 40
            policy = json.loads(page(port, "/api/v1/privacy"))["policy"]
            assert policy["k"] == made.policy.release.k
            assert "<title>" in page(port, "/")
            for path in ("/metrics", "/healthz", "/etc/passwd"):
                assert (await ask(port, path)).status == 404, "those are a worker's"
            assert (await ask(port, "/", "evil.example")).status == 421


async def test_with_a_folder_of_its_own_it_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = str(tmp_path / "dashboard")
    async with world(tmp_path, SMALL) as made:
        reach = {"bootstrap": made.settings.bootstrap, "policy": made.settings.policy or ""}
        topic = topics.TRENDS[Dimension.TOTAL]

        def records(port: int) -> int:
            return int(json.loads(page(port, "/api/v1/sites"))["records"])

        with showing(made, QUIETCLICKS_DASHBOARD_FOLDER=folder) as port:
            await produce(made.settings.bootstrap, topic, [record(HOUR)])
            await until(async_of(lambda: records(port) == 1), "it is read")
            said = one_line(typed("dashboard", "--port", "0", dashboard_folder=folder, **reach), 1)
            assert "another dashboard holds" in said
        with showing(made, QUIETCLICKS_DASHBOARD_FOLDER=folder) as port:
            assert records(port) == 1, "before anything is read"
            await produce(made.settings.bootstrap, topic, [record("2026-11-22T11:00:00Z")])
            await until(async_of(lambda: records(port) == 2), "it goes on")


def async_of(asked: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def told() -> bool:
        return asked()

    return told


async def test_one_that_is_given_a_wrong_key_does_not_look_at_it(tmp_path: Path) -> None:
    """A worker with this would end: the dashboard takes none of it."""
    async with world(tmp_path, SMALL) as made:
        wrong = {
            "QUIETCLICKS_KEY_ENCRYPTION_KEY_FILE": str(tmp_path / "none"),
            "QUIETCLICKS_TICKS": "no such word",
        }
        with showing(made, signal.SIGINT, **wrong) as port:
            assert (await ask(port, "/")).status == 200


async def test_it_says_in_one_line_why_it_cannot_start(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        reach = {"bootstrap": made.settings.bootstrap, "policy": made.settings.policy or ""}
        with showing(made) as port:
            said = one_line(typed("dashboard", "--port", str(port), **reach), 1)
            assert f"port {port} is taken by another program" in said
        reach["bootstrap"] = f"127.0.0.1:{free_port()}"
        done = typed("dashboard", "--port", "0", **reach)
        assert "no Kafka broker answers at" in one_line(done, 1)
        assert done.stdout == "", "no page is promised"
