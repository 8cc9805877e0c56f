"""A web server as people have it: a process on a free port of this machine, with our configuration.

Requests go to it as browsers send them; what it logs is followed from before its start on.
"""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from quietclicks.pipeline.anonymise.decode import decode
from quietclicks.pipeline.rejected import Rejected
from quietclicks.schemas.raw import ExactEvent, RawEvent, Tick
from tests.agents.follow.followed import FIREFOX, Follower, Topic
from tests.paths import ROOT

SHIPPED = ROOT / "deploy" / "logs"
PATIENCE = 60  # seconds
HOST = "shop.example"
BROWSER = {"User-Agent": FIREFOX, "Accept-Language": "de,en;q=0.8"}
CHOSEN = {"Cookie": "a=b; consent=yes; c=d"}


def installed(name: str) -> str:
    """A server's program; the test is skipped where there is none."""
    # Debian has servers where users do not look for programs.
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"needs {name}, which is not installed")
    return found


def shipped(name: str, paths: Mapping[str, Path]) -> str:
    """A configuration of deploy/logs/, with this test's paths for those that stand in it."""
    text = (SHIPPED / name).read_text("utf-8")
    for written, path in paths.items():
        assert text.count(f" {written} ") == 1, f"{written} does not stand in {name} once"
        text = text.replace(f" {written} ", f" {path} ")
    return text


class Server(NamedTuple):
    """Where it listens, what follows its log, and how it is told something."""

    port: int
    follower: Follower
    send_signal: Callable[[int], None]

    def ask(self, target: str, headers: Mapping[str, str] = BROWSER, method: str = "GET") -> int:
        """A request as it is typed here; the status of its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": HOST, **headers}.items():
                connection.putheader(name, value.encode("latin-1"))
            connection.endheaders()
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()


@contextmanager
def running(
    command: Sequence[str | Path], log: Path, port: int, end: int = signal.SIGTERM
) -> Iterator[Server]:
    """Until the block ends; by its signal `end` it writes first what it has to log."""
    follower = Follower(log, log.with_name("state.json"), Topic())
    follower.catch_up()
    output = log.with_name("said.txt")
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
            env={"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(log.parent)},
            start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE
        while not _listens(port):
            assert process.poll() is None, output.read_text("utf-8", "replace")
            assert time.monotonic() < deadline, output.read_text("utf-8", "replace")
            time.sleep(0.05)
        yield Server(port, follower, process.send_signal)
        process.send_signal(end)
        process.wait(PATIENCE)
        follower.catch_up()
    finally:
        with suppress(ProcessLookupError):  # that all have ended
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        follower.die()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def events(server: Server) -> list[RawEvent]:
    """What was followed, each as the pipeline decodes it, by page; rejected ones are left out.

    A server's threads write lines in whatever order they end.
    """
    found: list[RawEvent | Tick] = []
    for value in server.follower.topic.values:
        try:
            found.append(decode(value))
        except Rejected:
            continue
    assert all(isinstance(each, ExactEvent) for each in found), "a field that nobody listed"
    return sorted((each for each in found if isinstance(each, RawEvent)), key=_page)


def _page(event: RawEvent) -> str:
    return event.url.partition("://")[2]
