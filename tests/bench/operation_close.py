"""The close of a day as large as a policy lets it become: nobody may lose the partition over it."""

import asyncio
import secrets
import time
from array import array
from collections.abc import Iterator
from pathlib import Path

import msgspec

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.hot_path import LightBatch
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.clock import HOURS_PER_DAY, MILLISECONDS_PER_HOUR
from quietclicks.pipeline.release import params_of
from quietclicks.pipeline.release.metadata import released_hour
from quietclicks.pipeline.release.partials import Watermark
from quietclicks.pipeline.sketch import Sample, little_endian
from quietclicks.schemas import topics
from quietclicks.schemas.raw import MAX_BATCH_BYTES
from quietclicks.schemas.trend import Dimension
from tests.bench.operation_tools import Row, say
from tests.kafka.world import World, policy_text, until, world

PARTITIONS = 4  # raw ones, each of which bounds its own values
SITE = "shop.example"
DIMENSIONS = (
    Dimension.PAGE,
    Dimension.SOURCE,
    Dimension.SEARCH,
    Dimension.BROWSER,
    Dimension.LANGUAGE,
    Dimension.COUNTRY,
)
CLOSE_SECONDS = 1800  # a bound against hanging

_pack = msgspec.msgpack.Encoder(order="deterministic").encode


async def close(broker: Broker, folder: Path) -> list[Row]:
    """Two workers; one of them closes 5.8 million cells of one site's day."""
    text = policy_text(raw_partitions=PARTITIONS, partials_partitions=1)
    async with world(folder, text, broker) as made:
        day = int(time.time() * 1000) // MILLISECONDS_PER_HOUR // HOURS_PER_DAY - 1
        cells = await _write(made, day)
        workers = [made.work(), made.work()]
        began = time.monotonic()
        peak = 0

        async def released() -> bool:
            nonlocal peak
            made.check_workers()
            peak = max([peak, *(_resident_mb(each.process.pid) for each in workers)])
            committed = await made.committed("release", topics.PARTIALS)
            done = [released_hour(memo) for _, memo in committed.values()]
            return bool(done) and min(done) >= (day + 1) * HOURS_PER_DAY

        await until(released, "the day is released", CLOSE_SECONDS, longest=0.05)
        seconds = time.monotonic() - began
        given_back = sum(each.said.count("release[0]: given back") for each in workers)
    bytes_a_cell = peak * 1024 * 1024 / cells
    return [
        Row(
            f"reading and closing a day of {cells:,} cells",
            f"{seconds:.0f} s",
            f"two workers; the partition was given back {given_back} times",
        ),
        Row("memory of that worker", f"{peak:,} MB", f"{bytes_a_cell:.0f} bytes a cell, all told"),
    ]


async def _write(made: World, day: int) -> int:
    """All that the anonymise stage would have handed over of the day. How many cells."""
    say("writing the day")
    producer = clients.producer(made.settings)
    await clients.start(producer, made.settings)
    count = 0
    try:
        batch = LightBatch(MAX_BATCH_BYTES, 0)
        for key, value in _partials(made, day):
            count += 1
            if batch.append(timestamp=0, key=key, value=value) is None:
                await producer.send_batch(batch, topics.PARTIALS, partition=0)
                await asyncio.sleep(0)
                batch = LightBatch(MAX_BATCH_BYTES, 0)
                batch.append(timestamp=0, key=key, value=value)
        await (await producer.send_batch(batch, topics.PARTIALS, partition=0))
    finally:
        await clients.stop(producer)
    return count - 2 * PARTITIONS


def _partials(made: World, day: int) -> Iterator[tuple[bytes, bytes]]:
    params = msgspec.structs.replace(params_of(made.policy), choices=False)
    values = params.max_values
    for partition in range(PARTITIONS):
        yield _pack(("day", partition, day)), _pack(params)
        for hour in range(day * HOURS_PER_DAY, (day + 1) * HOURS_PER_DAY):
            visitors = array("Q", secrets.token_bytes(8 * values))
            everybody = _pack((values, Sample(visitors).encode()))
            yield _pack(("cell", partition, SITE, hour, Dimension.TOTAL, "")), everybody
            for dimension in DIMENSIONS:
                for number, visitor in enumerate(visitors):
                    # Of a small part of them every partition has heard.
                    value = f"/{partition if number % 20 else 'all'}/{number:05}"
                    one = _pack((1, little_endian(array("Q", [visitor])).tobytes()))
                    yield _pack(("cell", partition, SITE, hour, dimension, value)), one
    for partition in range(PARTITIONS):
        closed_until = (day + 1) * HOURS_PER_DAY
        yield _pack(("mark", partition)), _pack(Watermark(PARTITIONS, closed_until))


def _resident_mb(process: int) -> int:
    text = Path(f"/proc/{process}/status").read_text("ascii")
    [line] = [line for line in text.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) // 1024
