"""How far the release stage is: what it has committed for each partition of `internal.partials`."""

from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.committed import read_note
from quietclicks.agents.kafka.refusals import about_group
from quietclicks.agents.kafka.stages import RELEASE, group_of
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.release.metadata import released_hour, withheld_by_day
from quietclicks.schemas import topics


async def released(settings: Settings, partitions: int) -> tuple[int, dict[TopicPartition, int]]:
    """The hour (since 1970) before which all of them have released all there is; their offsets.

    0 where one has committed nothing. What lies before an offset is needed no more. Raises
    `KafkaError`, `Failure`.
    """
    found, told = await _committed(settings, partitions)
    offsets = {tp: each.offset for tp, each in found.items() if each.offset >= 0}
    return min(map(released_hour, told)), offsets


async def withheld(settings: Settings, partitions: int) -> dict[int, int]:
    """How many views of the last days no number tells, about: by day since 1970, of all sites.

    Raises `KafkaError`, `Failure`.
    """
    _, told = await _committed(settings, partitions)
    return withheld_by_day(told)


async def _committed(
    settings: Settings, partitions: int
) -> tuple[dict[TopicPartition, OffsetAndMetadata], list[str]]:
    """What is committed, and the release stage's own words beside it, of each partition."""
    admin = clients.admin(settings)
    await clients.start(admin, settings)
    try:
        tps = [TopicPartition(topics.PARTIALS, number) for number in range(partitions)]
        group = group_of(settings, RELEASE)
        with about_group(group):
            found = await admin.list_consumer_group_offsets(group, partitions=tps)
    finally:
        await clients.stop(admin)
    there = {tp: found[tp] for tp in tps if tp in found}
    return there, [read_note(there[tp].metadata).metadata if tp in there else "" for tp in tps]
