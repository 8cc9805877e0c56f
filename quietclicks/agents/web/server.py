"""A web server that nobody can hold up: connections are bounded in number, in time and in bytes.

One request a connection. Where all connections are taken, the one that has lasted longest makes
room: whoever asks at once is answered at once, and whoever waits has had their time. It knows no
page, and keeps nothing of a request.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Iterable, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Any

from msgspec import Struct

from quietclicks.agents.web.exchange import Answer, Answering, Request, encoded, said
from quietclicks.agents.web.incoming import MAX_REQUEST_BYTES, Incoming
from quietclicks.errors import Failure

# Chosen, and tried with tests/bench/hostile_port.py.
MAX_CONNECTIONS = 64
REQUEST_SECONDS = 5.0  # for all of a request to arrive
MAKING_SECONDS = 30.0  # for an answer that is not made at once
ANSWER_SECONDS = 10.0  # for the answer to be taken
PARTING_SECONDS = 1.0  # for the other side to close, or what it still sends would undo the answer
PARTING_BYTES = 64 * 1024
BACKLOG = 1024  # that the system keeps for us while we do something else
ACCEPTED_AT_A_TIME = 256
SWEEP_SECONDS = 0.25
PAUSE_SECONDS = 0.1  # where the process has no descriptor left, and none of them is ours

log = logging.getLogger(__name__)


class Limits(Struct, frozen=True):
    """What tests make smaller."""

    connections: int = MAX_CONNECTIONS
    request_seconds: float = REQUEST_SECONDS
    answer_seconds: float = ANSWER_SECONDS


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen at every address of the host that this machine has.

    Raises `Failure` with what to do.
    """
    found: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                found.append(_listening(*each))
            except OSError as error:
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                absent = error  # a machine may have no IPv6, and a name for it
        if absent and not found:
            raise absent
    except (OSError, UnicodeError) as error:  # a name that is none of a host
        for one in found:
            one.close()
        if isinstance(error, UnicodeError):
            raise Failure(f"cannot listen at {host}: that is no name of a host") from None
        if error.errno == errno.EADDRINUSE:
            taken = f"port {port} is taken by another program: name one with --port"
            raise Failure(taken) from None
        raise Failure(f"cannot listen at {host}, port {port}: {error.strerror}") from None
    return found


def _listening(family: int, kind: int, number: int, _: str, address: Any) -> socket.socket:
    one = socket.socket(family, kind, number)
    try:
        one.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
        one.listen(BACKLOG)
    except OSError:
        one.close()
        raise
    return one


def address_of(host: str, listening: Sequence[socket.socket]) -> str:
    """What a browser is to be given; `host` as it was asked for, the port as it was had."""
    port = listening[0].getsockname()[1]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def is_on_this_machine(listening: Sequence[socket.socket]) -> bool:
    """Whether nobody else can reach it: by where it listens, not by what that was called."""
    addresses = [str(one.getsockname()[0]).partition("%")[0] for one in listening]
    return all(ip_address(address).is_loopback for address in addresses)


class _Connection:
    """One that somebody holds."""

    __slots__ = ("deadline", "incoming", "making", "outgoing", "parting", "socket")

    def __init__(self, accepted: socket.socket, deadline: float) -> None:
        self.socket = accepted
        self.deadline = deadline
        self.incoming = Incoming()
        self.outgoing: list[memoryview] = []
        self.making: asyncio.Future[Answer] | None = None
        self.parting: int | None = None  # bytes read since it was answered


