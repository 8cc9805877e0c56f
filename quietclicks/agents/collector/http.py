"""The collector's socket: aiohttp with bounds on size, time and number, and nothing in its log.

It makes a `Hit` of a request and a response of an `Answer`, and decides nothing.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, cast

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage

from quietclicks.agents.web.exchange import Answer, said
from quietclicks.pipeline.collect.view import Hit

MAX_BODY_BYTES = 64 * 1024
MAX_HEADERS = 100
MAX_HEADER_BYTES = 8 * 1024  # of one, and of the request's first line
# Of a connection, until a request of it is read: a body as long as it may be, and 32 KiB of headers
# as most servers take, twice.
MAX_UNREAD_BYTES = 2 * (MAX_BODY_BYTES + 32 * 1024)
BODY_SECONDS = 10.0  # for all of it to arrive
# Longer than nginx keeps a connection to a server that it asks (60 s), so that it is who ends it.
IDLE_SECONDS = 75.0  # also for a request's headers to arrive
MAX_CONNECTIONS = 500
PARTING_SECONDS = 1.0

ALWAYS = {"X-Content-Type-Options": "nosniff", "Server": "", "Cache-Control": "no-store"}
"""Headers of every answer that says nothing else of them.

Without the second the library would write its name and version; without the third a cache on the
way may keep what is no error for long, such as that all is well.
"""

Answering = Callable[[Hit, str], Answer]
"""A request, and the address that connected."""

log = logging.getLogger(__name__)


class _Connection(web.RequestHandler):
    """The library's, but that it says nothing of a request in the log, nor in an answer.

    And it holds no more of what was sent than a request may have: the library has no such bound.
    """

    unread = 0  # bytes

    def data_received(self, data: bytes) -> None:
        self.unread += len(data)
        if self.unread > MAX_UNREAD_BYTES:
            self.force_close()
        else:
            super().data_received(data)

    def log_exception(self, *args: Any, **kw: Any) -> None:
        error = kw.get("exc_info")
        if isinstance(error, BaseException):
            log.error("a request could not be answered: %s", type(error).__name__)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Of what is no HTTP; what fails in an answer is answered by `Server` itself."""
        answered = response(said(status, "this is no request that can be answered"))
        answered.force_close()
        return answered


class Server(web.Server):
    """Where too many are connected, who has been quiet for longest makes room."""

    def __init__(self, answer: Answering, max_connections: int = MAX_CONNECTIONS) -> None:
        super().__init__(self._handle, request_factory=self._request)
        self._answer = answer
        self._max = max_connections
        self._latest: OrderedDict[web.RequestHandler, _Connection] = OrderedDict()

    def __call__(self) -> web.RequestHandler:
        return _Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # the library's own word for none
            # No tracker packs what it sends; who asks would decide how much there is to unpack.
            auto_decompress=False,
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=PARTING_SECONDS,
            max_headers=MAX_HEADERS,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
        )

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._latest[handler] = cast(_Connection, handler)
        if len(self._latest) > self._max:
            quiet, _ = self._latest.popitem(last=False)
            quiet.force_close()

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        self._latest.pop(handler, None)
        super().connection_lost(handler, exc)

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        if protocol in self._latest:
            self._latest.move_to_end(protocol)
            self._latest[protocol].unread = 0
        return web.BaseRequest(
            message,
            payload,
            protocol,
            writer,
            task,
            asyncio.get_running_loop(),
            client_max_size=MAX_BODY_BYTES,
        )

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return self._refused(request, 413, f"more than {MAX_BODY_BYTES} bytes")
        except TimeoutError:
            return self._refused(request, 408, "the request did not arrive in time")
        except (web.RequestPayloadError, ConnectionError, ValueError):
            return self._refused(request, 400, "the request's body could not be read")
        peer = request.transport.get_extra_info("peername") if request.transport else None
        try:
            return response(self._answer(hit_of(request, body), peer[0] if peer else ""))
        except Exception as error:  # its text may hold what a request held
            log.error("a request could not be answered: %s", type(error).__name__)
            return response(said(500, "a fault of this server"))

    def _refused(self, request: web.BaseRequest, status: int, line: str) -> web.StreamResponse:
        answered = response(said(status, line))
        answered.force_close()
        return answered


def hit_of(request: web.BaseRequest, body: bytes) -> Hit:
    """Headers that were sent more than once are one list; what is not UTF-8 is marked as such."""
    path, _, query = _text(request.raw_path).partition("?")
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        name, value = name.lower(), _text(value)
        if name in headers:
            value = f"{headers[name]}{'; ' if name == 'cookie' else ', '}{value}"
        headers[name] = value
    return Hit(method=request.method, path=path, query=query, headers=headers, body=body)


def _text(value: str) -> str:
    """The library keeps bytes that are no UTF-8 as what no text can hold."""
    if value.isascii():
        return value
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def response(answer: Answer) -> web.Response:
    return web.Response(
        status=answer.status, headers={**ALWAYS, **answer.headers}, body=answer.body or None
    )
