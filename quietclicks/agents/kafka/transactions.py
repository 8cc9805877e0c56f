"""One owned partition's transactions: outputs, state and offset, committed together or not at all.

It never decides what a transaction holds, and never goes on with a producer that failed.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    IllegalOperation,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import OffsetAndMetadata, RecordMetadata

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.committed import Committed, Note
from quietclicks.agents.kafka.hanging import LOOK_SECONDS, Hanging
from quietclicks.agents.kafka.stamped import Stamp, batches
from quietclicks.agents.kafka.topic_ids import topic_ids
from quietclicks.agents.kafka.unanswered import Requests, Unanswered
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.processor import Row, Step

TRANSACTION_SECONDS = 60  # readers wait no longer than this for a worker that died in one
ABORT_SECONDS = 5  # then the broker aborts it, after `TRANSACTION_SECONDS`
BUSY_MS = 20  # between two tries while the broker completes the last transaction


class Batches:
    """What one transaction writes, in the client's own batches: nothing is held twice."""

    def __init__(self, new: Callable[[], BatchBuilder], counts: Mapping[str, int]) -> None:
        """`counts`: how many partitions each topic has."""
        self._new = new
        self._counts = counts
        self._open: dict[str, list[BatchBuilder | None]] = {}  # by partition
        self._full: list[tuple[str, int, BatchBuilder]] = []
        self.now_ms = int(time.time() * 1000)  # else the client asks for it with every record

    def extend(self, topic: str, rows: Iterable[Row]) -> None:
        """Each to the end of the batch of its partition."""
        batches = self._open.get(topic)
        if batches is None:
            batches = self._open[topic] = [None] * self._counts[topic]
        count, now_ms = len(batches), self.now_ms
        for route, key, value in rows:
            number = route % count
            batch = batches[number]
            if batch is None or batch.append(timestamp=now_ms, key=key, value=value) is None:
                if batch is not None:
                    self._full.append((topic, number, batch))
                batch = batches[number] = self._new()
                # Whatever its size, the first one is taken: it is for the broker to refuse.
                batch.append(timestamp=now_ms, key=key, value=value)

    def all(self) -> list[tuple[str, int, BatchBuilder]]:
        """Every batch with its topic and partition; of one partition in order."""
        return self._full + [
            (topic, number, batch)
            for topic, batches in self._open.items()
            for number, batch in enumerate(batches)
            if batch is not None
        ]


