"""Whether the pipeline is drained: only then may the number of raw partitions change.

Reads offsets and the ends of two topics; changes nothing.
"""

import msgspec
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from quietclicks.agents import clients
from quietclicks.agents.reading import batches_to_end, read_to_end
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.anonymise_stage import DAY
from quietclicks.pipeline.clock import day_text
from quietclicks.schemas import topics

STAGES = (("anonymise", topics.RAW), ("release", topics.PARTIALS))


async def refuse_unless_drained(settings: Settings, client: AIOKafkaAdminClient) -> None:
    """Raises `Failure` with what to do, unless nothing is on its way and no worker runs.

    Drained: every raw record is processed, every day that was opened is closed and released.
    """
    for stage, source in STAGES:
        group = f"{settings.app}.{stage}"
        [description] = (await client.describe_consumer_groups([group]))[0].groups
        if description[-1]:
            raise Failure(
                "stop all workers first: they would go on with the old number of partitions"
            )
        for number in range(await clients.partitions(settings, source)):
            await _refuse_unread(settings, client, group, TopicPartition(source, number))
    for number in range(await clients.partitions(settings, topics.CELLS)):
        await _refuse_open_day(settings, number)


async def _refuse_unread(
    settings: Settings, client: AIOKafkaAdminClient, group: str, place: TopicPartition
) -> None:
    try:
        offsets = await client.list_consumer_group_offsets(group, partitions=[place])
    except GroupCoordinatorNotAvailableError:
        offsets = {}  # no group has ever been here
    committed = offsets[place].offset if place in offsets else -1
    # Not the offsets alone: a transaction's end takes one, too, and nobody commits past it.
    async for record in read_to_end(settings, place.topic, place.partition):
        if record.offset >= committed:
            raise Failure(
                f"{place.topic}[{place.partition}] has records that {group} is not done with: "
                "stop the collector, let the workers go on until the last day is released, stop "
                "them, and try again"
            )


async def _refuse_open_day(settings: Settings, number: int) -> None:
    open_days: set[bytes] = set()
    async for records in batches_to_end(settings, topics.CELLS, number):
        for record in records:
            key = record.key or b""
            if key[:1] == DAY:
                (open_days.discard if record.value is None else open_days.add)(key)
    if open_days:
        day = day_text(min(msgspec.msgpack.decode(key[1:], type=int) for key in open_days))
        raise Failure(
            f"{day} is still open: stop the collector, let the workers go on until that day is "
            "released, stop them, and try again"
        )
