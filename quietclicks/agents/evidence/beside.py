"""The checkpoints that lie beside the audit log: on a month's trends, and in the public summary.

They are worth as much as the copies of these topics that others have: who can write to the whole
broker can change them, too.
"""

import time

from aiokafka.errors import KafkaError

from quietclicks.agents.evidence.say import Say
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.ranges import range_of
from quietclicks.agents.kafka.reading import batches_to_end, read_to_end
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY
from quietclicks.pipeline.evidence.public import decode
from quietclicks.pipeline.evidence.trend_anchor import notes_of
from quietclicks.schemas import topics
from quietclicks.schemas.summary import SUMMARY_KEY

BACK_MS = 31 * MILLISECONDS_PER_DAY

Anchors = list[tuple[str, bytes]]


async def anchors_beside(settings: Settings, say: Say) -> Anchors:
    """By which topic each is kept, and its note. What cannot be read is said, and is none."""
    found: Anchors = []
    for topic in (*topics.PUBLISHED, topics.SUMMARY):
        try:
            notes = await (_summary if topic == topics.SUMMARY else _headers)(settings, topic)
        except (KafkaError, Failure) as error:
            say(f"no checkpoint from {topic}: {refusal(error) or error}")
            continue
        found += [(topic, note) for note in notes]
    return found


async def _headers(settings: Settings, topic: str) -> list[bytes]:
    """Each once, the oldest first."""
    found: dict[bytes, None] = {}
    since_ms = int(time.time() * 1000) - BACK_MS
    for partition, start in enumerate((await range_of(settings, topic, since_ms)).starts):
        async for records in batches_to_end(settings, topic, partition, start=start):
            for record in records:
                found.update(dict.fromkeys(notes_of(record.headers)))
    return list(found)


async def _summary(settings: Settings, topic: str) -> list[bytes]:
    """Of the newest record."""
    await clients.partitions(settings, topic)
    newest = None
    async for record in read_to_end(settings, topic, 0):
        if record.key == SUMMARY_KEY:
            newest = decode(record.value or b"")
    return [] if newest is None or newest.checkpoint is None else [newest.checkpoint.encode()]
