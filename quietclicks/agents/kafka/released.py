"""How far the release stage is: what it has committed for each partition of `internal.partials`."""

from aiokafka import TopicPartition

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.committed import read_note
from quietclicks.agents.kafka.stages import RELEASE, group_of
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.release.metadata import released_hour
from quietclicks.schemas import topics


async def released(settings: Settings, partitions: int) -> tuple[int, dict[TopicPartition, int]]:
    """The hour (since 1970) before which all of them have released all there is; their offsets.

    0 where one has committed nothing. What lies before an offset is needed no more. Raises
    `KafkaError`, `Failure`.
    """
    admin = clients.admin(settings)
    await clients.start(admin, settings)
    try:
        tps = [TopicPartition(topics.PARTIALS, number) for number in range(partitions)]
        group = group_of(settings, RELEASE)
        found = await admin.list_consumer_group_offsets(group, partitions=tps)
    finally:
        await clients.stop(admin)
    told = [read_note(found[tp].metadata).metadata if tp in found else "" for tp in tps]
    offsets = {tp: found[tp].offset for tp in tps if tp in found and found[tp].offset >= 0}
    return min(map(released_hour, told)), offsets
