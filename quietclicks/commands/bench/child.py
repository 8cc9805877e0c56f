"""A process that works when it is told to: what is measured has memory and CPU of its own."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from typing import Any

from msgspec import Struct

from quietclicks.errors import Failure

STOP_SECONDS = 10

Ends = Mapping[int, int]
"""Partition → the offset up to which to work. This is an order; the last one is None."""


class Worked(Struct):
    """What a child did with its share of a block. `started` and `ended` are of the clock that all
    processes of a machine share, in seconds."""

    records: int
    started: float
    ended: float
    cpu: float


class Child:
    """It says once that it is ready, and after that what it has done for each order."""

    def __init__(self, serve: Callable[..., None], *arguments: Any) -> None:
        """`serve(connection, *arguments)` runs there."""
        context = get_context("spawn")
        self._ours, theirs = context.Pipe()
        # A daemon ends with its owner.
        self._process = context.Process(target=serve, args=(theirs, *arguments), daemon=True)
        self._process.start()
        theirs.close()

    async def ready(self) -> None:
        """Wait for it. Raises `Failure`."""
        await self._answer()

    async def work(self, ends: Ends) -> Worked:
        """Have it work up to these ends. Raises `Failure`."""
        self._ours.send(ends)
        worked: Worked = await self._answer()
        return worked

    def stop(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):  # it has ended
            self._ours.send(None)
        self._process.join(STOP_SECONDS)
        self._process.kill()

    async def _answer(self) -> Any:
        try:
            answer = await asyncio.to_thread(self._ours.recv)
        except (EOFError, OSError):
            raise Failure("a process that was measured has ended") from None
        if isinstance(answer, Failure):
            raise answer
        return answer
