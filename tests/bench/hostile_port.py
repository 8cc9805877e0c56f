"""What hostile connections do to a worker's port: 10,000 of them, while somebody asks honestly.

    .venv/bin/python -m tests.bench.hostile_port

Needs no Kafka: the port is a worker's, and is told that all is well. Prints the slowest honest
answer and what the port's process holds, before and at most.
"""

import asyncio
import contextlib
import itertools
import socket
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from quietclicks.agents.settings import Settings
from quietclicks.agents.web.port import Port
from quietclicks.embedded.ports import free_port
from tests.agents.web.clients import PATIENCE, ask

CONNECTIONS = 10_000
AT_A_TIME = 200  # that the attacker holds: more than the port does
HOST = "127.0.0.1"
_GET = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
HOSTILE = {
    "no request": b"",
    "half a line": b"GET /hea",
    "half a header": _GET + b"X-A: aaaa",
    "8 KiB and no end": _GET + b"X-A: " + b"a" * 8000,
    "a request, and then nothing": _GET + b"Connection: keep-alive\r\n\r\n",
    "too long": _GET + b"X-A: " + b"a" * 20_000,
    "many requests at once": (_GET + b"\r\n") * 100,
    "another's name": b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00" * 100,
}


class Seen(NamedTuple):
    """Of a flood."""

    connections: int
    honest: int
    slowest: float  # seconds
    before: int  # MiB of the port's process
    most: int


def told() -> dict[str, Any]:
    """A worker that is well, with metrics as long as a worker's."""
    return {"state": "ok", "partitions": {}, "metrics": "quietclicks_x 1\n" * 300}


async def flood(port: int, pid: int, connections: int = CONNECTIONS) -> Seen:
    """Every kind in turn, as fast as it goes; between them somebody asks how the worker is."""
    held: deque[socket.socket] = deque()
    kinds: Iterator[bytes] = itertools.cycle(HOSTILE.values())
    before = most = resident(pid)
    honest, slowest = 0, 0.0
    try:
        for number in range(connections):
            held.append(_connect(port, next(kinds)))
            if len(held) > AT_A_TIME:
                held.popleft().close()
            if number % 100 == 99:
                began = time.monotonic()
                assert (await ask(port)).status == 200
                slowest = max(slowest, time.monotonic() - began)
                honest += 1
                most = max(most, resident(pid))
    finally:
        for each in held:
            each.close()
    return Seen(connections, honest, slowest, before, most)


def _connect(port: int, data: bytes) -> socket.socket:
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex((HOST, port))
    one.settimeout(5)
    with contextlib.suppress(OSError):  # let go already
        one.sendall(data)
    return one


def resident(pid: int) -> int:
    """MiB of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) >> 10


async def run(connections: int = CONNECTIONS) -> Seen:
    """Against a port of its own."""
    number = free_port()
    port = Port(Settings(web_port=number), told)
    await port.start()
    try:
        await answers(number)
        assert port.process is not None
        return await flood(number, port.process.pid, connections)
    finally:
        await port.stop()


async def answers(number: int) -> None:
    """Once it says that all is well."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if (await ask(number)).status == 200:
                    return
            except (OSError, AssertionError):
                await asyncio.sleep(0.05)


def main() -> None:
    """Print it."""
    seen = asyncio.run(run())
    print(
        f"{seen.connections:,} hostile connections; {seen.honest} honest requests between them, "
        f"the slowest {seen.slowest * 1000:.0f} ms; the port's process {seen.before} MiB before, "
        f"{seen.most} MiB at most"
    )


if __name__ == "__main__":
    main()
