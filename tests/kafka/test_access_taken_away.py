"""Rights and users that are missing or are taken away while a worker runs: one clear line each."""

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quietclicks.agents.access import live
from quietclicks.agents.access.apply import apply
from quietclicks.agents.kafka import topics as agent
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.replay import send
from quietclicks.commands.secure import admin_settings, prepare
from quietclicks.embedded.broker import Broker
from quietclicks.embedded.ports import free_port
from quietclicks.pipeline.access.diff import Entry
from quietclicks.pipeline.access.rights import Right
from quietclicks.pipeline.topology.topics import topology
from tests.access_tools import POLICY, TEXT, WANTED, Roles
from tests.kafka.world import KEK, page, until
from tests.kafka_tools import SharedBroker
from tests.paths import ROOT

PATIENCE = 120


class Worker:
    """A worker as its role; what it says goes to a file."""

    def __init__(self, roles: Roles, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self._log = folder / "worker.log"
        (folder / "policy.toml").write_text(TEXT)
        (folder / "kek").write_bytes(base64.b64encode(KEK))
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "quietclicks", "worker", "--port", str(self.port)],
                env={
                    "PATH": os.environ["PATH"],
                    "QUIETCLICKS_CONFIG": str(roles.files / "worker.toml"),
                    "QUIETCLICKS_POLICY": str(folder / "policy.toml"),
                    "QUIETCLICKS_KEY_ENCRYPTION_KEY_FILE": str(folder / "kek"),
                    "QUIETCLICKS_TICK_SECONDS": "0.5",
                    "QUIETCLICKS_SESSION_SECONDS": "6",
                    **environment,
                },
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    async def works(self) -> None:
        """Until it owns its partitions."""

        async def ok() -> bool:
            assert self.process.poll() is None, self.said
            try:
                return '"ok"' in await asyncio.to_thread(page, self.port, "/healthz")
            except OSError:
                return False

        await until(ok, "it works", PATIENCE)

    async def ends(self) -> str:
        """What it says of itself in the end; a client's own tasks may have a last word."""

        async def ended() -> bool:
            return self.process.poll() is not None

        await until(ended, "it ends", PATIENCE)
        assert self.process.returncode == 1
        assert "Traceback" not in self.said
        *_, line = (each for each in self.said.splitlines() if each.startswith("quietclicks: "))
        return line


@pytest.fixture
def worker(fresh: Roles, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(fresh, tmp_path)
    yield made
    made.process.kill()
    made.process.wait()


def event(number: int) -> bytes:
    return json.dumps(
        {
            "event_id": f"e{number}",
            "site": "shop.example",
            "timestamp": datetime.now(UTC).isoformat(),
            "url": "/products/1",
            "ip": "198.51.100.7",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "consent": {"analytics": True, "partners": True},
        }
    ).encode()


async def offer(roles: Roles, numbers: range) -> None:
    """Events, as the collector."""
    events = [(event(number), False) for number in numbers]
    await send(roles.settings("collector"), events, lambda _: None)


async def test_a_user_who_is_taken_away(tmp_path: Path) -> None:
    """Connections that are there stay; the first new one is refused, and that ends the worker.

    Where a commit meets the broker's restart, its silence does; whoever starts it again is told.
    """
    with Broker.start(secure=prepare, progress=lambda _: None) as broker:
        admin = await asyncio.to_thread(admin_settings, broker)
        shared = SharedBroker(broker.bootstrap, broker.data_dir)
        made = Roles(shared, WANTED)
        await asyncio.to_thread(apply, admin, WANTED, made.files)
        await agent.apply(admin, topology(POLICY))
        worker = Worker(made, tmp_path)
        try:
            await worker.works()
            user = made.settings("worker").sasl_username or ""
            await asyncio.to_thread(_delete, made, user)
            await asyncio.to_thread(broker.restart)
            line = await worker.ends()
            again = Worker(made, tmp_path)
            line_of_the_next_start = await again.ends()
        finally:
            worker.process.kill()
            worker.process.wait()
    refused = "does not take the user of these settings with this password"
    assert re.search(f"{refused}|the broker (does|did) not answer", line)
    assert refused in line_of_the_next_start
    asks = "has it been changed, or the user taken away? See `quietclicks access check`"
    assert asks in line_of_the_next_start


def _delete(roles: Roles, user: str) -> None:
    with administration(roles.admin) as client:
        live.delete_user(client, user)


def user_of(roles: Roles) -> str:
    return f"User:{roles.settings('worker').sasl_username}"


async def take(roles: Roles, right: Right) -> None:
    assert right in WANTED["worker"]

    def revoke() -> None:
        with administration(roles.admin) as client:
            live.revoke(client, [Entry(user_of(roles), right)])

    await asyncio.to_thread(revoke)


TAKEN = [
    (Right("topic", "clickstream.raw", False, "Read"), "the topic clickstream.raw"),
    (Right("topic", "clickstream.pseudonymised", False, "Write"), "the topic clickstream.pseud"),
    (Right("group", "quietclicks.", True, "Read"), "the group quietclicks."),
    (Right("transactional id", "quietclicks.", True, "Write"), "the transactional id"),
]


@pytest.mark.parametrize(("right", "told"), TAKEN, ids=lambda value: str(value))
async def test_a_right_that_is_taken_away(
    fresh: Roles, worker: Worker, right: Right, told: str
) -> None:
    await worker.works()
    await offer(fresh, range(10))
    await take(fresh, right)
    await offer(fresh, range(10, 30))
    line = await worker.ends()
    assert f"this user has no right to {told}" in line, worker.said
    assert "see `quietclicks access check`" in line
