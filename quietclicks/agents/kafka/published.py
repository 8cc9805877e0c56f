"""Reading what is published: all records of the trends topics, up to where they end now.

It follows nothing and commits nothing.
"""

from collections.abc import AsyncIterator

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.settings import Settings
from quietclicks.schemas import topics


async def published(settings: Settings) -> AsyncIterator[list[bytes]]:
    """Committed values in batches, topic by topic, in the order of each log. Raises `Failure`."""
    for topic in topics.PUBLISHED:
        for partition in range(await clients.partitions(settings, topic)):
            async for records in batches_to_end(settings, topic, partition):
                yield [record.value for record in records if record.value is not None]
