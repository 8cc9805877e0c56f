"""Reads `privacy.responses` for the audit log, from where the last entries were committed."""

from aiokafka import TopicPartition

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.committed import committed_offset
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.stages import group_of
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.evidence.answers import MAX_ANSWERS, SeenAnswers, told_of
from quietclicks.pipeline.evidence.told import Told
from quietclicks.schemas import topics

ANSWERS = TopicPartition(topics.RESPONSES, 0)


def reader_of(settings: Settings) -> str:
    """The group that is nobody's: what is committed is how far the log tells."""
    return group_of(settings, "audit")


async def look_at_answers(settings: Settings) -> SeenAnswers:
    """What is not told yet. Raises `KafkaError`, `Failure`, `TimeoutError`."""
    await clients.partitions(settings, topics.RESPONSES)  # else a reader would wait long
    start = (await committed_offset(settings, reader_of(settings), ANSWERS)).offset or 0
    told: list[Told] = []
    async for records in batches_to_end(settings, *ANSWERS, start=start or None):
        for record in records:
            if len(told) < MAX_ANSWERS:
                told += told_of([record])
                start = record.offset + 1
    return SeenAnswers(tuple(told), start)
