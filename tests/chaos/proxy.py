"""A TCP proxy between the workers and the broker that holds, cuts, halves, delays and swallows.

It knows where one request ends and the next begins, and never makes bytes up: broker and client
see what a bad network could show them.
"""

import asyncio
import contextlib
from asyncio import Queue, StreamReader, StreamWriter
from collections.abc import Callable
from typing import Self

from quietclicks.embedded.ports import HOST
from tests.chaos.weather import Hold, Way, Weather
from tests.chaos.wire import Frame, read_frame

CHUNK = 65536
LINGER_SECONDS = 1.0  # the broker's end stays open for the answer to what was delivered late


class Link:
    """One client's connection, and the broker's end of it."""

    def __init__(
        self,
        weather: Weather,
        client: tuple[StreamReader, StreamWriter],
        broker: tuple[StreamReader, StreamWriter],
    ) -> None:
        self.port: int = client[1].get_extra_info("peername")[1]
        self._weather = weather
        self._from_client, self._to_client = client
        self._from_broker, self._to_broker = broker
        self._frames: Queue[Frame | None] = Queue()
        self._client_gone = asyncio.Event()
        self._answered = asyncio.Event()
        self._halved: set[Way] = set()

    async def run(self) -> None:
        """Until both ends are closed."""
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._receive())
                both.create_task(self._forward())
                both.create_task(self._answer())
        except* OSError:
            pass  # the broker's end was reset: so is the client's
        finally:
            self.cut()

    def cut(self) -> None:
        """Reset both ends."""
        self._to_client.transport.abort()
        self._to_broker.transport.abort()

    def halve(self, way: Way) -> None:
        """Of what goes this way next only a half arrives, then it is cut."""
        self._halved.add(way)

    async def _receive(self) -> None:
        """Read ahead of what may go on, so that a client's end is seen when it comes."""
        while (frame := await read_frame(self._from_client)) is not None:
            self._weather.came(self.port, frame)
            self._frames.put_nowait(frame)
        self._client_gone.set()
        self._frames.put_nowait(None)

    async def _forward(self) -> None:
        late = False
        while (frame := await self._frames.get()) is not None:
            if hold := self._weather.hold_for(self.port, frame):
                late = await self._kept_back(hold)
            await self._weather.passage(Way.UP)
            self._answered.clear()
            if not await self._written(Way.UP, self._to_broker, frame.data):
                return
        if late:
            # Else the broker could see the end before it has looked at the request.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._answered.wait(), LINGER_SECONDS)
        self._to_broker.close()

    async def _kept_back(self, hold: Hold) -> bool:
        """Wait for its release; whether the client is gone by then."""

        async def tell() -> None:
            await self._client_gone.wait()
            hold.client_gone.set()

        telling = asyncio.create_task(tell())
        try:
            await hold.released.wait()
        finally:
            telling.cancel()
        return self._client_gone.is_set()

    async def _answer(self) -> None:
        while data := await self._from_broker.read(CHUNK):
            self._answered.set()
            await self._weather.passage(Way.DOWN)
            # A client that is gone does not end this: what it sent may be on its way still.
            with contextlib.suppress(OSError):
                if not await self._written(Way.DOWN, self._to_client, data):
                    return
        self.cut()

    async def _written(self, way: Way, to: StreamWriter, data: bytes) -> bool:
        """False: this was the end of the connection. Raises `OSError` where it has ended."""
        if to.is_closing():
            raise ConnectionResetError
        if way in self._halved:
            to.write(data[: len(data) // 2])
            # What is written goes out before the end: `abort` alone would drop it.
            to.close()
            with contextlib.suppress(OSError):
                await to.wait_closed()
            self.cut()
            return False
        to.write(data)
        await to.drain()
        return True


class Proxy:
    """Listens on a port of its own; the address that the broker advertises leads here."""

    def __init__(self, weather: Weather, broker_port: int) -> None:
        self.links: set[Link] = set()
        self._weather = weather
        self._broker_port = broker_port
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    @classmethod
    async def start(cls, weather: Weather, port: int, broker_port: int) -> Self:
        """Listen; the broker need not be there yet."""
        proxy = cls(weather, broker_port)
        proxy._server = await asyncio.start_server(proxy._accept, HOST, port)
        return proxy

    async def stop(self) -> None:
        """Let go of everything."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # transports that were aborted close in the loop's next turn

    def cut(self, wanted: Callable[[Link], bool]) -> int:
        """Reset connections; how many."""
        chosen = [each for each in self.links if wanted(each)]
        for link in chosen:
            link.cut()
        return len(chosen)

    def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)

        def ended(_: object) -> None:
            self._tasks.discard(task)
            writer.transport.abort()  # it may have been cancelled before it began

        task.add_done_callback(ended)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            broker = await asyncio.open_connection(HOST, self._broker_port)
        except OSError:
            return
        link = Link(self._weather, (reader, writer), broker)
        self.links.add(link)
        try:
            await link.run()
        finally:
            self.links.discard(link)
