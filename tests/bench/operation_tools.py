"""What the measurements of operation share: workers as in production, an even stream, commits."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from urllib.error import HTTPError, URLError

from msgspec import Struct

from quietclicks.agents.kafka import clients
from quietclicks.agents.replay import partition_of, replay, with_ticks
from quietclicks.agents.settings import Settings
from quietclicks.demo.load import load, yesterday
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.clock import milliseconds
from quietclicks.schemas import topics
from tests.kafka.world import Worker, World, policy_text, until, world

SESSION = Settings().session_seconds
PORTION_SECONDS = 0.02
MOST = 1_500  # events of a portion: fewer than a batch holds
LOOK_SECONDS = 0.05
PATIENCE = 180  # seconds; a bound against hanging

Commits = Sequence[tuple[float, Mapping[int, int]]]
"""What was seen of a group, in turn: a time in seconds, and each partition's committed offset."""


class Row(Struct):
    """A line of the table."""

    what: str
    figure: str
    conditions: str


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


@asynccontextmanager
async def fresh(broker: Broker, folder: Path, **numbers: int) -> AsyncIterator[World]:
    """Empty topics, yesterday's key in place, and the tick that makes yesterday's events due."""
    async with world(folder, policy_text(**numbers), broker) as made:
        start = yesterday(datetime.now(UTC))
        await made.give_keys([start.date().isoformat()])
        opening = milliseconds(start) + made.policy.time.allowed_lateness * 1000
        await replay(made.settings, with_ticks([], [(0, opening)]), lambda sent: None)
        yield made


def events(count: int, seed: int = 0) -> list[bytes]:
    """Values of yesterday, 20 a second of its time."""
    return list(load(seed, count, yesterday(datetime.now(UTC))))


async def start_ready(made: World) -> Worker:
    """The same, once it has its share."""
    started = made.work()
    await ready(made)
    return started


async def ready(made: World) -> None:
    """Wait until the workers that live share all raw partitions, and poll them."""

    async def shared() -> bool:
        made.check_workers()
        alive = [each for each in made.workers if each.process.poll() is None]
        shares = [await owns(each) for each in alive]
        owned = sorted(chain.from_iterable(shares))
        return all(shares) and owned == list(range(made.policy.topics.raw_partitions))

    await until(shared, "all partitions are owned", PATIENCE)


async def owns(worker: Worker) -> list[int]:
    """The raw partitions that it polls; none as long as it restores any."""
    try:
        health = json.loads(await asyncio.to_thread(worker.get, "/healthz"))
    except (HTTPError, URLError, OSError):
        return []
    partitions: list[int] = health["partitions"]["anonymise"]
    return partitions


@contextmanager
def in_background(task: asyncio.Task[None]) -> Iterator[None]:
    """Something that runs as long as the block. What went wrong in it goes on from here."""
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()


async def stream(settings: Settings, values: Sequence[bytes], per_second: int) -> None:
    """Send them at an even rate, a visitor's on one partition, as soon as they are due."""
    count = await clients.partitions(settings, topics.RAW)
    placed = [(partition_of(value, count), value) for value in values]
    producer = clients.producer(settings, linger_ms=0)
    await clients.start(producer, settings)
    began, sent = time.monotonic(), 0
    try:
        while sent < len(placed):
            due = int((time.monotonic() - began) * per_second)
            portion = placed[sent : min(due, sent + MOST)]
            sent += len(portion)
            pending = []
            for number, of in groupby(sorted(portion, key=itemgetter(0)), itemgetter(0)):
                batch = producer.create_batch()
                for _, value in of:
                    added = batch.append(timestamp=None, key=None, value=value)
                    assert added is not None, "a batch holds a portion"
                pending.append(await producer.send_batch(batch, topics.RAW, partition=number))
            await asyncio.gather(*pending)
            await asyncio.sleep(PORTION_SECONDS)
    finally:
        await clients.stop(producer)


async def watch(made: World, seen: list[tuple[float, Mapping[int, int]]]) -> None:
    """Look at what is committed again and again."""
    while True:
        committed = await made.committed("anonymise", topics.RAW)
        seen.append((time.monotonic(), {place: at for place, (at, _) in committed.items()}))
        await asyncio.sleep(LOOK_SECONDS)
