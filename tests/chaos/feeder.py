"""Sends the stream to the raw topic, past the proxy, and remembers what it sent.

At a steady pace while faults strike; at once as far as a fault needs it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterable

from aiokafka import AIOKafkaProducer

from quietclicks.schemas import topics
from tests.chaos.stream import Item, Stream, Truth

PACE_SECONDS = 0.1
LARGEST = 4 << 20  # bytes
IN_FLIGHT = 4000  # records
STORM = 200  # ticks, into each partition


class Feeder:
    """`run` sends until `end`, which sends the last tick."""

    def __init__(self, bootstrap: str, stream: Stream, partitions: int, per_second: int) -> None:
        self.sent: list[list[tuple[bytes | None, Truth]]] = [[] for _ in range(partitions)]
        self._stream = stream
        self._items = iter(stream)
        self._per_turn = int(per_second * PACE_SECONDS)
        self._turn = asyncio.Lock()
        self._ended = False
        self._pending: deque[Awaitable[object]] = deque()
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            enable_idempotence=True,  # a broker that dies leaves no gap and nothing twice
            max_request_size=LARGEST,
            linger_ms=5,
        )

    @property
    def events(self) -> int:
        """How many records it sent that are no ticks."""
        return sum(truth.became != "tick" for values in self.sent for _, truth in values)

    async def start(self) -> None:
        """Connect."""
        await self._producer.start()

    async def stop(self) -> None:
        """Close."""
        await self._producer.stop()

    async def run(self) -> None:
        """Until `end`."""
        while not self._ended:
            async with self._turn:
                if not self._ended:
                    await self._send(next(self._items) for _ in range(self._per_turn))
            await asyncio.sleep(PACE_SECONDS)

    async def reach(self, moment: str) -> None:
        """Send without a pause up to the next such moment of the stream."""
        async with self._turn:
            while True:
                item = next(self._items)
                await self._send([item])
                if item.moment == moment:
                    return

    async def storm(self) -> None:
        """Ticks that tell nothing new."""
        async with self._turn:
            await self._send(self._stream.storm(STORM))

    async def end(self) -> None:
        """Close the last day; all that was sent is in the topic then."""
        async with self._turn:
            self._ended = True
            await self._send([self._stream.last()])
            while self._pending:
                await self._pending.popleft()

    async def _send(self, items: Iterable[Item]) -> None:
        for item in items:
            everywhere = range(len(self.sent))
            for number in everywhere if item.partition is None else [item.partition]:
                self.sent[number].append((item.value, item.truth))
                self._pending.append(
                    await self._producer.send(topics.RAW, item.value, b"", partition=number)
                )
                while len(self._pending) > IN_FLIGHT:
                    await self._pending.popleft()
