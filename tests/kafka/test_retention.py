"""What is older than its retention is unreadable and off the broker's disk, byte by byte.

On a broker that looks often, and with retentions of seconds: the configuration is the topology's.
Events for analysts do not go by their age: test_cut.py.
"""

import pytest

from quietclicks.agents import cuts
from quietclicks.agents.cuts import Cuts
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.topology.topics import TopicSpec, topology
from quietclicks.schemas import topics
from tests.kafka.disk import on_disk, readable, visited
from tests.kafka.world import until
from tests.kafka_tools import produce, unique
from tests.paths import ROOT

SECONDS = 12
IDLE, BUSY = 0, 1  # partitions
PARTNER = topics.PARTNERS + "adreach"
PROMISED = (topics.RAW, PARTNER, topics.REJECTED)
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
    for old in ('raw = "24h" ', 'rejected = "7d"', 'retention = "24h"', 'trends = "forever"'):
        assert old in text
        text = text.replace(old, f'{old.split(" = ")[0]} = "{SECONDS}s"')
    text = text.replace(f'trends = "{SECONDS}s"', 'trends = "1d"')
    text = text.replace('allowed_lateness = "15m"', 'allowed_lateness = "1s"')
    for name in ("raw", "event"):
        text = text.replace(f"{name}_partitions = 4", f"{name}_partitions = 2")
    return text


POLICY = parse(short_policy(), "p")


@pytest.fixture(scope="module")
def broker(own_broker: Broker) -> Broker:
    return own_broker


async def test_what_has_expired_is_nowhere(broker: Broker) -> None:
    settings = Settings(bootstrap=broker.bootstrap)
    specs = [each for each in topology(POLICY) if each.name in PROMISED]
    # The same configuration, and compacted besides: why nothing that goes by its age is.
    kept_alive = TopicSpec(
        unique("compacted"),
        2,
        1,
        {
            **specs[0].configs,
            "cleanup.policy": "compact,delete",
            "max.compaction.lag.ms": "1000",
        },
    )
    await apply(settings, [*specs, kept_alive])
    names = [*PROMISED, kept_alive.name]

    async def gone() -> bool:
        return not any(on_disk(broker, b"canary of " + name.encode()) for name in PROMISED)

    # From the beginning: what is compacted meets younger records before it has expired.
    async with visited(broker, names, BUSY):
        for name in names:
            canary = b"canary of " + name.encode()
            records = [(number, b"key " + canary, canary) for number in (IDLE, BUSY)]
            await produce(broker.bootstrap, name, records)
            assert await readable(broker, name, canary)
            assert on_disk(broker, canary) == {f"{name}-{IDLE}", f"{name}-{BUSY}"}
        await until(gone, "all canaries off the disk")
        for name in PROMISED:
            assert not await readable(broker, name, b"canary of " + name.encode())
            assert await readable(broker, name, b"other"), "younger records are there"
        assert f"{kept_alive.name}-{BUSY}" in on_disk(broker, b"canary of compacted")


async def test_a_key_that_was_destroyed_leaves_the_disk_though_no_key_is_made(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = {each.name: each for each in topology(POLICY)}
    spec = TopicSpec(topics.KEYS, 1, 1, {**specs[topics.KEYS].configs, **SOON})
    specs[topics.KEYS] = spec
    monkeypatch.setattr(cuts, "topology", lambda policy: list(specs.values()))
    settings = Settings(bootstrap=broker.bootstrap)
    await apply(settings, [spec])
    written = [(0, b"erased-key", b"erased-value"), (0, b"kept-key", b"kept-value")]
    await produce(broker.bootstrap, spec.name, written)
    await produce(broker.bootstrap, spec.name, [(0, b"erased-key", None)])

    async def gone() -> bool:
        return not on_disk(broker, b"erased-value") and not on_disk(broker, b"erased-key")

    assert not await gone()
    service = Cuts(settings, POLICY, lambda: True)
    await service.start()
    try:
        await until(gone, "value and key off the disk")
    finally:
        await service.stop()
    assert await readable(broker, spec.name, b"kept-value")
