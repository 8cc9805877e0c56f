"""What a stage's group has committed of a partition, and when that was written.

The time goes before the stage's own metadata: it tells which transactions were committed, where
one hangs (`hanging`).
"""

import asyncio
import contextlib
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError

from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings

ANSWER_SECONDS = 60  # a broker that has only just started takes its time
RETRY_SECONDS = 0.2


class Committed(NamedTuple):
    """What a group has committed of a partition, if anything.

    `written_ms`: when the last batch of that transaction was written, in ms, by the
    broker's clock; `None` where an older version, or Kafka's own tools, made the commit.
    """

    offset: int | None = None
    metadata: str = ""
    written_ms: int | None = None


def write_metadata(written_ms: int, metadata: str) -> str:
    """What goes beside the offset."""
    return f"{written_ms} {metadata}"


def read_metadata(stored: str) -> tuple[int | None, str]:
    """What lies beside an offset → when its transaction was written (ms), and the stage's own."""
    written_ms, _, metadata = stored.partition(" ")
    return (int(written_ms), metadata) if written_ms.isdecimal() else (None, stored)


async def committed_offset(settings: Settings, group: str, source: TopicPartition) -> Committed:
    """What a group has committed, if anything; raises `TimeoutError`."""
    admin = clients.admin(settings)
    await clients.start(admin, settings)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                with contextlib.suppress(GroupCoordinatorNotAvailableError):
                    offsets = await admin.list_consumer_group_offsets(group, partitions=[source])
                    # Where nothing was committed the answer is -1. No answer is an error that
                    # the library passes over, as when the broker has only just started: taken
                    # for the same, it would have everything processed again.
                    if found := offsets.get(source):
                        break
                await asyncio.sleep(RETRY_SECONDS)
    finally:
        await clients.stop(admin)
    if found.offset < 0:
        return Committed()
    written_ms, metadata = read_metadata(found.metadata)
    return Committed(found.offset, metadata, written_ms)
