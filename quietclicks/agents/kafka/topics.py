"""Looks at a broker's topics, and makes them what the policy asks for.

Never deletes a topic, never takes partitions away, and never changes what lies in between without
the caller's yes to a change that deletes data.
"""

import asyncio
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from kafka.admin import AlterConfigOp
from kafka.admin import ConfigResource as AlteredResource
from kafka.admin import ConfigResourceType as AlteredType

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.kafka.drain_check import refuse_unless_drained
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.topology.diff import (
    COUPLED,
    ChangeKind,
    Difference,
    Live,
    LiveTopic,
    differences,
)
from quietclicks.pipeline.topology.topics import TopicSpec

DOES = frozenset({ChangeKind.CREATE, ChangeKind.CONFIGURE, ChangeKind.GROW})
ATTEMPTS, ATTEMPT_SECONDS = 200, 0.1  # 20 s: a bound against hanging
OF_THE_TOPIC = 1  # where a value comes from: it was set for this topic


async def plan(settings: Settings, specs: Sequence[TopicSpec]) -> list[Difference]:
    """What differs; changes nothing. Raises `Failure`."""
    client = clients.admin(settings)
    await clients.start(client, settings)
    try:
        return differences(specs, await _look(client))
    except KafkaError as error:
        told = refusal(error) or f"the broker refused: {type(error).__name__}"
        raise Failure(told) from None
    finally:
        await clients.stop(client)


async def apply(
    settings: Settings, specs: Sequence[TopicSpec], yes: bool = False
) -> list[Difference]:
    """Put right what can be; what differed. All or nothing is refused, before the first change.

    Raises `UsageError` where data would be deleted and `yes` is not said, `Failure` where it cannot
    be done.
    """
    client = clients.admin(settings)
    await clients.start(client, settings)
    try:
        there = await _look(client)
        found = differences(specs, there)
        _refuse(found, yes)
        grown = {each.topic for each in found if each.kind is ChangeKind.GROW}
        if grown & COUPLED:
            await refuse_unless_drained(settings, client)
        created = {each.topic for each in found if each.kind is ChangeKind.CREATE}
        changed = {each.topic for each in found if each.kind is ChangeKind.CONFIGURE}
        await _create(client, [spec for spec in specs if spec.name in created])
        if changed:
            wanted = [spec for spec in specs if spec.name in changed]
            await asyncio.to_thread(_configure, settings, wanted, there)
        # From the end of the data's way, so that no record finds a shorter topic further on.
        for spec in reversed([spec for spec in specs if spec.name in grown]):
            await client.create_partitions({spec.name: NewPartitions(spec.partitions)})
        await _until_done(client, specs)
        return found
    except KafkaError as error:
        told = refusal(error) or f"the broker refused: {type(error).__name__}"
        raise Failure(told) from None
    finally:
        await clients.stop(client)


async def refuse_drift(settings: Settings, spec: TopicSpec) -> None:
    """Raises `Failure` where a topic is not configured as its spec says, `KafkaError`.

    When what was cut is off the disk follows from its configuration.
    """
    client = clients.admin(settings)
    await clients.start(client, settings)
    try:
        [found] = (await _configs(client, ConfigResourceType.TOPIC, [spec.name])).values()
    finally:
        await clients.stop(client)
    for key, wanted in spec.configs.items():
        value, _ = found.get(key, ("", False))
        if value != wanted:
            raise Failure(
                f"{spec.name} has {key} = {value} and not {wanted}: see `quietclicks topics check`"
            )


def _refuse(found: Sequence[Difference], yes: bool) -> None:
    for each in found:
        if each.kind is ChangeKind.IMPOSSIBLE:
            raise Failure(str(each))
    destroys = [str(each) for each in found if each.destroys]
    if destroys and not yes:
        raise UsageError(f"say --yes to delete data: {'; '.join(destroys)}")


async def _until_done(client: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> None:
    """A broker answers before it has taken a change over; who comes next must find it made."""
    for _ in range(ATTEMPTS):
        todo = [each for each in differences(specs, await _look(client)) if each.kind in DOES]
        if not todo:
            return
        await asyncio.sleep(ATTEMPT_SECONDS)
    raise Failure(f"the broker took it and did not do it: {todo[0]}")


async def _look(client: AIOKafkaAdminClient) -> Live:
    described = await client.describe_topics()
    names = [each["topic"] for each in described if not each["is_internal"]]
    configs = await _configs(client, ConfigResourceType.TOPIC, names)
    found = {}
    for each in described:
        name, partitions = each["topic"], each["partitions"]
        if name in configs:
            found[name] = LiveTopic(
                len(partitions),
                min((len(one["replicas"]) for one in partitions), default=0),
                {key: value for key, (value, _) in configs[name].items()},
                frozenset(key for key, (_, source) in configs[name].items() if source),
            )
    return Live(found, await broker_values(client))


async def broker_values(client: AIOKafkaAdminClient) -> dict[int, dict[str, str]]:
    """How each broker is configured. Raises `KafkaError`, `Failure` where it does not tell."""
    numbers = [str(each["node_id"]) for each in (await client.describe_cluster())["brokers"]]
    brokers = await _configs(client, ConfigResourceType.BROKER, numbers)
    return {int(number): {k: v for k, (v, _) in brokers[number].items()} for number in brokers}


async def _configs(
    client: AIOKafkaAdminClient, kind: ConfigResourceType, names: Sequence[str]
) -> dict[str, dict[str, tuple[str, bool]]]:
    """Name → key → (value, whether it was set for this one)."""
    if not names:
        return {}
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for answer in await client.describe_configs([ConfigResource(kind, name) for name in names]):
        for code, message, _, name, entries in answer.resources:
            if code:
                is_broker = kind is ConfigResourceType.BROKER
                what = f"broker {name}" if is_broker else name
                told = f"the broker does not tell how {what} is configured: {message}"
                error = for_code(code)() if is_broker else for_code(code)(name)
                raise Failure(refusal(error) or told)
            found[name] = {
                key: (value or "", source == OF_THE_TOPIC) for key, value, _, source, *_ in entries
            }
    return found


async def _create(client: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> None:
    if not specs:
        return
    answer = await client.create_topics(
        [
            NewTopic(spec.name, spec.partitions, spec.replication, topic_configs=dict(spec.configs))
            for spec in specs
        ]
    )
    # The client reports errors in its answer and does not raise.
    for name, code, message, *_ in answer.topic_errors:
        if code and code != TopicAlreadyExistsError.errno:
            told = f"the broker would not make {name}: {message or f'error {code}'}"
            raise Failure(refusal(for_code(code)(name)) or told)


def _configure(settings: Settings, specs: Sequence[TopicSpec], there: Live) -> None:
    """Set what a spec asks for, and take away what was set besides; nothing else is touched."""
    resources = []
    for spec in specs:
        changes: dict[str, tuple[AlterConfigOp, str | None]] = {
            key: (AlterConfigOp.SET, value) for key, value in spec.configs.items()
        }
        for key in there.topics[spec.name].overrides - spec.configs.keys():
            changes[key] = AlterConfigOp.DELETE, None
        resources.append(AlteredResource(AlteredType.TOPIC, spec.name, changes))
    with administration(settings) as client:
        # One request: the broker checks it whole, topic by topic, and says what it would not do.
        answers = client.alter_configs(resources, raise_on_unknown=False, incremental=True)
    for name, answer in answers["topic"].items():
        if answer != "OK":
            raise Failure(f"the broker would not change {name}: {answer}")