class Transactions:
    """The transactional producer of a partition, under an id that no other owner can use."""

    def __init__(
        self,
        settings: Settings,
        group: str,
        source: TopicPartition,
        counts: Mapping[str, int],
        bound: Sequence[str],
        stamp: Stamp | None = None,
    ) -> None:
        """`counts`: how many partitions each topic has that may be written.

        `bound`: the topics of which a commit speaks, the same and in the same order for ever.
        `stamp`: makes the headers of what is written.
        """
        self._settings = settings
        self._group = group
        self._source = source
        self._counts = counts
        self._bound = bound
        self._new_batch = batches(stamp)
        self._topic_ids: tuple[str, ...] = ()
        self._looked = 0.0  # at these, by a clock that only goes forward
        self._producer: AIOKafkaProducer = clients.producer(
            settings,
            transactional_id=f"{group}.{source.partition}",
            transaction_timeout_ms=TRANSACTION_SECONDS * 1000,
            request_timeout_ms=int(settings.request_seconds * 1000),
            linger_ms=0,
            retry_backoff_ms=BUSY_MS,
        )
        self._requests = Requests(self._producer)
        self._hanging = Hanging(self._producer, counts)
        self._written_ms = 0  # the last committed transaction's last batch

    async def start(self) -> None:
        """Fence the former owner, and resolve its transaction."""
        await clients.start(self._producer, self._settings)

    async def settle(self, committed: Committed) -> None:
        """After `start`: end what hangs, and go on from there.

        Raises `Failure` where what is committed speaks of a topic that is not there any more.
        """
        note = committed.note
        self._topic_ids = tuple(await topic_ids(self._producer, self._bound))
        if topic := self._made_anew(note.topic_ids):
            raise Failure(
                f"{topic} was deleted and made anew since {self._group} committed offset "
                f"{committed.offset} of {self._source.topic}[{self._source.partition}]: see "
                "'Lost state' in docs/operating.md"
            )
        self._looked = time.monotonic()
        self._written_ms = note.written_ms or 0
        await self._hanging.settle(committed)

    async def refuse_hanging(self) -> None:
        """Between two transactions. Raises `Failure` where one that is over is open for long."""
        await self._hanging.refuse()

    async def refuse_made_anew(self) -> None:
        """The same for the topics that a commit speaks of: as at the start, looked at now and then.

        Raises `Failure`. That one is gone, or the broker, is noticed by others.
        """
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        before = self._topic_ids
        with contextlib.suppress(KafkaError):
            self._topic_ids = tuple(await topic_ids(self._producer, self._bound))
        if topic := self._made_anew(before):
            raise Failure(
                f"{topic} was deleted and made anew while {self._group} was at work: see 'Lost "
                "state' in docs/operating.md"
            )

    def _made_anew(self, before: Sequence[str]) -> str | None:
        """The first topic that has another id than it had."""
        ids = zip(self._bound, before, self._topic_ids, strict=False)
        return next((topic for topic, then, now in ids if then != now), None)

    async def stop(self) -> None:
        """Close, however broken."""
        await clients.stop(self._producer)

    def outputs(self) -> Batches:
        """What the next one is to write, empty yet."""
        return Batches(self._new_batch, self._counts)

    async def commit(self, step: Step, outputs: Batches) -> None:
        """One transaction. Raises `Failure` where its outcome is unknown, or takes too long.

        Then end. The next start of the same id resolves what is open.
        """
        try:
            async with asyncio.timeout(TRANSACTION_SECONDS):
                await self._transact(step, outputs)
        except BaseException as error:
            if self._requests.lost is not None:  # an abort might meet another transaction than ours
                raise Unanswered(
                    f"the broker did not answer {self._requests.lost}, so nobody knows what "
                    "became of a transaction: the next start finds out"
                ) from None
            reason = self._reason(error)
            # Others that read what is committed need not wait until the broker aborts it.
            with contextlib.suppress(KafkaError, AssertionError, TimeoutError):
                await asyncio.wait_for(self._producer.abort_transaction(), ABORT_SECONDS)
            if isinstance(error, TimeoutError):
                late = f"the broker has not taken a transaction within {TRANSACTION_SECONDS} s"
                raise Failure(late) from None
            if reason is not error:
                raise reason from None
            raise

    def _reason(self, error: BaseException) -> BaseException:
        """A producer that may not write refuses all that comes next, and keeps to itself why."""
        waiter: asyncio.Future[object] = self._producer._txn_manager._transaction_waiter
        if isinstance(error, IllegalOperation) and waiter.done() and not waiter.cancelled():
            error = waiter.exception() or error
        if type(error) is KafkaError and error.__cause__ is not None:
            error = error.__cause__  # the client's own word for anything at all
        if isinstance(error, TopicAuthorizationFailedError) and not error.args:
            # Of an offset only: who may not read a topic may not commit that it is read.
            error = TopicAuthorizationFailedError(self._source.topic)
        return error

    async def _transact(self, step: Step, outputs: Batches) -> None:
        await self._producer.begin_transaction()
        delivered = [
            await self._send(batch, topic, number) for topic, number, batch in outputs.all()
        ]
        # A commit does not look at failed batches: awaiting each makes it all or nothing.
        for each in delivered:
            written_ms = (await each).timestamp
            if written_ms < 0:  # of a topic whose records have the times that we set
                written_ms = outputs.now_ms
            self._written_ms = max(self._written_ms, written_ms)
        note = Note(self._written_ms, self._topic_ids, step.metadata)
        await self._producer.send_offsets_to_transaction(
            {self._source: OffsetAndMetadata(step.commit, note.encode())}, self._group
        )
        await self._producer.commit_transaction()

    async def _send(
        self, batch: BatchBuilder, topic: str, partition: int
    ) -> "asyncio.Future[RecordMetadata]":
        batch.close()
        try:
            sent: asyncio.Future[RecordMetadata] = await self._producer.send_batch(
                batch, topic, partition=partition
            )
        except UnknownTopicOrPartitionError:
            # The client says so of a broker that is not there, too.
            raise Failure(
                f"the broker tells nothing of {topic}: it is away, or the topic is gone"
            ) from None
        sent.add_done_callback(_seen)
        return sent


def _seen(delivery: "asyncio.Future[RecordMetadata]") -> None:
    """Where the first of several fails, nobody awaits the others: Python need not say so, late."""
    if not delivery.cancelled():
        delivery.exception()
