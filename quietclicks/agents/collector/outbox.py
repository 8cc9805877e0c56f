"""What is answered and not yet the broker's: a bounded memory of records, sent in batches.

A record leaves it when the broker has it. It is the process' own: what is in it when the process is
killed is lost, and nothing of it is ever written to a file or a log.
"""

import asyncio
import contextlib
import logging
from collections import deque
from itertools import islice

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.refusals import cause, refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.schemas import topics

# 20 s without a broker at 1,000 views a second, of a kilobyte each, three times over.
MAX_BYTES = 64 * 1024 * 1024
RECORD_BYTES = 64  # of memory that each takes beside its own
# In a batch. More would hold up answers: after a pause there are as many waiting as there may be.
MAX_RECORDS = 500
LINGER_SECONDS = 0.01  # a batch for many records instead of one for each
SILENT_SECONDS = 5.0  # until the log says that the broker does not answer
AGAIN_SECONDS = 1.0  # after a refusal
STOP_SECONDS = 1.0

log = logging.getLogger(__name__)


class Outbox:
    """Records for the raw topic's partitions, sent in rounds: each waits for the one before."""

    def __init__(self, settings: Settings, partitions: int, max_bytes: int = MAX_BYTES) -> None:
        self._settings = settings
        self._waiting: list[deque[bytes]] = [deque() for _ in range(partitions)]
        self._max_bytes = max_bytes
        self._arrived = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._producer: AIOKafkaProducer | None = None
        self._silent = False
        self.partitions = partitions
        self.bytes = 0
        self.records = 0

    @property
    def is_full(self) -> bool:
        """Whether it takes nothing at all."""
        return self.bytes >= self._max_bytes

    def put(self, partition: int, value: bytes) -> None:
        """Send it in time. Look at `is_full` first: for one request's records there is room."""
        self._waiting[partition].append(value)
        self.records += 1
        self.bytes += len(value) + RECORD_BYTES
        self._empty.clear()
        self._arrived.set()

    async def start(self) -> None:
        """Connect. Raises `Failure`."""
        self._producer = await self._connected()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._arrived.wait()
            await asyncio.sleep(LINGER_SECONDS)
            self._arrived.clear()
            while self.records:
                if not await self._round():
                    await asyncio.sleep(AGAIN_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Wait, while `run` goes on, until all is sent, or so long."""
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            return

    async def stop(self) -> None:
        """Disconnect; what is left in it is not sent.

        A client that waits for its broker would wait longer than this process has.
        """
        if self._producer is not None:
            with contextlib.suppress(TimeoutError):
                await clients.answered(clients.stop(self._producer), STOP_SECONDS)

    async def _connected(self) -> AIOKafkaProducer:
        producer = clients.producer(self._settings, enable_idempotence=True)
        await clients.start(producer, self._settings)
        return producer

    async def _round(self) -> bool:
        """A batch to each partition that has records; whether all of them arrived."""
        try:
            if self._producer is None:
                self._producer = await self._connected()
            sent = [
                (number, *await self._hand_over(self._producer, number))
                for number, waiting in enumerate(self._waiting)
                if waiting
            ]
            await self._answered([future for _, _, future in sent])
        except (KafkaError, Failure) as error:
            self._tell(error)
            await self._part()
            return False
        failures = [failed for _, _, future in sent if (failed := future.exception()) is not None]
        if not failures and self._silent:
            self._silent = False
            log.info("the broker takes events again")
        for number, count, future in sent:
            if future.exception() is None:
                self._forget(number, count)
        if failures:
            self._tell(failures[0])
            await self._part()
        return not failures

    async def _hand_over(
        self, producer: AIOKafkaProducer, number: int
    ) -> "tuple[int, asyncio.Future[object]]":
        """As many as one batch takes: they stay in the outbox until they have arrived."""
        batch = producer.create_batch()
        for value in islice(self._waiting[number], MAX_RECORDS):
            if batch.append(timestamp=None, key=None, value=value) is None:
                break
        count = batch.record_count()
        return count, await producer.send_batch(batch, topics.RAW, partition=number)

    async def _answered(self, futures: "list[asyncio.Future[object]]") -> None:
        """Idempotent: the client asks again for as long as it takes, and says nothing of it."""
        _, pending = await asyncio.wait(futures, timeout=SILENT_SECONDS)
        if pending:
            self._say("the broker does not answer")
            await asyncio.wait(pending)

    def _forget(self, number: int, count: int) -> None:
        waiting = self._waiting[number]
        for _ in range(count):
            self.bytes -= len(waiting.popleft()) + RECORD_BYTES
        self.records -= count
        if not self.records:
            self._empty.set()

    def _tell(self, error: BaseException) -> None:
        found = cause(error)
        self._say(str(error) if isinstance(error, Failure) else refusal(found) or _kind(found))

    def _say(self, why: str) -> None:
        if not self._silent:
            log.warning("events wait here until the broker takes them: %s", why)
        self._silent = True

    async def _part(self) -> None:
        """Another client for the next round: one that failed once may be of no more use.

        What it may have sent without being told is sent again; the pipeline knows it by its id.
        """
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await clients.stop(producer)


def _kind(error: BaseException) -> str:
    return f"it refused with {type(error).__name__}"
