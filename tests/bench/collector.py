"""A collector under load, and its broker away for a third of it: what is lost, how slow, how large.

    .venv/bin/python -m tests.bench.collector [--seconds 60] [--rate 1000] [--away 20]

It starts a broker and a collector of its own. Requests are sent by the clock, as visitors are: one
that has to wait counts its wait. Each is of another visitor, behind a proxy that is trusted. While
the broker is away its process is stopped, so that it keeps its connections and answers nothing.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from quietclicks.embedded.broker import Broker
from quietclicks.schemas import topics
from quietclicks.schemas.raw import ExactEvent
from tests.bench.hostile_port import resident
from tests.kafka.test_collector import AGENT, start
from tests.kafka.world import policy_text, start_broker, world
from tests.kafka_tools import read_all

CONNECTIONS = 64  # as a proxy in front keeps them
LATE_SECONDS = 0.001
SHARES = (0.5, 0.95, 0.99, 0.999)
NETWORKS = 5_000  # so that none is over its rate


class Seen(NamedTuple):
    """Of one run. Times in seconds, sizes in MiB."""

    statuses: Counter[int]
    waits: list[tuple[float, float]]  # since when, after the begin, and how long
    records: int
    distinct: int
    resident: list[int]
    cpu: float  # of the collector's process


class _Connection(asyncio.Protocol):
    """One request at a time; `free` gets it back when the answer is there."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._due = 0.0
        self._answer = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._load.free.append(self)

    def send(self, request: bytes, due: float) -> None:
        self._due, self._answer = due, b""
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if self._answer.endswith(b"\r\n\r\n"):  # an answer without a body
            self._load.answered(int(self._answer[9:12]), self._due)
            self._load.free.append(self)

    def close(self) -> None:
        self._transport.close()


class Load:
    """Page views by the clock, over some connections."""

    def __init__(self, port: int, rate: int, seconds: float) -> None:
        self._port = port
        self._rate = rate
        self._all = int(rate * seconds)
        self.free: deque[_Connection] = deque()
        self.statuses: Counter[int] = Counter()
        self.waits: list[tuple[float, float]] = []
        self._began = 0.0
        self._all_answered = asyncio.Event()

    def answered(self, status: int, due: float) -> None:
        self.statuses[status] += 1
        self.waits.append((due - self._began, time.monotonic() - due))
        if len(self.waits) == self._all:
            self._all_answered.set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        made = [
            await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self._port)
            for _ in range(CONNECTIONS)
        ]
        self._began, sent = time.monotonic(), 0
        while sent < self._all:
            due = min(self._all, int((time.monotonic() - self._began) * self._rate))
            while sent < due and self.free:
                self.free.popleft().send(request(sent), self._began + sent / self._rate)
                sent += 1
            await asyncio.sleep(LATE_SECONDS)
        await self._all_answered.wait()
        for _, connection in made:
            connection.close()


def request(number: int) -> bytes:
    """Each is a view of its own, of one of many networks."""
    network = number % NETWORKS
    body = json.dumps(
        {
            "url": f"https://shop.example/item/{number}?colour=red",
            "referrer": "https://www.google.com/",
            "consent": {"analytics": True},
        }
    )
    return (
        "POST /collect HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"X-Forwarded-For: 10.{network >> 8}.{network & 255}.7\r\nUser-Agent: {AGENT}\r\n"
        "Accept-Language: de,en;q=0.5\r\nOrigin: https://shop.example\r\nSec-GPC: 0\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def measure(seconds: float, rate: int, away: float) -> Seen:
    """The broker is away in the middle."""
    with (
        start_broker() as broker,
        tempfile.TemporaryDirectory() as name,
    ):
        async with world(Path(name), policy_text(), broker) as made:
            process = start(made, made.folder / "collector.log", {})
            try:
                port = await asyncio.to_thread(_port, process)
                load = Load(port, rate, seconds)
                sizes = [resident(process.pid)]
                pausing = asyncio.create_task(_pause(broker, (seconds - away) / 2, away))
                watching = asyncio.create_task(_watch(process.pid, sizes))
                await load.run()
                await pausing
                watching.cancel()
                cpu = processor_seconds(process.pid)
                process.send_signal(signal.SIGTERM)
                status = await asyncio.to_thread(process.wait, 60)
                assert status == 0, (made.folder / "collector.log").read_text()
            finally:
                process.kill()
                process.wait()
            records = await read_all(broker.bootstrap, topics.RAW)
    urls = {msgspec.json.decode(each.value or b"", type=ExactEvent).url for each in records}
    return Seen(load.statuses, load.waits, len(records), len(urls), sizes, cpu)


def processor_seconds(pid: int) -> float:
    """Of a process so far, in user and system mode (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _port(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(process.stdout.readline().rstrip("/\n").rpartition(":")[2])


async def _pause(broker: Broker, before: float, away: float) -> None:
    await asyncio.sleep(before)
    with stopped(broker.pid):
        await asyncio.sleep(away)


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does nothing meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def _watch(pid: int, sizes: list[int]) -> None:
    while True:
        await asyncio.sleep(1)
        sizes.append(resident(pid))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--away", type=float, default=20)
    given = parser.parse_args()
    seen = asyncio.run(measure(given.seconds, given.rate, given.away))
    taken = sum(number for status, number in seen.statuses.items() if 200 <= status < 300)
    print(f"answers: {dict(seen.statuses)}; records: {seen.records}, distinct {seen.distinct}")
    print(f"answered 2xx and not in the topic: {taken - seen.distinct}")
    gone, back = (given.seconds - given.away) / 2, (given.seconds + given.away) / 2
    for what, begin, end in (
        ("all", 0.0, given.seconds),
        ("before", 0.0, gone),
        ("away", gone, back),
        ("after", back, given.seconds),
    ):
        waits = sorted(wait for at, wait in seen.waits if begin <= at < end)
        told = [f"p{share * 100:g} {waits[int(len(waits) * share)] * 1000:.1f}" for share in SHARES]
        print(f"{what}: {', '.join(told)}, at most {waits[-1] * 1000:.1f} ms")
    print(f"CPU of the collector: {seen.cpu / len(seen.waits) * 1e6:.0f} µs a request")
    third = len(seen.resident) // 3
    parts = seen.resident[:third], seen.resident[third : 2 * third], seen.resident[2 * third :]
    print(f"MiB, at most: {seen.resident[0]} before; {', '.join(str(max(p)) for p in parts)}")
    sys.exit(0 if taken == seen.distinct == seen.records else 1)


if __name__ == "__main__":
    main()
