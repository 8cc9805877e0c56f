"""What a stage's group has committed of a partition, with what was noted besides.

Before the stage's own metadata go the time, which tells whether a transaction that hangs was
committed (`hanging`), and the ids of the topics that it speaks of (`topic_ids`).
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.refusals import about_group
from quietclicks.agents.settings import Settings

ANSWER_SECONDS = 60  # a broker that has only just started takes its time
RETRY_SECONDS = 0.2


class Note(NamedTuple):
    """What lies beside an offset.

    `written_ms`: when the last batch of that transaction was written, by the broker's clock; `None`
    where an older version, or Kafka's own tools, made the commit. `topic_ids` as `topic_ids` has
    them. `metadata`: the stage's own.
    """

    written_ms: int | None = None
    topic_ids: tuple[str, ...] = ()
    metadata: str = ""

    def encode(self) -> str:
        """As it is committed."""
        return f"{self.written_ms} {','.join(self.topic_ids)} {self.metadata}"


class Committed(NamedTuple):
    """What a group has committed of a partition, if anything."""

    offset: int | None = None
    note: Note = Note()


def read_note(stored: str) -> Note:
    """What lies beside an offset, whoever put it there."""
    written_ms, _, rest = stored.partition(" ")
    topic_ids, separator, metadata = rest.partition(" ")
    if not (written_ms.isdecimal() and separator):
        return Note(metadata=stored)
    return Note(int(written_ms), tuple(filter(None, topic_ids.split(","))), metadata)


async def committed_offsets(
    settings: Settings, group: str, sources: Sequence[TopicPartition]
) -> dict[TopicPartition, Committed]:
    """Of several, of which some may be missing. Raises `KafkaError`, `TimeoutError`."""
    admin = clients.admin(settings)
    await clients.start(admin, settings)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await admin.list_consumer_group_offsets(group, partitions=list(sources))
    finally:
        await clients.stop(admin)
    return {
        tp: Committed(each.offset, read_note(each.metadata))
        for tp, each in found.items()
        if each.offset >= 0
    }


async def committed_offset(settings: Settings, group: str, source: TopicPartition) -> Committed:
    """What a group has committed, if anything; raises `Failure`."""
    admin = clients.admin(settings)
    await clients.start(admin, settings)
    try:
        async with clients.in_time(f"told what {group} has committed", ANSWER_SECONDS):
            while True:
                with contextlib.suppress(GroupCoordinatorNotAvailableError), about_group(group):
                    offsets = await admin.list_consumer_group_offsets(group, partitions=[source])
                    # Where nothing was committed the answer is -1. No answer is an error that
                    # the library passes over, as when the broker has only just started: taken
                    # for the same, it would have everything processed again.
                    if found := offsets.get(source):
                        break
                await asyncio.sleep(RETRY_SECONDS)
    finally:
        await clients.stop(admin)
    return Committed() if found.offset < 0 else Committed(found.offset, read_note(found.metadata))
