"""What deciding about an event costs, without Kafka: the load of `quietclicks bench`, in memory.

    .venv/bin/python -m tests.bench.in_memory

Prints microseconds of CPU an event for each block of 80,000; the caches start empty. Run it beside
another checkout's (PYTHONPATH), in turn, to see what a change is worth: machines are noisy.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from quietclicks.agents.kafka import hot_path
from quietclicks.agents.kafka.transactions import Batches
from quietclicks.agents.replay import partition_of
from quietclicks.commands.bench.command import EVENTS
from quietclicks.commands.options import read_policy
from quietclicks.demo.load import load, yesterday
from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.stage import AnonymiseProcessor
from quietclicks.pipeline.clock import milliseconds
from quietclicks.pipeline.fields import bots, browser
from quietclicks.pipeline.logs.events import tick
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics

BLOCKS = 6
FETCHED = 8900  # records of a fetch of 4 MiB, and so of a transaction


def fetched(values: list[bytes], offset: int, at_ms: int) -> bytes:
    """As a broker hands records out: the client's own bytes, one batch."""
    batch = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 30)
    for number, value in enumerate(values):
        batch.append(number, at_ms, None, value, [])
    built = bytearray(batch.build())
    built[:8] = offset.to_bytes(8)
    return bytes(built)


def records(raw: bytes) -> Iterator[Any]:
    """What the client makes of it."""
    memory = MemoryRecords(raw)
    while memory.has_next():
        batch = memory.next_batch()
        batch.validate_crc()
        yield from batch


def main() -> None:
    policy = read_policy(None)
    browser.load()
    bots.load()
    hot_path.tune()
    start = yesterday(datetime.now(UTC))
    keys = DayKeys()
    keys.put(int(start.timestamp()) // 86_400, bytes(32))
    anonymiser = Anonymiser(policy, lambda address: None, keys)
    count = policy.topics.raw_partitions
    written = {spec.name: spec.partitions for spec in topology(policy)}
    processors = [AnonymiseProcessor(policy, anonymiser, n, count, 1) for n in range(count)]
    for processor in processors:
        processor.resume(0, "")

    def outputs() -> Batches:
        return Batches(hot_path.LightBatch.transactional, written)

    opening = tick(milliseconds(start) + policy.time.allowed_lateness * 1000)
    now_ms = int(time.time() * 1000)
    offsets = [0] * count
    for block in range(BLOCKS):
        values = [[opening] for _ in range(count)]
        for value in load(block, EVENTS, start):
            values[partition_of(value, count)].append(value)
        raw = [fetched(each, at, now_ms) for each, at in zip(values, offsets, strict=True)]
        offsets = [at + len(each) for each, at in zip(values, offsets, strict=True)]
        del values
        began = time.process_time()
        for processor, data in zip(processors, raw, strict=True):
            rest = records(data)
            while batch := list(islice(rest, FETCHED)):
                step = processor.process(batch, outputs())
                assert step.tally[topics.PSEUDONYMISED] > len(batch) / 2, (
                    "as many as there should be"
                )
        print(f"block {block + 1}: {(time.process_time() - began) / EVENTS * 1e6:.1f} µs an event")


if __name__ == "__main__":
    main()
