"""How old an event is when its record can be read, from its append to a reader of committed ones.

An event ends as one record, pseudonymised or rejected. The broker's append time of the raw record
and the reader's time of receipt are of one machine's clock.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings
from quietclicks.demo.shop import SITE
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.logs.events import is_tick
from quietclicks.pipeline.pseudonyms.pseudonym import EVENT_ID, Pseudonymiser, delimited_part
from quietclicks.schemas import topics
from tests.bench.operation_tools import PATIENCE, Row, events, fresh, say, start_ready, stream
from tests.kafka.world import KEY, until
from tests.kafka_tools import Stored, read_all

RATES = (1_000, 10_000)  # events a second
WARM, MEASURED = 10, 20  # seconds


class Received(NamedTuple):
    """A record as it was read; `at_ms` of the clock that the broker has, too."""

    at_ms: float
    topic: str
    value: bytes


class _Raw(Struct):
    event_id: str


class _Pseudonymised(Struct):
    id: str


class _Rejected(Struct):
    partition: int
    offset: int


_raw = msgspec.json.Decoder(_Raw)
_pseudonymised = msgspec.json.Decoder(_Pseudonymised)
_rejected = msgspec.json.Decoder(_Rejected)


async def latency(broker: Broker, folder: Path) -> list[Row]:
    """One worker, four partitions, at each of the rates."""
    return [await _at(rate, broker, folder) for rate in RATES]


async def _at(rate: int, broker: Broker, folder: Path) -> Row:
    values = events(rate * (WARM + MEASURED))
    received: list[Received] = []
    async with fresh(broker, folder) as made:
        await start_ready(made)
        say(f"latency: {rate:,} events/s for {WARM + MEASURED} s")
        reading = asyncio.create_task(_receive(made.settings, received))
        try:
            began = time.monotonic()
            await stream(made.settings, values, rate)
            seconds = time.monotonic() - began

            async def all_there() -> bool:
                made.check_workers()
                return reading.done() or len(received) >= len(values)

            await until(all_there, "all events are in the books", PATIENCE)
        finally:
            reading.cancel()
        raw = [each for each in await read_all(made.settings.bootstrap, topics.RAW) if each.value]
    told = [each for each in raw if not is_tick(each.value or b"")]
    found = sorted(latencies(told, received, WARM * 1000))
    p50, p99 = percentile(found, 50), percentile(found, 99)
    return Row(
        f"latency at {rate:,} events/s",
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms",
        f"one worker; {len(found):,} events, sent at {len(values) / seconds:,.0f} events/s",
    )


async def _receive(settings: Settings, received: list[Received]) -> None:
    both = (topics.PSEUDONYMISED, topics.REJECTED)
    consumer = clients.consumer(settings, *both, auto_offset_reset="earliest")
    await clients.start(consumer, settings)
    try:
        while True:
            got = await consumer.getmany(timeout_ms=1000)
            now = time.time() * 1000
            for place, records in got.items():
                received += [Received(now, place.topic, each.value or b"") for each in records]
    finally:
        await clients.stop(consumer)


def latencies(raw: Sequence[Stored], received: Iterable[Received], warm_ms: int) -> Iterator[float]:
    """Milliseconds of each event that was appended so long after the first one, or later."""
    appended: dict[str | tuple[int, int], int] = {}
    ids = Pseudonymiser(KEY, EVENT_ID, SITE)
    for record in raw:
        appended[record.partition, record.offset] = record.timestamp
        try:
            event_id = _raw.decode(record.value or b"").event_id
        except msgspec.DecodeError:  # it ends as a rejection, which tells its place
            continue
        appended[ids.text(delimited_part(event_id.encode()))] = record.timestamp
    first = min(record.timestamp for record in raw)
    count = 0
    for at_ms, topic, value in received:
        if topic == topics.REJECTED:
            rejected = _rejected.decode(value)
            since = appended[rejected.partition, rejected.offset]
        else:
            since = appended[_pseudonymised.decode(value).id]
        count += 1
        if since >= first + warm_ms:
            yield at_ms - since
    assert count == len(raw), "one record of each event"


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest that so many of a hundred do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
