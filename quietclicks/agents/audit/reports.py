"""`privacy.audits`: the reports of all audits, each one record, the oldest first."""

import asyncio

from aiokafka.errors import KafkaError
from msgspec import Struct

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.clients import ANSWER_SECONDS
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.schemas import topics


class Stored(Struct, frozen=True):
    """A report as it lies there, and when it was appended (ms, by the broker's clock)."""

    value: bytes
    at_ms: int


async def read_reports(settings: Settings) -> list[Stored]:
    """All of them. Raises `Failure`, `KafkaError`."""
    await clients.partitions(settings, topics.AUDITS)
    found = []
    async for records in batches_to_end(settings, topics.AUDITS, 0):
        found += [Stored(each.value or b"", each.timestamp) for each in records]
    return found


async def append(settings: Settings, report: bytes) -> None:
    """One more; once, however often it is sent. Raises `Failure`."""
    await clients.partitions(settings, topics.AUDITS)
    producer = clients.producer(settings, enable_idempotence=True)
    await clients.start(producer, settings)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await producer.send_and_wait(topics.AUDITS, report, None, partition=0)
    except (KafkaError, TimeoutError) as error:
        told = refusal(error) or f"the broker did not take it: {type(error).__name__}"
        raise Failure(f"the report is not recorded: {told}") from None
    finally:
        await clients.stop(producer)
