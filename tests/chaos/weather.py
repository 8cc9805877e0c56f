"""What happens to what goes through the proxy: how late it is, what is kept back, who is watching.

It moves no byte itself, and knows no connection.
"""

import asyncio
import contextlib
from asyncio import Future
from collections.abc import Callable, Iterator
from enum import Enum

from tests.chaos.wire import Frame

Wanted = Callable[[Frame], bool]


class Way(Enum):
    """A direction."""

    UP = "to the broker"
    DOWN = "to the client"


class Hold:
    """Keeps back the first request that is wanted, with all that follows on its connection.

    `caught` tells the client's port.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self.caught: Future[tuple[int, Frame]] = asyncio.get_running_loop().create_future()
        self.client_gone = asyncio.Event()
        self.released = asyncio.Event()

    def takes(self, port: int, frame: Frame) -> bool:
        """Whether it is this one."""
        if self.caught.done() or self.released.is_set() or not self._wanted(frame):
            return False
        self.caught.set_result((port, frame))
        return True


class Weather:
    """The network as it is now."""

    def __init__(self) -> None:
        self.delay = 0.0  # seconds, for every chunk either way
        self._open = {way: asyncio.Event() for way in Way}
        self._holds: list[Hold] = []
        self._watched: list[tuple[Wanted, Future[int]]] = []
        self.clear()

    def clear(self) -> None:
        """Fair again: what is held or swallowed is delivered, now."""
        self.delay = 0.0
        for way in self._open.values():
            way.set()
        for hold in self._holds:
            hold.released.set()

    def swallow(self, *ways: Way) -> None:
        """Nothing goes this way until `clear`; connections stay as they are."""
        for way in ways:
            self._open[way].clear()

    async def passage(self, way: Way) -> None:
        """Return when a chunk may go on."""
        if self.delay:
            await asyncio.sleep(self.delay)
        await self._open[way].wait()

    @contextlib.contextmanager
    def holding(self, wanted: Wanted) -> Iterator[Hold]:
        """A hold that is released at the end, if not before."""
        hold = Hold(wanted)
        self._holds.append(hold)
        try:
            yield hold
        finally:
            hold.released.set()
            hold.caught.cancel()
            self._holds.remove(hold)

    def hold_for(self, port: int, frame: Frame) -> Hold | None:
        """The hold that takes this request, if any."""
        return next((hold for hold in self._holds if hold.takes(port, frame)), None)

    def passes(self, wanted: Wanted) -> Future[int]:
        """Done when such a request has come from a client: its port."""
        seen: Future[int] = asyncio.get_running_loop().create_future()
        self._watched.append((wanted, seen))
        return seen

    def came(self, port: int, frame: Frame) -> None:
        """A request has come from a client."""
        for wanted, seen in self._watched:
            if not seen.done() and wanted(frame):
                seen.set_result(port)
        self._watched = [each for each in self._watched if not each[1].done()]
