"""`privacy.keys`: read to its end, and written by one transactional id for all workers.

Its start fences a rival, so that what is read then is what the next record goes by.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.hanging import Hanging
from quietclicks.agents.kafka.reading import read_to_end
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.pseudonyms.key_life import KeyRecords
from quietclicks.schemas import topics


class Rival(Exception):
    """Somebody else writes to it at the same time, and fenced us."""


async def read_keys(settings: Settings) -> KeyRecords:
    """All that is committed. Raises `Failure`."""
    found = KeyRecords()
    async for record in read_to_end(settings, topics.KEYS, 0):
        try:
            found.take(record)
        except ValueError:
            raise Failure(
                f"the record {topics.KEYS}[0]@{record.offset} says up to which day keys are "
                "destroyed, and cannot be read: it is damaged, or somebody else's"
            ) from None
    return found


class KeyWriter:
    """One transaction, by who alone may write now."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def write(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """(key, value), all or none."""
        async with self._producer.transaction():
            for key, value in records:
                await self._producer.send_and_wait(topics.KEYS, value, key, partition=0)


@asynccontextmanager
async def only_writer(settings: Settings) -> AsyncIterator[KeyWriter]:
    """Raises `Rival` where another one came, `Failure` for all else."""
    producer: AIOKafkaProducer = clients.producer(settings, transactional_id=f"{settings.app}.keys")
    await clients.start(producer, settings)
    try:
        # A key whose transaction hangs may be in use, and nobody would find it. One that was
        # given up does no harm: nobody has used it.
        await Hanging(producer, {topics.KEYS: 1}).commit()
        yield KeyWriter(producer)
    except KafkaError as error:
        # Fenced at its end, a transaction fails with an error that the client knows no name of.
        if isinstance(error, ProducerFenced) or type(error) is KafkaError:
            raise Rival from None
        raise Failure(f"the key store cannot be used: {type(error).__name__}") from None
    finally:
        await clients.stop(producer)
