"""The server that nobody can hold up: bounds in number, time and bytes, and what it answers."""

import asyncio
import contextlib
import errno
import os
import select
import socket
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from quietclicks.agents.web import server as server_module
from quietclicks.agents.web.exchange import SECURITY_HEADERS, Answer, Request, said
from quietclicks.agents.web.guard import Hosts, guarded
from quietclicks.agents.web.incoming import MAX_REQUEST_BYTES, Incoming
from quietclicks.agents.web.server import Limits, Server, is_on_this_machine, listen
from quietclicks.errors import Failure
from tests.agents.web.clients import PATIENCE, Got, ask, connect, parsed, send
from tests.runner_tools import until

FEW = Limits(connections=8, request_seconds=60.0, answer_seconds=60.0)
LARGE = b"x" * (32 << 20)  # more than any system keeps for a reader that does not read


async def later(request: Request) -> Answer:
    if request.path == "/later/never":
        await asyncio.Event().wait()
    await asyncio.sleep(0)
    if request.path == "/later/fails":
        raise RuntimeError("holds " + request.headers["x-secret"])
    return said(200, "late")


def answer(request: Request) -> Answer | Awaitable[Answer]:
    if request.path.startswith("/later"):
        return later(request)
    if request.path == "/fails":
        raise RuntimeError("holds " + request.headers["x-secret"])
    if request.path == "/large":
        return Answer(200, {}, LARGE)
    if request.path == "/healthz":
        return said(200, "well")
    return said(404, "not here")


@asynccontextmanager
async def serving(limits: Limits = FEW) -> AsyncIterator[tuple[Server, int]]:
    """A server on a free port."""
    listening = listen("127.0.0.1", 0)
    one = Server(listening, guarded(answer, Hosts((), on_this_machine=True)), limits)
    one.start()
    try:
        yield one, listening[0].getsockname()[1]
    finally:
        one.close()
        assert one.connections == 0


async def dribble(one: socket.socket) -> None:
    while True:
        one.send(b"x")
        await asyncio.sleep(0.05)


