"""What is older than its retention is unreadable and off the broker's disk, byte by byte.

On a broker that looks often, and with retentions of seconds: the configuration is the topology's.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from quietclicks.agents.expiry import NUDGE, Expiry, sweep
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.topology.topics import TopicSpec, sweep_seconds, topology
from quietclicks.schemas import topics
from tests.kafka.world import until
from tests.kafka_tools import produce, read_all, unique
from tests.paths import ROOT

SECONDS = 8
IDLE, BUSY = 0, 1  # partitions
PARTNER = topics.PARTNERS + "adreach"
PROMISED = (topics.RAW, topics.PSEUDONYMISED, PARTNER, topics.REJECTED)
OFTEN = {
    "log.initial.task.delay.ms": "500",
    "log.retention.check.interval.ms": "500",
    "log.cleaner.backoff.ms": "500",
}
# A topic that keeps its records longer than the test, and compacts at once
SOON = {
    "retention.ms": "-1",
    "segment.ms": "1000",
    "max.compaction.lag.ms": "1000",
    "delete.retention.ms": "1000",
    "file.delete.delay.ms": "1000",
}


def short_policy() -> str:
    text = (ROOT / "deploy" / "policy.toml").read_text("utf-8")
    for old in ('raw = "24h" ', 'events = "30d"', 'rejected = "7d"', 'retention = "24h"'):
        assert old in text
        text = text.replace(old, f'{old.split(" = ")[0]} = "{SECONDS}s"')
    text = text.replace('allowed_lateness = "15m"', 'allowed_lateness = "1s"')
    for name in ("raw", "event"):
        text = text.replace(f"{name}_partitions = 4", f"{name}_partitions = 2")
    return text


SPECS = [each for each in topology(parse(short_policy(), "p")) if each.name in PROMISED]


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with Broker.start(properties=OFTEN) as own:
        yield own


@asynccontextmanager
async def expiring(settings: Settings, specs: list[TopicSpec]) -> AsyncIterator[None]:
    service = Expiry(settings, specs, lambda: True)
    await service.start()
    try:
        yield
    finally:
        await service.stop()


def on_disk(broker: Broker, text: bytes) -> set[str]:
    """The partitions, as the broker names their folders, with these bytes in any file."""
    found = set()
    for file in (broker.data_dir / "data").glob("*/*"):
        try:
            if file.is_file() and text in file.read_bytes():
                found.add(file.parent.name)
        except FileNotFoundError:
            continue  # deleted just now
    return found


async def readable(broker: Broker, topic: str, text: bytes) -> bool:
    records = await read_all(broker.bootstrap, topic, "read_uncommitted")
    return any(text in (each.value or b"") + (each.key or b"") for each in records)


@asynccontextmanager
async def visited(broker: Broker, names: list[str]) -> AsyncIterator[None]:
    """Records come all the time, so that a log's youngest record never expires."""

    over = asyncio.Event()

    async def go_on() -> None:
        number = 0
        while not over.is_set():
            number += 1
            for name in names:
                await produce(broker.bootstrap, name, [(BUSY, b"other %d" % number, b"other")])
            await asyncio.sleep(0.1)

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        over.set()  # not cancelled: a producer would be left half started
        await task


async def test_what_has_expired_is_nowhere(broker: Broker) -> None:
    settings = Settings(bootstrap=broker.bootstrap)
    # The same topic without our sweep: what the broker would do alone.
    unswept = next(replace(each, name=unique("unswept")) for each in SPECS if sweep_seconds(each))
    await apply(settings, [*SPECS, unswept])
    names = [*PROMISED, unswept.name]
    for name in names:
        canary = b"canary of " + name.encode()
        records = [(number, b"key " + canary, canary) for number in (IDLE, BUSY)]
        await produce(broker.bootstrap, name, records)
    for name in names:
        canary = b"canary of " + name.encode()
        assert await readable(broker, name, canary)
        assert on_disk(broker, canary) == {f"{name}-{IDLE}", f"{name}-{BUSY}"}

    async def gone() -> bool:
        return not any(on_disk(broker, b"canary of " + name.encode()) for name in PROMISED)

    async with expiring(settings, SPECS), visited(broker, names):
        await until(gone, "all canaries off the disk")
        for name in PROMISED:
            assert not await readable(broker, name, b"canary of " + name.encode())
            assert await readable(broker, name, b"other"), "younger records are there"
        # Why there is a sweep: beside younger records the old one outlives its retention.
        assert f"{unswept.name}-{BUSY}" in on_disk(broker, b"canary of unswept")


@pytest.mark.parametrize("name", [topics.PSEUDONYMISED, topics.KEYS])
async def test_what_was_erased_leaves_the_disk_though_nobody_visits(
    name: str, broker: Broker
) -> None:
    [spec] = [
        TopicSpec(unique("erased"), 1, 1, {**each.configs, **SOON})
        for each in topology(parse(short_policy(), "p"))
        if each.name == name
    ]
    settings = Settings(bootstrap=broker.bootstrap)
    await apply(settings, [spec])
    written = [(IDLE, b"erased-key", b"erased-value"), (IDLE, b"kept-key", b"kept-value")]
    await produce(broker.bootstrap, spec.name, written)
    await produce(broker.bootstrap, spec.name, [(IDLE, b"erased-key", None)])

    async def gone() -> bool:
        return not on_disk(broker, b"erased-value") and not on_disk(broker, b"erased-key")

    assert not await gone()
    async with expiring(settings, [spec]):
        await until(gone, "value and key off the disk")
    assert await readable(broker, spec.name, b"kept-value")


async def test_a_sweep_touches_only_what_has_expired(broker: Broker) -> None:
    [spec] = [replace(each, name=unique("swept")) for each in SPECS if sweep_seconds(each)]
    # Nothing of this topic is compacted or deleted while we look.
    slow = {"retention.ms": "86400000", "max.compaction.lag.ms": "86400000"}
    spec = replace(spec, configs={**spec.configs, **slow, "min.cleanable.dirty.ratio": "1.0"})
    settings = Settings(bootstrap=broker.bootstrap)
    await apply(settings, [spec])
    await produce(broker.bootstrap, spec.name, [(IDLE, b"a", b"1"), (BUSY, b"b", b"2")])
    assert await sweep(settings, spec) == 0
    old = replace(spec, configs={**spec.configs, "retention.ms": "0"})

    async def swept() -> bool:
        return await sweep(settings, old) == 2

    await until(swept, "the records are older than nothing")
    records = await read_all(broker.bootstrap, spec.name)
    found = [(each.partition, each.key, each.value) for each in records if each.key != NUDGE]
    assert found == [(IDLE, b"a", b"1"), (IDLE, b"a", None), (BUSY, b"b", b"2"), (BUSY, b"b", None)]
