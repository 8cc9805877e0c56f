"""Makes the broker's topics what the policy asks for."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from quietclicks.agents import clients
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.topology import TopicSpec

TOPIC_ALREADY_EXISTS = 36


async def apply(settings: Settings, specs: list[TopicSpec]) -> list[str]:
    """Create what is missing; the names of the topics made. Raises `Failure`.

    A topic that exists with another number of partitions is refused: events would find their
    visitor's counters elsewhere.
    """
    client = clients.admin(settings)
    await clients.start(client, settings)
    try:
        existing = {
            each["topic"]: len(each["partitions"])
            for each in await client.describe_topics()
            if not each["error_code"]
        }
        for spec in specs:
            found = existing.get(spec.name, spec.partitions)
            if found != spec.partitions:
                raise Failure(
                    f"{spec.name} has {found} partitions and the policy asks for "
                    f"{spec.partitions}: drain the pipeline and make the topic anew"
                )
        missing = [spec for spec in specs if spec.name not in existing]
        if missing:
            await _create(client, missing)
        return [spec.name for spec in missing]
    finally:
        await clients.stop(client)


async def _create(client: AIOKafkaAdminClient, specs: list[TopicSpec]) -> None:
    answer = await client.create_topics(
        [
            NewTopic(spec.name, spec.partitions, spec.replication, topic_configs=dict(spec.configs))
            for spec in specs
        ]
    )
    # The client reports errors in its answer and does not raise.
    for name, code, message, *_ in answer.topic_errors:
        if code and code != TOPIC_ALREADY_EXISTS:
            raise Failure(f"the broker would not make {name}: {message or f'error {code}'}")
