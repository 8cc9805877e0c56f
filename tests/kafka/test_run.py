"""`quietclicks run`: the whole thing in one command, and nothing of it left behind."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from quietclicks.embedded.ports import free_port
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import KeyDestroyed
from quietclicks.pipeline.evidence.notes import verifier_key
from quietclicks.pipeline.evidence.receipts import FIRST_LINE, read
from tests.commands.typed import PATIENCE
from tests.kafka.world import until
from tests.paths import ROOT

LINES = 40
OLD = date(2024, 3, 1)
FILES = {"worker.toml", "dashboard.toml", "auditor.toml"}  # each process as its own role


def log_of(folder: Path, day: date = OLD) -> Path:
    """A log with an hour that 20 visitors make public, and a line that is no page."""
    log = folder / "access.log"
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    lines = [
        f"198.51.100.{number % 20} - - [{day:%d/%b/%Y}:10:{number:02}:00 +0000] "
        f'"GET /products/{number % 2} HTTP/1.1" 200 512 "-" "{agent}"'
        for number in range(LINES)
    ]
    log.write_text("\n".join([*lines, "no log line"]) + "\n")
    return log


@contextmanager
def running(folder: Path, day: date, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, with a folder of its own for what is temporary."""
    log = log_of(folder, day)
    temporary = folder / "temporary"
    temporary.mkdir()
    own = {"TMPDIR": str(temporary), "QUIETCLICKS_DASHBOARD_PORT": str(free_port())}
    process = subprocess.Popen(
        [sys.executable, "-m", "quietclicks", "run", "--log", str(log), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **own},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def nothing_is_left(folder: Path, family: list[psutil.Process]) -> None:
    """Every process ends by itself within a bounded time, and takes its files along."""

    async def alone() -> bool:
        return not any(
            each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in family
        )

    await until(alone, f"gone: {[each.pid for each in family]}", PATIENCE)
    assert list((folder / "temporary").iterdir()) == []


@pytest.mark.parametrize("options", [(), ("--secure",)], ids=["", "secure"])
async def test_once(tmp_path: Path, options: tuple[str, ...]) -> None:
    with running(tmp_path, OLD, "--once", *options) as process:
        assert process.stdout is not None
        out = ""
        family: list[psutil.Process] = []
        for line in process.stdout:
            out += line
            if line.startswith("The live page: http"):
                family = psutil.Process(process.pid).children(recursive=True)
                configs = [each for each in map(config_of, family) if each]
        assert process.wait(PATIENCE) == 0, out
    assert f"{LINES + 1} events in = {LINES} pseudonymised + 1 rejected: the books balance." in out
    assert "hourly trends: 40 views" in out
    assert "daily trends: 40 views" in out
    assert "Taken for granted: SITE=shop.example CONSENT=analytics" in out
    assert "Traceback" not in out
    assert_the_key_is_gone(out)
    assert_it_is_audited(out, secure=bool(options))
    assert len(family) >= 2, "workers and broker were not its children"
    assert {Path(each).name for each in configs} == (FILES if options else set())
    await nothing_is_left(tmp_path, family)


def assert_the_key_is_gone(out: str) -> None:
    """Step by step, after the trends; and anybody can check the receipt that is shown."""
    trends, _, end = out.partition("the books balance.")
    assert "The key of" not in trends
    assert end.count(f"The key of {OLD}: made") > 1, "it goes on while one looks"
    assert f"The key of {OLD}: made, due, cut, tombstoned, absent, destroyed\n" in end
    file, _, says = end[end.index(FIRST_LINE) :].partition(f"Verified: the key of {OLD} ")
    receipt = read(file.encode())
    receipt.check([verifier_key(says.splitlines()[0].split()[-1])])
    body = decode(receipt.entry).body
    assert isinstance(body, KeyDestroyed)
    assert body.day == OLD


def assert_it_is_audited(out: str, *, secure: bool) -> None:
    """As often as the policy says, which is once, and at the end; broken is what has to be."""
    audits = re.findall(r"(?m)^Audited: (\d+) promises held, (\d+) broken, \d+ not checked$", out)
    assert len(audits) == 2
    assert out.rindex("Audited: ") > out.index("Verified: "), "the last one is of all there is"
    assert all(int(held) > 0 for held, _ in audits)
    assert all((int(broken) > 0) != secure for _, broken in audits)
    named = re.findall(r"(?m)^  broken check: .*$", out)
    assert len(named) == (0 if secure else 2 * 2), "users and encryption, and nothing else"
    assert all("SECURE=1" in each for each in named)


def config_of(process: psutil.Process) -> str:
    """The settings file of a process; what it was given holds no password."""
    given = process.environ()
    assert not {name for name in given if "PASSWORD" in name}
    return str(given.get("QUIETCLICKS_CONFIG", ""))


@pytest.mark.parametrize(
    ("end", "age", "last", "options", "status"),
    [
        pytest.param(
            *(signal.SIGTERM, 30, r"  \d+ s  The key of \S+: made", ["--once"], 130),
            id="a-key-is-ending-once",
        ),
        pytest.param(signal.SIGINT, 30, r"All is released\.", [], 0, id="all-is-released"),
        pytest.param(
            *(signal.SIGKILL, 1, r"The key of \S+ is due at \S+, not in", [], -9),
            id="a-young-log",
        ),
    ],
)
async def test_ended_while_it_serves(
    tmp_path: Path, end: signal.Signals, age: int, last: str, options: list[str], status: int
) -> None:
    """In order; status 0 is said by no run that was to come to its end, and did not."""
    with running(tmp_path, datetime.now(UTC).date() - timedelta(days=age), *options) as process:
        assert process.stdout is not None
        out = ""
        for line in process.stdout:
            out += line
            if re.match(last, line):
                break
        assert re.search(f"(?m)^{last}", out), out
        assert "the books balance." in out
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2
        process.send_signal(end)
        if end is signal.SIGKILL:
            process.wait(PATIENCE)
        else:
            rest, _ = process.communicate(timeout=PATIENCE)
            assert "Traceback" not in rest
            assert json.dumps(rest).count("Stopping") == 1
        assert process.returncode == status
        await nothing_is_left(tmp_path, family)
