"""Clients of a web server in tests: one that asks honestly, and parts of those that do not."""

import asyncio
import socket
from typing import NamedTuple

PATIENCE = 60  # seconds: a bound against hanging, on a machine that does much else


class Got(NamedTuple):
    """An answer, read to the end of its connection."""

    status: int
    headers: dict[str, str]  # names in small letters
    body: bytes


async def ask(
    port: int, path: str = "/healthz", host: str = "localhost", *, more: str = "", to: str = ""
) -> Got:
    """GET, with a `Host` header and what is given besides."""
    return await send(port, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode(), to=to)


async def send(port: int, data: bytes, *, to: str = "") -> Got:
    """Whatever it is; the answer to it. Raises `AssertionError` where there is none."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(to or "127.0.0.1", port)
        try:
            writer.write(data)
            return parsed(await reader.read())
        finally:
            writer.close()


def parsed(data: bytes) -> Got:
    """An answer from the wire."""
    head, end, body = data.partition(b"\r\n\r\n")
    assert end, data
    line, *rest = head.decode("ascii").split("\r\n")
    version, status, _ = line.split(" ", 2)
    assert version == "HTTP/1.1"
    headers = dict(each.split(": ", 1) for each in rest)
    assert len(headers) == len(rest), "no header came twice"
    return Got(int(status), {name.lower(): value for name, value in headers.items()}, body)


def connect(port: int, data: bytes = b"") -> socket.socket:
    """A connection that somebody holds, with what they have sent of a request."""
    one = socket.create_connection(("127.0.0.1", port), PATIENCE)
    if data:
        one.sendall(data)
    return one
