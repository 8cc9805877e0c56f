"""A topic that one transactional id writes for all workers: who comes fences who was there.

So what is read after the start is what the next record goes by, until somebody else comes.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import OffsetAndMetadata

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.hanging import Hanging
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.kafka.topic_ids import topic_ids
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure


class Rival(Exception):
    """Somebody else writes at the same time, and fenced us."""


class OnlyWriter:
    """One transaction after another, all to partition 0."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def write(
        self,
        topic: str,
        records: Iterable[tuple[bytes | None, bytes | None]],
        group: str = "",
        told: Mapping[TopicPartition, int] | None = None,
    ) -> None:
        """(key, value), all or none; with them goes how far `group` has told of what others wrote.

        As few batches as can be: of a transaction that hangs and is committed later, a batch is
        there or is not.
        """
        async with self._producer.transaction():
            batch = self._producer.create_batch()
            for key, value in records:
                if batch.append(timestamp=None, key=key, value=value) is None:
                    await self._send(batch, topic)
                    batch = self._producer.create_batch()
                    batch.append(timestamp=None, key=key, value=value)
            await self._send(batch, topic)
            if told:
                offsets = {tp: OffsetAndMetadata(offset, "") for tp, offset in told.items()}
                await self._producer.send_offsets_to_transaction(offsets, group)

    async def topic_id(self, topic: str) -> str:
        """What tells it from one of the same name, made anew. Raises `KafkaError`."""
        [found] = await topic_ids(self._producer, [topic])
        return found

    async def _send(self, batch: BatchBuilder, topic: str) -> None:
        batch.close()
        await (await self._producer.send_batch(batch, topic, partition=0))


@asynccontextmanager
async def only_writer(
    settings: Settings, name: str, topics: Sequence[str]
) -> AsyncIterator[OnlyWriter]:
    """Under `<app>.<name>`. Raises `Rival` where another one came, `Failure` for all else."""
    producer: AIOKafkaProducer = clients.producer(
        settings, transactional_id=f"{settings.app}.{name}"
    )
    await clients.start(producer, settings)
    try:
        # What hangs may be known to somebody, and nobody else would find it. If it was given up it
        # does no harm: nobody has used it.
        await Hanging(producer, dict.fromkeys(topics, 1)).commit()
        yield OnlyWriter(producer)
    except KafkaError as error:
        # Fenced at its end, a transaction fails with an error that the client knows no name of.
        if isinstance(error, ProducerFenced) or type(error) is KafkaError:
            raise Rival from None
        told = refusal(error) or type(error).__name__
        raise Failure(f"{topics[0]} cannot be used: {told}") from None
    finally:
        await clients.stop(producer)
