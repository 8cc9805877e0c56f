"""A request and its answer, and what every answer says to browsers. It knows no socket.

An answer never repeats what a request held, and names no software.
"""

import gzip
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from http import HTTPStatus
from typing import NamedTuple

CSP = "Content-Security-Policy"
SECURITY_HEADERS: Mapping[str, str] = {
    CSP: (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TEXT = "text/plain; charset=utf-8"
MIN_COMPRESSED = 1024  # bytes: less goes in one packet anyway
LEVEL = 6
_GZIP = re.compile(r"(^|,)\s*gzip\s*(,|$|;\s*q=(1|0\.\d*[1-9]))", re.IGNORECASE)


class Request(NamedTuple):
    """Names of headers in small letters; one that came twice has both values, with a comma."""

    method: str
    path: str  # as sent: what is encoded in it is no path of ours
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Answer(NamedTuple):
    """Status, headers of its own (content type included) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Answering = Callable[[Request], Answer | Awaitable[Answer]]
"""Gives an answer at once, or one that is still to be made."""


def said(status: int, line: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A line of text."""
    return Answer(status, {"Content-Type": TEXT, **(headers or {})}, f"{line}\n".encode())


def embeddable(answer: Answer, hosts: Collection[str]) -> Answer:
    """The same, which pages of these hosts may show in a frame, at any port."""
    framers = " ".join(f"{host}:*" for host in hosts)
    policy = SECURITY_HEADERS[CSP].replace("frame-ancestors 'none'", f"frame-ancestors {framers}")
    return answer._replace(headers={**answer.headers, CSP: policy})


def takes_gzip(request: Request) -> bool:
    """Whether whoever asks says so."""
    return _GZIP.search(request.headers.get("accept-encoding", "")) is not None


def compressed(answer: Answer, request: Request) -> Answer:
    """The same, by gzip where that is taken, and worth it."""
    headers = {**answer.headers, "Vary": "Accept-Encoding"}
    if not takes_gzip(request) or len(answer.body) < MIN_COMPRESSED:
        return answer._replace(headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Answer(answer.status, headers, gzip.compress(answer.body, LEVEL, mtime=0))


def encoded(answer: Answer, *, with_body: bool = True) -> bytes:
    """As it goes over the wire, the last of its connection; kept by nobody unless it says so."""
    headers = {
        **SECURITY_HEADERS,
        "Cache-Control": "no-store",
        **answer.headers,
        "Connection": "close",
    }
    if answer.status != HTTPStatus.NOT_MODIFIED:
        headers["Content-Length"] = str(len(answer.body))
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, "", ""]).encode("ascii")
    return head + answer.body if with_body else head
