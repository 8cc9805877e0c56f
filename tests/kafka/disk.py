"""A broker that looks for old segments often, and what can be found in its files, byte by byte."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path

from quietclicks.embedded.broker import Broker
from tests.broker_files import contents, files_below, written
from tests.kafka_tools import produce, read_all

OFTEN = {
    "log.initial.task.delay.ms": "500",
    "log.retention.check.interval.ms": "500",
    "log.cleaner.backoff.ms": "500",
}


def on_disk(broker: Broker, text: bytes) -> set[str]:
    """The partitions, as the broker names their folders, with these bytes in any file."""
    folders = {file.parent for file in files_below(broker.data_dir / "data")}
    return {each.name for each in folders if any(text in held for held in contents(each))}


async def readable(broker: Broker, topic: str, text: bytes) -> bool:
    """Whether any record has them, committed or not."""
    records = await read_all(broker.bootstrap, topic, "read_uncommitted")
    return any(text in (each.value or b"") + (each.key or b"") for each in records)


@asynccontextmanager
async def visited(
    broker: Broker, names: list[str], partition: int, value: bytes = b"other"
) -> AsyncIterator[None]:
    """Records come all the time, so that a log's youngest record never expires."""

    over = asyncio.Event()

    async def go_on() -> None:
        number = 0
        while not over.is_set():
            number += 1
            for name in names:
                await produce(broker.bootstrap, name, [(partition, b"other %d" % number, value)])
            await asyncio.sleep(0.1)

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        over.set()  # not cancelled: a producer would be left half started
        await task


class Traces:
    """What of people may stand in a file, by kind; and where it does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "data"
        self._kinds: dict[str, set[bytes]] = {}

    async def add(self, kinds: Mapping[str, Iterable[bytes]]) -> None:
        """All of them stand somewhere now: else that they are gone would tell nothing."""
        self._kinds |= {kind: set(each) for kind, each in kinds.items()}
        there = {trace for _, trace in await self.found()}
        for kind in kinds:
            assert self._kinds[kind], kind
            assert self._kinds[kind] <= there, f"{kind}: not all of them are in a file"

    async def found(self) -> set[tuple[str, bytes]]:
        """Where, and which."""
        return await asyncio.to_thread(lambda: set(self._found()))

    def _found(self) -> Iterator[tuple[str, bytes]]:
        wanted = list(chain.from_iterable(self._kinds.values()))
        for file in files_below(self._folder):
            with contextlib.suppress(FileNotFoundError):  # deleted just now
                content = written(file)
                yield from ((f"{file.parent.name}/{file.name}", t) for t in wanted if t in content)

    def named(self, found: Iterable[tuple[str, bytes]]) -> str:
        """For a person who reads why a test has failed."""
        kinds = {trace: kind for kind, traces in self._kinds.items() for trace in traces}
        return ", ".join(sorted({f"{place}: {kinds[trace]}" for place, trace in found}))