@contextmanager
def held(number: int, port: int, data: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections that say no more than this."""
    sockets = [connect(port, data) for _ in range(number)]
    try:
        yield sockets
    finally:
        for one in sockets:
            one.close()


HALF = {
    "nothing": b"",
    "a part of the line": b"GET /heal",
    "a line and no end": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
    "a header that goes on": b"GET /healthz HTTP/1.1\r\nX-A: " + b"a" * 4000,
}


@pytest.mark.parametrize("data", HALF.values(), ids=HALF)
async def test_half_open_requests_hold_up_nobody(data: bytes) -> None:
    """Far more than there may be: each waits for ever, if it were let."""
    async with serving() as (server, port):
        for _ in range(5):
            with held(50, port, data):
                await until(lambda: server.connections > 0, "server.connections > 0")
                for _ in range(3):
                    assert (await ask(port)).status == 200
                    assert server.connections <= FEW.connections


@pytest.mark.parametrize("data", HALF.values(), ids=HALF)
async def test_a_request_has_so_much_time_and_no_more(data: bytes) -> None:
    async with serving(Limits(request_seconds=0.3)) as (server, port):
        with held(3, port, data) as sockets:
            for one in sockets:
                one.setblocking(False)
                ended = await asyncio.wait_for(
                    asyncio.get_running_loop().sock_recv(one, 10), PATIENCE
                )
                assert ended == b""
            assert server.connections == 0


async def test_who_sends_a_byte_now_and_then_has_no_more_time() -> None:
    async with serving(Limits(request_seconds=0.5)) as (_, port):
        one = connect(port, b"GET /healthz HTTP/1.1\r\n")
        with one, pytest.raises((BrokenPipeError, ConnectionResetError)):
            await asyncio.wait_for(dribble(one), PATIENCE)


async def test_who_does_not_read_has_so_much_time_and_no_more() -> None:
    request = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with serving(Limits(answer_seconds=0.3)) as (server, port):
        with held(3, port, request) as sockets:
            # Each has begun to be answered, and is let go with what fitted into buffers.
            await until(lambda: all(map(is_readable, sockets)), "each answer has begun")
            await until(lambda: server.connections == 0, "all are let go")
            assert max(map(rest_of, sockets)) < len(LARGE)


async def test_a_long_answer_is_there_once_for_all_who_take_it() -> None:
    request = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with serving() as (_, port):
        tracemalloc.start()
        try:
            with held(3, port, request) as sockets:
                await until(lambda: all(map(is_readable, sockets)), "each answer has begun")
                assert tracemalloc.get_traced_memory()[1] < len(LARGE)
        finally:
            tracemalloc.stop()


def is_readable(one: socket.socket) -> bool:
    return bool(select.select([one], [], [], 0)[0])


def rest_of(one: socket.socket) -> int:
    """How many bytes there are still to read."""
    total = 0
    with contextlib.suppress(ConnectionResetError):
        while data := one.recv(1 << 20):
            total += len(data)
    return total


async def test_who_asks_and_stays_is_let_go() -> None:
    """There is no second request on a connection, so nothing idles."""
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"
    async with serving() as (server, port):
        with held(20, port, request) as sockets:
            for one in sockets[-FEW.connections :]:
                one.setblocking(False)
                got = await asyncio.get_running_loop().sock_recv(one, 10_000)
                assert parsed(got).headers["connection"] == "close"
            await until(lambda: server.connections == 0, "server.connections == 0")


async def test_the_one_that_waits_longest_makes_room() -> None:
    async with serving() as (server, port):
        with held(FEW.connections, port) as sockets:
            await until(lambda: server.connections == FEW.connections, "all are taken")
            with held(1, port):
                sockets[0].setblocking(False)
                loop = asyncio.get_running_loop()
                assert await asyncio.wait_for(loop.sock_recv(sockets[0], 1), PATIENCE) == b""
                sockets[1].setblocking(False)
                with pytest.raises(BlockingIOError):
                    sockets[1].recv(1)


async def test_without_a_descriptor_left_the_oldest_gives_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever else in the process takes them: the server neither fails nor spins."""
    left = 4

    class Scarce:
        """A listening socket in a process whose descriptors run out."""

        def __init__(self, real: socket.socket) -> None:
            self.real = real

        def accept(self) -> Any:
            if server.connections >= left:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return self.real.accept()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    listening: Any = [Scarce(one) for one in listen("127.0.0.1", 0)]
    server = Server(listening, guarded(answer, Hosts((), on_this_machine=True)), FEW)
    server.start()
    port = listening[0].getsockname()[1]
    try:
        with held(20, port):
            for _ in range(3):
                assert (await ask(port)).status == 200
        await until(lambda: server.connections == 0, "server.connections == 0")
        left = 0  # none of them is ours: it waits, and goes on
        monkeypatch.setattr(server_module, "PAUSE_SECONDS", 0.01)
        asking = asyncio.create_task(ask(port))
        await asyncio.sleep(0.05)
        assert not asking.done()
        left = 4
        assert (await asking).status == 200
    finally:
        server.close()


REFUSED = {
    "an empty line": (b"\r\n", 400),
    "nonsense": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
    "another protocol": (b"SSH-2.0-x\r\n\r\n", 400),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
    "no host, HTTP/1.0": (b"GET /healthz HTTP/1.0\r\n\r\n", 421),
    "another's name": (b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
    "a proxy's form": (b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "no path": (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "to write": (
        b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
        405,
    ),
    "another verb": (b"BREW /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    "another path": (b"GET /etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    "an encoded path": (b"GET /%68ealthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    "a fault": (b"GET /fails HTTP/1.1\r\nHost: localhost\r\nX-Secret: s3cret\r\n\r\n", 500),
    "a long line": (b"GET /" + b"a" * MAX_REQUEST_BYTES + b" HTTP/1.1\r\n", 431),
    "a long header": (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * (3 * MAX_REQUEST_BYTES),
        431,
    ),
    "many headers": (
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * MAX_REQUEST_BYTES,
        431,
    ),
    "many parameters": (
        b"GET /?" + b"&".join([b"a=b"] * 100) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        400,
    ),
    "a header with a null": (b"GET / HTTP/1.1\r\nHost: localhost\r\nA: \0\r\n\r\n", 400),
}


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
async def test_every_refusal_is_an_answer_like_any_other(
    data: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as (_, port):
        got = await send(port, data)
    assert got.status == status
    looks_right(got)
    assert b"s3cret" not in got.body + repr(got.headers).encode()
    assert "s3cret" not in caplog.text


def looks_right(got: Got) -> None:
    """Every header that keeps browsers from harm, and none that names what answers."""
    for name, value in SECURITY_HEADERS.items():
        assert got.headers[name.lower()] == value
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["connection"] == "close"
    assert not got.headers.keys() & {"server", "x-powered-by", "via"}
    for software in (b"h11", b"aiohttp", b"python", b"quietclicks/"):
        assert software not in got.body.lower() + repr(got.headers).lower().encode()


async def test_an_answer_looks_right() -> None:
    async with serving() as (_, port):
        got = await ask(port)
        looks_right(got)
        assert (got.status, got.body) == (200, b"well\n")
        assert got.headers["content-length"] == "5"
        head = await send(port, b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        looks_right(head)
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "5")


async def test_an_answer_that_is_larger_than_a_buffer_comes_whole() -> None:
    async with serving() as (_, port):
        assert (await ask(port, "/large")).body == LARGE


def test_a_taken_port_is_told() -> None:
    [taken] = listen("127.0.0.1", 0)
    with taken, pytest.raises(Failure, match="is taken by another program: name one with --port"):
        listen("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize("host", ["a" * 64, "a..example", "\udcff.example"])
def test_what_is_no_name_of_a_host_is_told(host: str) -> None:
    with pytest.raises(Failure, match="that is no name of a host"):
        listen(host, 0)


@pytest.mark.parametrize("more", [0, 1, 4000])
@pytest.mark.parametrize("parts", [1, 2], ids=["at once", "in two parts"])
def test_the_bound_holds_for_a_request_that_comes_whole(more: int, parts: int) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: "
    data = head + b"a" * (MAX_REQUEST_BYTES + more - len(head) - 4) + b"\r\n\r\n"
    incoming = Incoming()
    if parts == 2:
        assert incoming.feed(data[:8000]) is None
    found = incoming.feed(data[8000:] if parts == 2 else data)
    if more:
        assert isinstance(found, Answer)
        assert found.status == 431
    else:
        assert isinstance(found, Request)


def test_what_follows_a_request_is_not_counted_as_its_own() -> None:
    one = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n"
    assert isinstance(Incoming().feed(one + b"b" * 9000), Request)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-name.invalid"])
def test_an_address_that_cannot_be_had_is_told(host: str) -> None:
    with pytest.raises(Failure, match=f"cannot listen at {host}, port 0: "):
        listen(host, 0)


@pytest.mark.parametrize(
    ("host", "on_this_machine"),
    [("127.0.0.1", True), ("127.0.0.9", True), ("localhost", True), ("0.0.0.0", False)],  # noqa: S104 - for a moment
)
def test_who_can_reach_it_is_told_by_where_it_listens(host: str, on_this_machine: bool) -> None:
    listening = listen(host, 0)
    assert is_on_this_machine(listening) is on_this_machine
    for one in listening:
        one.close()


async def test_an_answer_may_take_a_while_and_holds_up_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    never = b"GET /later/never HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with serving() as (server, port):
        with held(FEW.connections, port, never):
            await until(lambda: server.connections == FEW.connections, "all are taken")
            for path in ("/later", "/healthz"):
                assert (await ask(port, path)).status == 200
            assert server.connections <= FEW.connections
        failed = await ask(port, "/later/fails", more="X-Secret: hunter2\r\n")
    assert (failed.status, failed.body) == (500, b"a fault of this server\n")
    assert "RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


async def test_an_answer_that_is_never_made_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MAKING_SECONDS", 0.3)
    async with serving() as (server, port):
        with held(1, port, b"GET /later/never HTTP/1.1\r\nHost: localhost\r\n\r\n") as [one]:
            assert await asyncio.get_running_loop().run_in_executor(None, one.recv, 10) == b""
        await until(lambda: server.connections == 0, "it is given up")
