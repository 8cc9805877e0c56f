"""The process at a worker's port: what it is given, that it ends with its worker, and a flood."""

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from quietclicks.agents.settings import Settings
from quietclicks.agents.web import port as port_module
from quietclicks.agents.web.port import Port
from quietclicks.embedded.ports import free_port
from quietclicks.errors import Failure
from tests.agents.web.clients import PATIENCE, ask
from tests.bench import hostile_port
from tests.bench.hostile_port import answers, told
from tests.paths import ROOT
from tests.runner_tools import until

TOKEN = "t0ken"  # noqa: S105 - nobody's
WAIT = 5.0  # seconds, on a machine that does much else; measured are 0.1 (tests.bench.hostile_port)
FEW = 40  # descriptors: it would take more
GROWTH = 16  # MiB that connections may take, whatever they send


@asynccontextmanager
async def running(number: int, token: str | None = None) -> AsyncIterator[Port]:
    port = Port(Settings(web_port=number, metrics_token=token, key_encryption_key="kek"), told)
    await port.start()
    try:
        await answers(number)
        yield port
    finally:
        await port.stop()
        assert not port.crashed


async def test_it_says_what_it_was_told() -> None:
    number = free_port()
    async with running(number, token=TOKEN):
        health = await ask(number)
        assert json.loads(health.body) == {"state": "ok", "partitions": {}}
        assert (await ask(number, "/metrics")).status == 401
        shown = await ask(number, "/metrics", more=f"Authorization: Bearer {TOKEN}\r\n")
        assert shown.body == told()["metrics"].encode()
        for path in ("/", "/api/trends"):
            assert (await ask(number, path)).status == 404, "that is the live page's"
        assert (await ask(number, host="evil.example")).status == 421
    with pytest.raises(OSError, match="Connect call failed"):
        await ask(number)


async def test_it_is_given_nothing_that_it_does_not_need(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUIETCLICKS_KEY_ENCRYPTION_KEY", "QUIETCLICKS_METRICS_TOKEN", "AWS_SECRET"):
        monkeypatch.setenv(name, "s3cret")
    given: list[str] = []
    start = subprocess.Popen

    def noted(command: list[str], **more: Any) -> "subprocess.Popen[bytes]":
        given.extend([*command, *more["env"], *more["env"].values()])
        return start(command, **more)

    monkeypatch.setattr(subprocess, "Popen", noted)
    async with running(free_port(), token=TOKEN) as port:
        assert port.process is not None
        assert "PATH" in given
        for secret in ("s3cret", TOKEN, "kek", "QUIETCLICKS_", "AWS_"):
            assert not [each for each in given if secret in each]
        limits = Path(f"/proc/{port.process.pid}/limits").read_text()  # noqa: ASYNC240
        assert "Max core file size        0                    0 " in limits


async def test_where_somebody_ends_it_another_one_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(port_module, "RESTART_SECONDS", 0.01)
    number = free_port()
    async with running(number) as port:
        first = port.process
        assert first is not None
        first.kill()
        await until(lambda: port.process is not first, "another process")
        await answers(number)


async def test_signals_are_for_the_worker() -> None:
    number = free_port()
    async with running(number) as port:
        assert port.process is not None
        for each in (signal.SIGTERM, signal.SIGINT):
            port.process.send_signal(each)
            assert (await ask(number)).status == 200
        assert os.getsid(port.process.pid) == port.process.pid, "a terminal's reach others"


HOLDER = """
import asyncio, sys
from quietclicks.agents.settings import Settings
from quietclicks.agents.web.port import Port
from tests.bench.hostile_port import told
async def main():
    port = Port(Settings(web_port=int(sys.argv[1])), told)
    await port.start()
    await asyncio.sleep(600)
asyncio.run(main())
"""


def holder(number: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", HOLDER, str(number)], cwd=ROOT)


async def test_it_ends_with_its_worker_however_that_ends() -> None:
    number = free_port()
    worker = holder(number)
    try:
        await answers(number)
        [child] = psutil.Process(worker.pid).children()
    finally:
        worker.kill()
        worker.wait()
    gone, alive = await asyncio.to_thread(psutil.wait_procs, [child], PATIENCE)
    assert alive == []
    assert gone == [child]
    async with running(number):
        pass  # and the port is free again


async def test_a_taken_port_is_told() -> None:
    number = free_port()
    async with running(number):
        with pytest.raises(Failure, match=f"port {number} is taken by another program"):
            await Port(Settings(web_port=number), told).start()


async def test_a_flood_of_connections_holds_up_nobody() -> None:
    """A tenth of `tests.bench.hostile_port`, and with far fewer descriptors than it may take."""
    number = free_port()
    async with running(number) as port:
        assert port.process is not None
        pid = port.process.pid
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (FEW, FEW))
        seen = await hostile_port.flood(number, pid, 1000)
        assert port.process.poll() is None
    assert seen.honest == 10
    assert seen.slowest < WAIT
    assert seen.most < seen.before + GROWTH
