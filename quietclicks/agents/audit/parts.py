"""Reading a part of a topic where the whole would take too long: its beginning and its end.

What was committed by then, batch by batch; nothing is kept here.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing

from aiokafka import ConsumerRecord

from quietclicks.agents.audit.cluster import Span
from quietclicks.agents.audit.tell import Tell
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.settings import Settings

Batch = Sequence["ConsumerRecord[bytes, bytes]"]


def parts_of(span: Span, most: int) -> list[tuple[int, int]]:
    """Which offsets to read, as (first, end): all, or half of `most` from either end."""
    if span.end - span.first <= most:
        return [(span.first, span.end)] if span.end > span.first else []
    half = most // 2
    return [(span.first, span.first + half), (span.end - half, span.end)]


def newest_of(span: Span, most: int) -> int:
    """Where the last `most` of them begin."""
    return max(span.first, span.end - most)


async def read_parts(
    settings: Settings,
    topic: str,
    parts: Mapping[int, Sequence[tuple[int, int]]],
    tell: Tell,
) -> AsyncIterator[tuple[int, Batch]]:
    """Partition and records, in the order of each log. Raises `Failure`, `KafkaError`."""
    for partition, ranges in sorted(parts.items()):
        for first, end in ranges:
            async with aclosing(batches_to_end(settings, topic, partition, start=first)) as read:
                async for records in read:
                    wanted = [each for each in records if each.offset < end]
                    tell(len(wanted))
                    if wanted:
                        yield partition, wanted
                    if len(wanted) < len(records):
                        break
