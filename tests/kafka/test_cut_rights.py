"""What a worker must be allowed so that it can cut: as docs/operating.md lists it, and no less."""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest

from quietclicks.agents.kafka.cut import cut
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.embedded.ports import free_port
from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.topology.topics import TopicSpec, topology
from quietclicks.schemas import topics
from tests.kafka.disk import OFTEN, readable
from tests.kafka.test_cut import DAY, GRACE_HOURS, SHORT, event
from tests.kafka.world import policy_text, until
from tests.kafka_tools import produce, unique

POLICY = parse(policy_text(event_partitions=1), "policy.toml")
USER, PASSWORD = "worker", "correct-horse"  # of a broker that lives for a minute
TOPIC, GROUP = 2, 3  # the protocol's numbers
LITERAL, PREFIXED, ALLOW = 3, 4, 3
READ, WRITE, DELETE, DESCRIBE_CONFIGS = 3, 4, 6, 10


class Guarded(NamedTuple):
    """A broker that denies what is not allowed, and its port for users with a password."""

    broker: Broker
    port: int


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    plain, control, sasl = (free_port() for _ in range(3))
    clients = f"BROKER://127.0.0.1:{plain},SASL://127.0.0.1:{sasl}"
    module = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    properties = {
        **OFTEN,
        "listeners": f"{clients},CONTROLLER://127.0.0.1:{control}",
        "advertised.listeners": clients,
        "controller.quorum.voters": f"1@127.0.0.1:{control}",
        "listener.security.protocol.map": (
            "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT"
        ),
        "listener.name.sasl.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl.plain.sasl.jaas.config": f'{module} user_{USER}="{PASSWORD}";',
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }
    with Broker.start(port=plain, properties=properties, progress=lambda _: None) as broker:
        yield Guarded(broker, sasl)


async def allow(broker: Broker, *rights: tuple[int, str, int, int]) -> None:
    """(kind, name, pattern, operation) for the worker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        for kind, name, pattern, operation in rights:
            request = CreateAclsRequest(kind, name, pattern, f"User:{USER}", "*", operation, ALLOW)
            answer = await admin._send_to_controller(request)
            assert [code for code, _ in answer.creation_responses] == [0]
    finally:
        await admin.close()


async def test_a_worker_needs_the_right_to_delete(guarded: Guarded) -> None:
    broker = guarded.broker
    [spec] = [each for each in topology(POLICY) if each.name == topics.PSEUDONYMISED]
    spec = TopicSpec(unique("events"), 1, 1, {**spec.configs, **SHORT})
    await apply(Settings(bootstrap=broker.bootstrap), [spec])
    settings = Settings(
        bootstrap=f"127.0.0.1:{guarded.port}",
        app=unique("app"),
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_username=USER,
        sasl_password=PASSWORD,
    )
    canary = unique("canary")
    await produce(broker.bootstrap, spec.name, [(0, b"k", event(DAY, canary))])
    await allow(
        broker,
        (GROUP, settings.app, PREFIXED, READ),
        (TOPIC, spec.name, LITERAL, READ),
        (TOPIC, spec.name, LITERAL, WRITE),
        (TOPIC, spec.name, LITERAL, DESCRIBE_CONFIGS),
    )
    closed = (DAY + 1) * HOURS_PER_DAY

    async def attempt() -> bool:
        return await cut(settings, POLICY, spec, closed + GRACE_HOURS) is not None

    async def refused() -> bool:
        """A right takes a moment to be known; until the cut itself nothing else may fail."""
        try:
            return await attempt()
        except TopicAuthorizationFailedError:
            return True

    await until(lambda: _seen(cut(settings, POLICY, spec, closed)), "the first rights are known")
    await asyncio.sleep(1.5)
    await until(refused, "it gets as far as it may")
    assert await readable(broker, spec.name, canary.encode())
    await allow(broker, (TOPIC, spec.name, LITERAL, DELETE))

    async def done() -> bool:
        try:
            return await attempt()
        except TopicAuthorizationFailedError:
            return False

    await until(done, "the day is cut")
    assert not await readable(broker, spec.name, canary.encode())


async def _seen(attempt: object) -> bool:
    try:
        await attempt  # type: ignore[misc]
    except TopicAuthorizationFailedError:
        return False
    return True
