"""`privacy.keys`: read to its end, and written by one transactional id for all workers."""

from contextlib import AbstractAsyncContextManager

from aiokafka.errors import KafkaError

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.only_writer import OnlyWriter, only_writer
from quietclicks.agents.kafka.reading import read_to_end
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.kafka.topic_ids import topic_ids
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.pseudonyms.key_life import THROUGH, KeyRecords
from quietclicks.schemas import topics


async def read_keys(settings: Settings, *, pending: bool = False) -> KeyRecords:
    """What is committed; `pending`: all of it, for which nobody's transaction may be open.

    To be asked for by who writes, whose own are over. Raises `Failure`.
    """
    found = KeyRecords()
    damaged: Failure | None = None
    async for record in read_to_end(settings, topics.KEYS, 0, pending=pending):
        try:
            take(found, record)
        except Failure as error:
            damaged = error
        else:
            if record.key == THROUGH and record.value is not None:
                damaged = None  # this one says as well what the other one did
    if damaged is not None:
        raise damaged
    return found


def take(records: KeyRecords, record: Record) -> None:
    """One more. Raises `Failure`."""
    try:
        records.take(record)
    except ValueError:
        raise Failure(
            f"the record {topics.KEYS}[0]@{record.offset} says up to which day keys are "
            "destroyed, and cannot be read: it is damaged, or somebody else's; write it anew, see "
            "'Lost keys' in docs/operating.md"
        ) from None


async def key_topic_id(settings: Settings) -> str:
    """Which topic it is that bears the name now. Raises `Failure`."""
    producer = clients.producer(settings)
    await clients.start(producer, settings)
    try:
        [found] = await topic_ids(producer, [topics.KEYS])
    except KafkaError as error:
        told = refusal(error) or type(error).__name__
        raise Failure(
            f"{topics.KEYS} cannot be used: {told}; if it is not there, run `quietclicks topics "
            "apply`"
        ) from None
    finally:
        await clients.stop(producer)
    return found


def key_writer(settings: Settings) -> AbstractAsyncContextManager[OnlyWriter]:
    """Who alone may write keys now."""
    return only_writer(settings, "keys", [topics.KEYS])
