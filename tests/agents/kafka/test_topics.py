"""The broker's topics, made what a specification says: at once, all of it, and errors are told."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.admin.config_resource import ConfigResourceType as Kind
from kafka.admin import ConfigResource, ConfigResourceType
from msgspec.structs import replace

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.kafka.refusals import SEE
from quietclicks.agents.kafka.topics import _configs, _configure, _create, apply, plan
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.topology.diff import ChangeKind, Difference, Live, LiveTopic
from quietclicks.pipeline.topology.topics import TopicSpec
from tests.kafka.world import until
from tests.kafka_tools import SharedBroker, unique

TOPIC, BROKER = Kind.TOPIC, Kind.BROKER


@pytest.fixture
def settings(broker: SharedBroker) -> Settings:
    return Settings(bootstrap=broker.bootstrap)


@pytest.fixture
def spec() -> TopicSpec:
    configs = {"cleanup.policy": "delete", "retention.ms": "3600000", "segment.ms": "60000"}
    return TopicSpec(unique("made"), 2, 1, configs)


def of(spec: TopicSpec, found: list[Difference]) -> list[str]:
    """What concerns this topic: others use the broker, too."""
    return [f"{each.kind}: {each}" for each in found if each.topic == spec.name]


async def test_it_is_there_when_apply_returns(settings: Settings, spec: TopicSpec) -> None:
    assert len(of(spec, await apply(settings, [spec]))) == 1
    assert await clients.partitions(settings, spec.name) == 2
    assert of(spec, await plan(settings, [spec])) == []


async def test_wider_and_changed_when_apply_returns(settings: Settings, spec: TopicSpec) -> None:
    await apply(settings, [spec])
    configs = {"cleanup.policy": "delete", "retention.ms": "7200000"}
    wider = replace(spec, partitions=3, configs=configs)
    assert of(spec, await apply(settings, [wider])) == [
        f"{ChangeKind.GROW}: {spec.name}: partitions: 2 → 3",
        f"{ChangeKind.CONFIGURE}: {spec.name}: retention.ms: 1h → 2h",
        f"{ChangeKind.CONFIGURE}: {spec.name}: segment.ms: 1m → the broker's default; "
        "the policy does not ask for it",
    ]
    assert await clients.partitions(settings, spec.name) == 3
    assert of(spec, await plan(settings, [wider])) == []


async def test_what_was_set_meanwhile_is_not_lost(settings: Settings, spec: TopicSpec) -> None:
    """Only what a plan has shown is changed: another's change is drift, and named."""
    await apply(settings, [spec])
    stale = Live(
        {spec.name: LiveTopic(2, 1, {}, frozenset({"segment.ms", "min.insync.replicas"}))}, {}
    )
    await asyncio.to_thread(set_one, settings, spec.name, "retention.bytes", "1000000")
    changed = replace(spec, configs={"cleanup.policy": "delete", "retention.ms": "7200000"})
    await asyncio.to_thread(_configure, settings, [changed], stale)
    await until(lambda: differs(settings, changed), "the broker has taken it over")
    assert of(changed, await plan(settings, [changed])) == [
        f"{ChangeKind.CONFIGURE}: {spec.name}: retention.bytes: 1000000 → the broker's default; "
        "the policy does not ask for it"
    ]


class Refusing:
    """An admin client whose broker answers every request with one error code."""

    def __init__(self, code: int) -> None:
        self.code = code

    async def create_topics(self, made: list[Any]) -> Any:
        return SimpleNamespace(topic_errors=[(each.name, self.code, "odd") for each in made])

    async def describe_configs(self, asked: list[Any]) -> Any:
        told = [(self.code, "odd", each.resource_type, each.name, ()) for each in asked]
        return [SimpleNamespace(resources=told)]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            29,
            f"this user has no right to the topic {{0}}: {SEE}",
        ),
        (44, "the broker would not make {0}: odd"),
    ],
)
async def test_what_is_told_where_a_topic_is_not_made(
    spec: TopicSpec, code: int, told: str
) -> None:
    with pytest.raises(Failure) as failed:
        await _create(Refusing(code), [spec])
    assert str(failed.value) == told.format(spec.name)


@pytest.mark.parametrize(
    ("kind", "name", "code", "told"),
    [
        (TOPIC, "made", 29, "this user has no right to the topic made: see "),
        (BROKER, "1", 31, "this user has no right to do this to the cluster: see "),
        (BROKER, "1", 42, "the broker does not tell how broker 1 is configured: odd"),
        (TOPIC, "made", 3, "the broker does not tell how made is configured: odd"),
    ],
)
async def test_what_is_told_where_a_configuration_is_not(
    kind: Kind, name: str, code: int, told: str
) -> None:
    with pytest.raises(Failure) as failed:
        await _configs(Refusing(code), kind, [name])
    assert str(failed.value).startswith(told)


def set_one(settings: Settings, name: str, key: str, value: str) -> None:
    with administration(settings) as client:
        resource = ConfigResource(ConfigResourceType.TOPIC, name, {key: value})
        client.alter_configs([resource], incremental=True)


async def differs(settings: Settings, spec: TopicSpec) -> bool:
    return len(of(spec, await plan(settings, [spec]))) == 1


async def test_two_at_the_same_time(settings: Settings, spec: TopicSpec) -> None:
    await asyncio.gather(apply(settings, [spec]), apply(settings, [spec]))
    assert of(spec, await plan(settings, [spec])) == []


async def test_the_broker_refuses_to_make_it(settings: Settings, spec: TopicSpec) -> None:
    odd = replace(spec, configs={"cleanup.policy": "keep"})
    with pytest.raises(Failure, match=f"the broker would not make {spec.name}: .*keep"):
        await apply(settings, [odd])


async def test_the_broker_refuses_to_change_it(settings: Settings, spec: TopicSpec) -> None:
    await apply(settings, [spec])
    odd = replace(spec, configs={**spec.configs, "segment.ms": "-5"})
    with pytest.raises(Failure, match=f"the broker would not change {spec.name}: .*segment.ms"):
        await apply(settings, [odd])
    assert of(spec, await plan(settings, [spec])) == []


async def test_nothing_is_changed_where_a_yes_is_missing(
    settings: Settings, spec: TopicSpec
) -> None:
    await apply(settings, [spec])
    other = replace(spec, name=unique("other"))
    shorter = replace(spec, configs={**spec.configs, "retention.ms": "1000"})
    with pytest.raises(UsageError, match="say --yes to delete data"):
        await apply(settings, [other, shorter])
    assert len(of(other, await plan(settings, [other]))) == 1
    await apply(settings, [other, shorter], yes=True)
    assert of(other, await plan(settings, [other, shorter])) == []