class Server:
    """Answers whoever connects, from `start` until `close`. All in one event loop."""

    def __init__(
        self, listening: Sequence[socket.socket], answer: Answering, limits: Limits | None = None
    ) -> None:
        self._listening = listening
        self._answer = answer
        self._limits = limits or Limits()
        self._connections: dict[int, _Connection] = {}  # the oldest first
        self._loop = asyncio.get_running_loop()
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def connections(self) -> int:
        """How many are held."""
        return len(self._connections)

    def start(self) -> None:
        """From now on."""
        for one in self._listening:
            self._loop.add_reader(one, self._accept, one)
        self._sweep()

    def close(self) -> None:
        """End every connection, and stop to listen."""
        if self._sweeper:
            self._sweeper.cancel()
        for one in self._listening:
            self._loop.remove_reader(one)
            one.close()
        for each in list(self._connections.values()):
            self._end(each)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPTED_AT_A_TIME):
            try:
                accepted, _ = listening.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            except OSError:  # no descriptor, or no memory, is left
                if not self._make_room(0):
                    self._pause(listening)
                return
            self._make_room(self._limits.connections - 1)
            accepted.setblocking(False)
            one = _Connection(accepted, self._loop.time() + self._limits.request_seconds)
            self._connections[accepted.fileno()] = one
            self._read(one)  # most have sent it already

    def _make_room(self, most: int) -> bool:
        """End the oldest, so that at most so many are held and one of them less than there were.

        Who waits for us is the last to go, not for being slow.
        """
        if not self._connections or len(self._connections) <= most:
            return False
        held = self._connections.values()
        self._end(next((one for one in held if one.making is None), next(iter(held))))
        return True

    def _pause(self, listening: socket.socket) -> None:
        self._loop.remove_reader(listening)
        self._loop.call_later(PAUSE_SECONDS, self._resume, listening)

    def _resume(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            self._loop.add_reader(listening, self._accept, listening)

    def _read(self, one: _Connection) -> None:
        try:
            data = one.socket.recv(MAX_REQUEST_BYTES)
        except BlockingIOError:
            self._loop.add_reader(one.socket, self._read, one)
            return
        except OSError:
            data = b""
        if not data:
            self._end(one)
        elif one.parting is not None:
            one.parting += len(data)
            if one.parting > PARTING_BYTES:
                self._end(one)
        else:
            found = one.incoming.feed(data)
            if found is None:
                self._loop.add_reader(one.socket, self._read, one)
            elif isinstance(found, Answer):
                self._say(one, encoded(found))
            else:
                self._answer_to(one, found)

    def _answer_to(self, one: _Connection, request: Request) -> None:
        try:
            answer = self._answer(request)
        except Exception as error:
            answer = _fault(error)
        if isinstance(answer, Answer):
            self._give(one, request, answer)
            return
        self._loop.remove_reader(one.socket)
        one.deadline = self._loop.time() + MAKING_SECONDS
        one.making = asyncio.ensure_future(answer)
        one.making.add_done_callback(partial(self._made, one, request))

    def _made(self, one: _Connection, request: Request, making: "asyncio.Future[Answer]") -> None:
        if making.cancelled():  # whoever asked is gone, or had to make room
            return
        one.making = None
        error = making.exception()
        self._give(one, request, _fault(error) if error else making.result())

    def _give(self, one: _Connection, request: Request, answer: Answer) -> None:
        # The body may be long, and the same for many: nobody has a copy of their own.
        body = b"" if request.method == "HEAD" else answer.body
        self._say(one, encoded(answer, with_body=False), body)

    def _say(self, one: _Connection, *parts: bytes) -> None:
        self._loop.remove_reader(one.socket)
        one.outgoing = _left(map(memoryview, parts), 0)
        one.deadline = self._loop.time() + self._limits.answer_seconds
        self._write(one)

    def _write(self, one: _Connection) -> None:
        try:
            while one.outgoing:
                one.outgoing = _left(one.outgoing, one.socket.sendmsg(one.outgoing))
            self._loop.remove_writer(one.socket)
            one.socket.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            self._loop.add_writer(one.socket, self._write, one)
            return
        except OSError:
            self._end(one)
            return
        one.parting = 0
        one.deadline = self._loop.time() + PARTING_SECONDS
        self._loop.add_reader(one.socket, self._read, one)

    def _sweep(self) -> None:
        now = self._loop.time()
        for one in [each for each in self._connections.values() if each.deadline <= now]:
            self._end(one)
        self._sweeper = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _end(self, one: _Connection) -> None:
        if one.making:
            one.making.cancel()
        self._connections.pop(one.socket.fileno(), None)
        self._loop.remove_reader(one.socket)
        self._loop.remove_writer(one.socket)
        one.socket.close()


def _left(parts: Iterable[memoryview], sent: int) -> list[memoryview]:
    """What is still to be sent of it."""
    left = []
    for part in parts:
        if sent < len(part):
            left.append(part[sent:])
        sent = max(sent - len(part), 0)
    return left


def _fault(error: BaseException) -> Answer:
    log.error("a request could not be answered: %s", type(error).__name__)  # never its text
    return said(500, "a fault of this server")
