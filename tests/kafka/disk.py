"""A broker that looks for old segments often, and what can be found in its files, byte by byte."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from quietclicks.embedded.broker import Broker
from tests.broker_files import files_below
from tests.kafka_tools import produce, read_all

OFTEN = {
    "log.initial.task.delay.ms": "500",
    "log.retention.check.interval.ms": "500",
    "log.cleaner.backoff.ms": "500",
}


def on_disk(broker: Broker, text: bytes) -> set[str]:
    """The partitions, as the broker names their folders, with these bytes in any file."""
    folders = {file.parent for file in files_below(broker.data_dir / "data")}
    return {folder.name for folder in folders if _holds(folder, text)}


def _holds(folder: Path, text: bytes) -> bool:
    while True:
        try:
            files = (each for each in files_below(folder) if each.parent == folder)
            return any(text in written(each) for each in files)
        except FileNotFoundError:  # deleted just now, or only renamed, as by who compacts
            continue


def written(file: Path) -> bytes:
    """What a file holds but for its holes: an index is 10 MB long, and nearly all of it is one."""
    parts: list[bytes] = []
    with file.open("rb") as opened:
        at = 0
        while True:
            try:
                at = os.lseek(opened.fileno(), at, os.SEEK_DATA)
                end = os.lseek(opened.fileno(), at, os.SEEK_HOLE)
            except OSError as error:
                if error.errno != errno.ENXIO:  # a hole to the end, or it was cut just now
                    raise
                return b"".join(parts)
            parts.append(os.pread(opened.fileno(), end - at, at))
            at = end


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
