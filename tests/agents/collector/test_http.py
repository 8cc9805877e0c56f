"""The collector's socket: bounded in size, time and number, and silent about who asks."""

import asyncio
import contextlib
import gzip
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from quietclicks.agents.collector import http
from quietclicks.agents.collector.http import MAX_BODY_BYTES, Answering, Server
from quietclicks.agents.web.exchange import Answer, said
from quietclicks.pipeline.collect.view import Hit
from tests.agents.web.clients import PATIENCE, Got, parsed
from tests.bench.hostile_port import HOSTILE

CANARY = "canary-4711"


class Asked:
    """Answers with 204, and keeps what it was asked."""

    def __init__(self) -> None:
        self.hits: list[tuple[Hit, str]] = []

    def __call__(self, hit: Hit, peer: str) -> Answer:
        self.hits.append((hit, peer))
        return Answer(204, {}, b"")


@asynccontextmanager
async def serving(answer: Answering, max_connections: int = 500) -> AsyncIterator[int]:
    """The port."""
    runner = web.ServerRunner(Server(answer, max_connections), shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def send(port: int, data: bytes) -> Got:
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(data)
            # Of what is no HTTP/1.1 it does not know that this is spoken.
            return parsed((await reader.read()).replace(b"HTTP/1.0", b"HTTP/1.1", 1))
        finally:
            writer.close()


def post(body: bytes, *more: str, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    lines = ["POST /collect?a=1 HTTP/1.1", "Host: x", "Connection: close", *more]
    head = "\r\n".join([*lines, f"Content-Length: {size}", "", ""])
    return head.encode("utf-8", "surrogateescape") + body


async def test_a_request_as_it_is_read() -> None:
    asked = Asked()
    async with serving(asked) as port:
        got = await send(
            port,
            post(
                b"hello", "User-Agent: A", "DNT: 0", "dnt: 1", "Cookie: a=1", "Cookie: b=2"
            ).replace(b"User-Agent: A", b"User-Agent: \xff\xc3\xa9"),
        )
    assert got.status == 204
    [(hit, peer)] = asked.hits
    assert (hit.method, hit.path, hit.query, hit.body) == ("POST", "/collect", "a=1", b"hello")
    assert hit.headers["dnt"] == "0, 1"
    assert hit.headers["cookie"] == "a=1; b=2"
    assert hit.headers["user-agent"] == "\ufffdé"
    assert peer == "127.0.0.1"


async def test_no_answer_names_the_software() -> None:
    async with serving(Asked()) as port:
        for data in (post(b""), b"\x16\x03\x01\r\n\r\n", post(b"x" * (MAX_BODY_BYTES + 1))):
            got = await send(port, data)
            assert got.headers.get("server", "") == ""
            assert b"aiohttp" not in got.body.lower()
            assert b"python" not in got.body.lower()


async def test_a_body_has_a_bound() -> None:
    asked = Asked()
    async with serving(asked) as port:
        assert (await send(port, post(b"x" * MAX_BODY_BYTES))).status == 204
        assert (await send(port, post(b"x" * (MAX_BODY_BYTES + 1)))).status == 413
    assert len(asked.hits) == 1


async def test_who_sends_on_and_on_is_held_in_bounds() -> None:
    """Of headers that never end, and of a body that nobody waits for."""
    asked = Asked()
    header = b"A: " + b"x" * 8000 + b"\r\n"
    chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
    async with serving(asked) as port, asyncio.timeout(PATIENCE):
        for first, more in (
            (b"POST /collect HTTP/1.1\r\nHost: x\r\n", header),
            (b"POST /collect HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", chunk),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(first)
            with contextlib.suppress(ConnectionError):
                while not reader.at_eof():
                    writer.write(more)
                    await writer.drain()
                    await asyncio.sleep(0)
            writer.close()
    assert asked.hits == []


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd", "br", "gzip, gzip", "nonsense"])
async def test_nothing_is_unpacked(name: str) -> None:
    """A thousandfold of what arrived would be made of it."""
    asked = Asked()
    packed = gzip.compress(b"x" * MAX_BODY_BYTES)
    async with serving(asked) as port:
        assert (await send(port, post(packed, f"Content-Encoding: {name}"))).status == 204
    assert [hit.body for hit, _ in asked.hits] == [packed]


async def test_headers_have_a_bound() -> None:
    asked = Asked()
    async with serving(asked) as port:
        assert (await send(port, post(b"", "A: " + "x" * 9000))).status == 400
        assert (await send(port, post(b"", *(f"A{n}: x" for n in range(200))))).status == 400
        assert (await send(port, b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n")).status == 400
    assert asked.hits == []


async def test_a_body_that_does_not_arrive_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "BODY_SECONDS", 0.05)
    asked = Asked()
    async with serving(asked) as port:
        assert (await send(port, post(b"part", length=100))).status == 408
    assert asked.hits == []


async def test_headers_that_do_not_arrive_are_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "IDLE_SECONDS", 0.05)
    async with serving(Asked()) as port, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /collect HTTP/1.1\r\nHost:")
        assert await reader.read() == b""
        writer.close()


async def test_who_was_quiet_for_longest_makes_room() -> None:
    one = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    async with serving(Asked(), max_connections=2) as port, asyncio.timeout(PATIENCE):
        first, second, third = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        assert await first[0].read() == b"", "the oldest is closed"
        second[1].write(one)
        await second[0].readuntil(b"\r\n\r\n")
        fourth = await asyncio.open_connection("127.0.0.1", port)
        assert await third[0].read() == b"", "it has said nothing, and the second has"
        for reader, writer in (second, fourth):
            writer.write(one)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        for _, writer in (first, second, third, fourth):
            writer.close()


async def test_who_asks_honestly_is_answered_among_many_who_do_not() -> None:
    kinds = [*HOSTILE.values(), post(b"half", length=1000)]
    async with serving(Asked(), max_connections=20) as port:
        held = []
        for data in kinds * 20:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data)
            held.append(writer)
        assert (await send(port, post(b"hello"))).status == 204
        for writer in held:
            writer.transport.abort()


async def test_a_connection_serves_many_requests() -> None:
    async with serving(Asked()) as port, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(b"POST /collect HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        writer.close()


async def test_no_log_line_and_no_answer_holds_what_was_sent(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also not where the library, or our own code, fails over it."""
    monkeypatch.setattr(http, "BODY_SECONDS", 0.1)
    monkeypatch.setattr(http, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr(http, "PARTING_SECONDS", 0.1)
    caplog.set_level(logging.DEBUG)

    def fails(hit: Hit, peer: str) -> Answer:
        raise ValueError(hit.headers, hit.body, peer)

    canary = CANARY.encode()
    broken = [
        post(canary, f"User-Agent: {CANARY}"),
        post(canary, f"{CANARY}"),
        b"GET /" + canary + b" HTTP/9.9\r\n\r\n",
        canary + b"\r\n\r\n",
        b"PROXY TCP4 " + canary + b" 192.0.2.1 4711 80\r\n" + post(b"{}"),
        b"\r\n\r\n\x00\r\nQUIT\n!\x11\x00\x0c" + canary,
        b"GET / HTTP/1.1\r\n" + canary + b"\x00: 1\r\n\r\n",
        post(canary, "Content-Encoding: gzip"),
        post(canary, "Transfer-Encoding: chunked"),
        post(canary, f"Expect: {CANARY}"),
        b"OPTIONS * HTTP/1.1\r\nHost: " + canary + b"\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\n\r\n",
    ]
    async with serving(fails) as port:
        for data in broken:
            try:
                got = await send(port, data)
            except (AssertionError, ConnectionError):
                continue  # none is an answer, too
            assert got.status >= 400
            assert canary not in got.body
            assert CANARY not in json.dumps(got.headers)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(canary, length=1000))
        await writer.drain()
        writer.transport.abort()
    assert any("could not be answered: ValueError" in each.getMessage() for each in caplog.records)
    for record in caplog.records:
        assert record.exc_info is None
    assert CANARY not in caplog.text
    assert "127.0.0.1" not in "".join(
        record.getMessage() for record in caplog.records if record.name != "asyncio"
    )


def test_the_answers_of_others_are_taken_as_they_are() -> None:
    response = http.response(said(404, "no", {"Vary": "Origin"}))
    assert (response.status, response.headers["Vary"], response.body) == (404, "Origin", b"no\n")


def test_nothing_is_kept_on_the_way_that_does_not_say_so() -> None:
    for status in (200, 404, 405, 429, 503):
        assert http.response(said(status, "no")).headers["Cache-Control"] == "no-store"
    kept = http.response(said(200, "yes", {"Cache-Control": "no-cache"}))
    assert kept.headers.getall("Cache-Control") == ["no-cache"]
