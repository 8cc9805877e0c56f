"""A stranger with a Kafka that denies by default types what README says, and sees trends."""

import asyncio
import base64
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings, load
from quietclicks.commands.options import read_policy
from quietclicks.commands.secure import access_folder, admin_settings, prepare
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics
from tests.kafka.test_run import log_of
from tests.kafka.world import PATIENCE, page, until
from tests.paths import ROOT

TOOL = ".venv/bin/quietclicks"
AT_ONCE = 40  # seconds, with a start of Python on a busy machine; the client alone tries for 48
TOPICS = len(topology(read_policy(str(ROOT / "deploy" / "policy.toml"), Settings())))


def commands() -> tuple[list[str], list[str]]:
    """What README's "Your own Kafka" has typed, without remarks: exports, commands."""
    text = (ROOT / "README.md").read_text("utf-8")
    part = text[text.index("## Your own Kafka") : text.index("| variable | default")]
    lines = [line.partition(" #")[0].strip() for line in part.splitlines() if line[:4] == "    "]
    exports = [line for line in lines if line.startswith("export ")]
    return exports, [line for line in lines if TOOL in line]


def test_from_the_plan_to_trends_by_readme_alone(tmp_path: Path) -> None:
    exports, typed = commands()
    assert [line.rpartition("quietclicks ")[2] for line in typed] == [
        "access plan",
        "access apply",
        "topics apply",
        "worker",
        "dashboard",
    ]
    with Broker.start(secure=prepare, progress=lambda _: None) as broker:
        admin_settings(broker)
        # What a stranger has: a super user's file with the CA, a policy, a key.
        shutil.copy(access_folder(broker.data_dir) / "admin.toml", tmp_path)
        shutil.copy(ROOT / "deploy" / "policy.toml", tmp_path)
        (tmp_path / "kek").write_bytes(base64.b64encode(secrets.token_bytes(32)))
        (tmp_path / "kek").chmod(0o644)
        started = time.monotonic()
        plan, apply, make_topics, worker, dashboard = (script(line, exports) for line in typed)
        planned = run(plan, tmp_path)
        assert " change(s) to do" in planned
        assert " change(s) done" in run(apply, tmp_path)
        assert " change(s) done" in run(make_topics, tmp_path)
        replay = f"{TOOL} replay --consent analytics {log_of(tmp_path)}"
        with running(worker, tmp_path, "worker"), running(dashboard, tmp_path, "dashboard") as said:
            run(script(as_role("worker", replay), exports), tmp_path)
            settings = load({}, str(tmp_path / "access" / "dashboard.toml"))
            asyncio.run(trends_are_there(settings))
            seconds = time.monotonic() - started
            asyncio.run(page_is_there(said))
            # The key was not made as README says; the file with the password was.
            warned = (tmp_path / "worker.log").read_text()
            assert "kek: others on this machine may read it: chmod 600 kek" in warned
            assert "chmod 600 access/worker.toml" not in warned
        # What the others do with what they may.
        for role, what, told in (
            ("inspector", "access check", "10 roles, all as the table asks"),
            ("auditor", "topics check", f"{TOPICS} topics, all as the policy asks"),
            ("inspector", "audit differencing", ""),
            ("inspector", "audit log", ""),
            ("operator", "offsets show", "anonymise: clickstream.raw[0]: "),
        ):
            line = as_role(role, f"{TOOL} {what}")
            assert told in run(script(line, exports), tmp_path), line
        asked = time.monotonic()
        as_analyst = script(as_role("analyst", f"{TOOL} audit log"), exports)
        told = run(as_analyst, tmp_path, status=1)
        assert "this user has no right to the topic privacy.audit" in told
        assert len(told.splitlines()) == 1
        assert time.monotonic() - asked < AT_ONCE
    print(f"from `access plan` to trends: {seconds:.0f} s; {planned.splitlines()[-1]}")


async def trends_are_there(settings: Settings) -> None:
    """As a dashboard."""
    consumer = clients.consumer(settings, *topics.PUBLISHED, auto_offset_reset="earliest")
    await clients.start(consumer, settings)
    try:

        async def seen() -> bool:
            return bool(await consumer.getmany(timeout_ms=200))

        await until(seen, "trends")
    finally:
        await clients.stop(consumer)


async def page_is_there(said: Path) -> None:
    """Where the dashboard says that it is, with the numbers."""

    def ports() -> list[str]:
        return re.findall(r"The live page: http://127\.0\.0\.1:([0-9]+)", said.read_text())

    async def told() -> bool:
        return bool(ports())

    await until(told, "the dashboard says where it is")
    port = int(ports()[0])

    async def shown() -> bool:
        return bool(json.loads(page(port, "/api/v1/sites"))["sites"])

    await until(shown, "the day is on the page")
    assert "<title>" in page(port, "/")


def as_role(role: str, line: str) -> str:
    """The same command as another role."""
    return f"QUIETCLICKS_CONFIG=access/{role}.toml {line[line.index(TOOL) :]}"


def script(line: str, exports: list[str]) -> list[str]:
    """As it is typed, but for where the tool lies; the process is the command itself."""
    tool = f"{sys.executable} -m quietclicks"
    return ["bash", "-c", "\n".join([*exports, f"exec env {line.replace(TOOL, tool)}"])]


def environment() -> dict[str, str]:
    # The log that is replayed has no live ticks, and there may be another worker on this machine.
    more = {
        "QUIETCLICKS_TICKS": "none",
        "QUIETCLICKS_WEB_PORT": "0",
        "QUIETCLICKS_DASHBOARD_PORT": "0",
    }
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **more}


def run(command: list[str], folder: Path, status: int = 0) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


@contextmanager
def running(command: list[str], folder: Path, name: str) -> Iterator[Path]:
    """The process, until it is told to stop; what it says goes into the file."""
    said = folder / f"{name}.log"
    with said.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=output, stderr=output
        )
    try:
        yield said
        assert process.poll() is None, said.read_text()
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0
