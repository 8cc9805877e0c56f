"""Keeps worker processes running, as an operator's supervisor would, and says how they ended.

A worker that was killed or that ended with status 1 is started again; any other end is a fault of
the product's.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from quietclicks.embedded.ports import HOST, free_port
from tests.chaos.checks import Found
from tests.paths import ROOT

LOOK_SECONDS = 0.1
PAUSE_SECONDS = 0.3  # before a start
STOPPING_SECONDS = 150  # a broker that does not answer holds a worker up
REASON = re.compile(r"^quietclicks: \S.*$")
NUMBERS = re.compile(r"\d+")


class Worker:
    """One process; what it says goes to a file."""

    def __init__(self, folder: Path, number: int, environment: Mapping[str, str]) -> None:
        self.log = folder / f"worker-{number}.log"
        self.port = free_port()
        self.stopping: float | None = None  # since when
        self.leaves = False  # it is not started again
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.worker", "worker", "--port", str(self.port)],
                env=environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    @property
    def said(self) -> str:
        """All of its output so far."""
        return self.log.read_text("utf-8", "replace")

    @property
    def last_words(self) -> str:
        """Its last line."""
        return ["", *self.said.split("\n")][-2]

    def signal(self, number: int) -> None:
        """To the process, if it is there."""
        if number == signal.SIGTERM and self.stopping is None:
            self.stopping = time.monotonic()
        if self.status is None:
            self._process.send_signal(number)
        if number == signal.SIGKILL:
            self._process.wait()

    def end(self) -> None:
        """`kill -9`, and wait."""
        self._process.kill()
        self._process.wait()

    def health(self) -> str:
        """What /healthz says of its state, or that it says nothing."""
        asking = HTTPConnection(HOST, self.port, timeout=5)
        try:
            asking.request("GET", "/healthz")
            return str(json.load(asking.getresponse())["state"])
        except (HTTPException, OSError, ValueError):
            return "does not answer"
        finally:
            asking.close()


class Supervisor:
    """`run` looks after the workers until it is cancelled."""

    def __init__(self, folder: Path, environment: Mapping[str, str], workers: int) -> None:
        self.found: list[Found] = []
        self.ends: Counter[str] = Counter()  # how many ended how
        self._folder = folder
        self._environment = environment
        self._number = 0
        self.workers: list[Worker] = []
        for _ in range(workers):
            self.add()

    def add(self) -> Worker:
        """Start one more."""
        worker = Worker(self._folder, self._number, self._environment)
        self._number += 1
        self.workers.append(worker)
        return worker

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            ended = [worker for worker in self.workers if self._has_ended(worker)]
            if ended:
                await asyncio.sleep(PAUSE_SECONDS)
            for worker in ended:
                self.workers.remove(worker)
                if not worker.leaves:
                    self.add()

    def stop(self) -> None:
        """End all of them."""
        for worker in self.workers:
            worker.end()

    def owner(self, port: int) -> Worker | None:
        """The worker whose end of a connection has this port."""
        wanted = _socket(port)
        for worker in self.workers:
            if wanted in _sockets(worker.pid):
                return worker
        return None

    def logs(self) -> Iterator[Path]:
        """Of all workers there ever were."""
        return iter(sorted(self._folder.glob("worker-*.log")))

    def _has_ended(self, worker: Worker) -> bool:
        status = worker.status
        if status is None:
            if worker.stopping and time.monotonic() - worker.stopping > STOPPING_SECONDS:
                self._blame(worker, f"has not stopped {STOPPING_SECONDS} s after SIGTERM")
                worker.signal(signal.SIGKILL)
                worker.stopping = None
            return False
        if status == 1:
            self._look_at_reason(worker)
        elif status == 0 and worker.stopping is not None:
            self.ends["stopped"] += 1
        elif status in (-signal.SIGKILL, -signal.SIGTERM):
            self.ends["killed"] += 1
        else:
            self._blame(worker, f"ended with status {status}: {worker.last_words}")
        return True

    def _look_at_reason(self, worker: Worker) -> None:
        words = worker.last_words
        self.ends[NUMBERS.sub("N", words)] += 1
        if not REASON.match(words):
            self._blame(worker, "ended with status 1, and its last line is no reason")

    def _blame(self, worker: Worker, what: str) -> None:
        self.found.append(Found("ends of workers", f"{worker.log.name} {what}"))


def _socket(port: int) -> str:
    """The inode of the socket that is bound to a local port, as /proc names it."""
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        fields = line.split()
        is_open = fields[9] != "0"  # a closed one is nobody's, and is listed for a minute more
        if is_open and int(fields[1].rpartition(":")[2], 16) == port:
            return f"socket:[{fields[9]}]"
    return "none"


def _sockets(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(os.readlink(each))
    return found
