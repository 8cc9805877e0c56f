"""Whether the pipeline is drained: only then may the number of raw partitions change.

Reads offsets and the ends of two topics; changes nothing.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
    for_code,
)

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.refusals import about_group, refusal
from quietclicks.agents.kafka.stages import EVENTS_WAY, SOURCES, group_of
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.counting.state import day_of
from quietclicks.schemas import topics

ATTEMPTS, ATTEMPT_SECONDS = 100, 0.2  # 20 s, in which a new cluster makes the groups' topic
STARTING = (
    GroupCoordinatorNotAvailableError,
    NotCoordinatorForGroupError,
    GroupLoadInProgressError,
)


async def refuse_unless_drained(settings: Settings, client: AIOKafkaAdminClient) -> None:
    """Raises `Failure` with what to do, unless nothing is on its way and no worker runs.

    Drained: every raw record is processed, every day that was opened is closed and released.
    """
    for stage in EVENTS_WAY:
        source = SOURCES[stage]
        group = group_of(settings, stage)
        node, members = await _members(client, group)
        if members:
            raise Failure(
                "stop all workers first: they would go on with the old number of partitions"
            )
        for number in range(await clients.partitions(settings, source)):
            tp = TopicPartition(source, number)
            offsets = await client.list_consumer_group_offsets(group, node, [tp])
            committed = offsets[tp].offset if tp in offsets else -1
            await _refuse_unread(settings, group, tp, committed)
    for number in range(await clients.partitions(settings, topics.CELLS)):
        await _refuse_open_day(settings, number)


async def _members(client: AIOKafkaAdminClient, group: str) -> tuple[int, Sequence[object]]:
    """The group's coordinator, and who is in it."""
    for _ in range(ATTEMPTS):
        with contextlib.suppress(*STARTING), about_group(group):
            node: int = await client.find_coordinator(group)
            [answer] = await client.describe_consumer_groups([group], node)
            [(code, *_, members)] = [each[:6] for each in answer.groups]
            if not code:
                return node, members
            if (error := for_code(code)) not in STARTING:
                told = refusal(error(group)) or f"{error.__name__} of the group {group}"
                raise Failure(f"the broker does not tell who is in a group: {told}")
        await asyncio.sleep(ATTEMPT_SECONDS)
    raise Failure(f"no broker coordinates the group {group}")


async def _refuse_unread(
    settings: Settings, group: str, tp: TopicPartition, committed: int
) -> None:
    # Not the offsets alone: a transaction's end takes one, too, and nobody commits past it.
    async with contextlib.aclosing(batches_to_end(settings, tp.topic, tp.partition)) as batches:
        async for records in batches:
            if records and records[-1].offset >= committed:
                raise Failure(
                    f"{tp.topic}[{tp.partition}] has records that {group} is not done with: "
                    "stop the collector, let the workers go on until the last day is released, "
                    "stop them, and try again"
                )


async def _refuse_open_day(settings: Settings, number: int) -> None:
    open_days: set[int] = set()
    async for records in batches_to_end(settings, topics.CELLS, number):
        for record in records:
            day = day_of(record.key or b"")
            if day is not None:
                (open_days.discard if record.value is None else open_days.add)(day)
    if open_days:
        raise Failure(
            f"{day_text(min(open_days))} is still open: stop the collector, let the workers go on "
            "until that day is released, stop them, and try again"
        )
