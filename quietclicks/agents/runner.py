"""The exactly-once runner: one abstraction for every high-rate stage.

One consumer group per stage; one processor and one transactional producer per owned partition. A
step's outputs, state and offset are committed together or not at all. Crash-only: any error ends
the process, and a supervisor starts it again. It decides nothing about a record.
"""

import asyncio
import contextlib
import logging
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from mode import Service
from msgspec import Struct

from quietclicks.agents import clients, metrics
from quietclicks.agents.keys import KeyStore
from quietclicks.agents.reading import batches_to_end
from quietclicks.agents.settings import Settings
from quietclicks.agents.transactions import Batches, Partitions, Transactions, committed_offset
from quietclicks.errors import Failure, QuietclicksError
from quietclicks.pipeline.day_keys import DayKeys
from quietclicks.pipeline.step import Processor, Step

POLL_MS = 500
# A step holds up all else in the worker, and its group hears of it in between: what takes longer,
# since somebody sends what is slow to decide about, has fewer records to a step.
STEP_SECONDS = 2.0
FIRST_RECORDS = 1000  # to a step while it is not known how long one takes
FEWEST_RECORDS = 100
COMMIT_SECONDS = 0.2  # at least so long between two transactions: low traffic stays cheap
WATCH_SECONDS = 5
AWAY_SECONDS = 60  # a broker that restarts is back sooner
REBALANCE_SECONDS = 60  # how long a revocation may wait for the transaction in flight

log = logging.getLogger(__name__)

Records = Sequence[ConsumerRecord[bytes, bytes]]


class Stage(Struct):
    """What the runner is told of a stage. `processor` takes (partition, partitions)."""

    name: str
    source: str
    processor: Callable[[int, int], Processor]


class _Owned:
    """A partition this worker owns, from assignment to revocation."""

    def __init__(self, place: TopicPartition) -> None:
        self.place = place
        self.stopping = False
        self.running = False  # restored, and polling
        self.busy = False  # in a transaction
        self.most = FIRST_RECORDS  # to the next step
        self.task: asyncio.Task[None] | None = None

    def took(self, records: int, seconds: float) -> None:
        """How long a step was."""
        fitting = int(records * STEP_SECONDS / max(seconds, 0.001))
        self.most = max(FEWEST_RECORDS, fitting)


class Runner(Service):
    """Moves one stage's records. Start it, and it owns its share of the partitions."""

    def __init__(
        self, settings: Settings, stage: Stage, keys: DayKeys, key_store: KeyStore
    ) -> None:
        super().__init__()
        self._settings = settings
        self._stage = stage
        self._keys = keys
        self._key_store = key_store
        self._group = f"{settings.app}.{stage.name}"
        self._owned: dict[int, _Owned] = {}
        self._partitions = Partitions(settings)
        self.consumer: AIOKafkaConsumer

    @property
    def partitions(self) -> dict[int, bool]:
        """The owned partitions, and whether each is restored and polling."""
        return {number: owned.running for number, owned in self._owned.items()}

    @property
    def name(self) -> str:
        """The stage's name."""
        return self._stage.name

    @property
    def label(self) -> str:
        """How the log names it."""
        return f"Runner: {self._stage.name}"

    async def on_start(self) -> None:
        """Join the group."""
        session_ms = int(self._settings.session_seconds * 1000)
        self.consumer = clients.consumer(
            self._settings,
            group_id=self._group,
            auto_offset_reset="none",
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=session_ms // 4,
            rebalance_timeout_ms=REBALANCE_SECONDS * 1000,
        )
        await clients.start(self.consumer, self._settings)
        self.consumer.subscribe([self._stage.source], listener=_Listener(self))

    async def on_stop(self) -> None:
        """Finish the transactions in flight, then leave the group."""
        if self.started:  # a host that could not start stops all its services
            await self.revoke()
            await clients.stop(self.consumer)

    @Service.task
    async def _watch_the_broker(self) -> None:
        """A consumer says nothing of a broker that is gone, of a topic that is, or that it may no
        longer read, nor, while it owns no partition, of a group that will not have it."""
        answered = found = time.monotonic()
        async for _ in self.itertimer(WATCH_SECONDS, name=f"{self._stage.name} watches"):
            try:
                # `getmany` asks this, too, but nobody polls before there is a partition.
                self.consumer._coordinator.check_errors()
            except KafkaError as error:
                refused = f"the broker refused the group {self._group}: {type(error).__name__}"
                await self.fail(Failure(refused))
                return
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                known = await asyncio.wait_for(self.consumer.topics(), WATCH_SECONDS)
                answered = time.monotonic()
                found = answered if self._stage.source in known else found
            if time.monotonic() - answered > AWAY_SECONDS:
                away = f"the broker has not answered for {AWAY_SECONDS} seconds"
                await self.fail(Failure(away))
                return
            if answered - found > AWAY_SECONDS:
                lost = f"{self._stage.source} is gone, or may not be read any more"
                await self.fail(Failure(lost))
                return

    def assign(self, places: Sequence[TopicPartition]) -> None:
        """Take partitions over; each restores on its own, so none holds up another."""
        if self.should_stop:
            return
        self.consumer.pause(*places)
        for place in places:
            owned = self._owned[place.partition] = _Owned(place)
            owned.task = asyncio.create_task(self._guard(owned))

    async def revoke(self) -> None:
        """Let each partition finish its transaction, close its producer, and forget it."""
        tasks = []
        for owned in self._owned.values():
            owned.stopping = True
            if owned.task is not None:
                tasks.append(owned.task)
                # `getmany` answers nothing until this rebalance is over, and the next owner
                # restores for itself: a transaction alone is worth waiting for.
                if not owned.busy:
                    owned.task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=REBALANCE_SECONDS / 2)
            for task in late:
                task.cancel()
        self._owned.clear()

    async def _guard(self, owned: _Owned) -> None:
        """A listener's exceptions are swallowed and a task's unseen: here is where they surface."""
        failed: BaseException | None = None
        try:
            await self._run(owned)
        except BaseException as error:
            # The client cancels, too, what it gives up: only what we asked for may end unseen.
            if owned.stopping and isinstance(error, asyncio.CancelledError):
                raise
            failed = error
        if failed is not None:  # only here, where no handler could print the exception's text
            await self.fail(failed)

    async def fail(self, error: BaseException) -> None:
        """End the process: what was not committed did not happen.

        An exception's text may hold what a record held: only its kind and place are told.
        """
        if not isinstance(error, QuietclicksError):
            error = Failure(f"{type(error).__name__} in {_place_of(error)}")
        log.error("%s: stops for good: %s", self._stage.name, error)
        await self.crash(error.with_traceback(None))

    async def _run(self, owned: _Owned) -> None:
        number = owned.place.partition
        started = time.monotonic()
        transactions = Transactions(self._settings, self._group, owned.place, self._partitions)
        # Order matters. Starting the producer fences the partition's former owner and resolves its
        # transaction; only then are the state and the offset read that it last committed.
        await transactions.start()
        try:
            count = await self._partitions.of(owned.place.topic)
            processor = self._stage.processor(number, count)
            await self._refuse_other_partitions(number, count, processor.state_topic)
            restored = 0
            if processor.state_topic is not None:
                async for records in batches_to_end(self._settings, processor.state_topic, number):
                    processor.restore(records)
                    restored += len(records)
            position = await self._seek(owned.place, processor)
            await self._drain(owned, processor, transactions)
            self.consumer.resume(owned.place)
            owned.running = True
            name = f"{self._stage.name}[{number}]"
            log.info(
                "%s: from %d, with %d state records, after %.1f s",
                name,
                position,
                restored,
                time.monotonic() - started,
            )
            await self._poll(owned, processor, transactions, position)
        finally:
            owned.running = False
            await transactions.stop()
            log.info("%s[%d]: given back", self._stage.name, number)

    async def _seek(self, place: TopicPartition, processor: Processor) -> int:
        committed, metadata = await committed_offset(self._settings, self._group, place)
        first = (await self.consumer.beginning_offsets([place]))[place]
        if committed is None:
            committed = first
        elif committed < first:
            raise Failure(
                f"{place.topic}[{place.partition}]: records {committed} to {first - 1} were lost "
                "to retention before they were processed; to go on without them, reset the "
                f"offset of the group {self._group}"
            )
        position: int = max(processor.resume(committed, metadata), first)
        self.consumer.seek(place, position)
        return position

    async def _poll(
        self, owned: _Owned, processor: Processor, transactions: Transactions, position: int
    ) -> None:
        while not owned.stopping:
            started = time.monotonic()
            most = min(owned.most, self._settings.records_per_transaction)
            got = await self.consumer.getmany(owned.place, timeout_ms=POLL_MS, max_records=most)
            # `getmany` may hand out records from before a seek: below our position they are none
            # of ours.
            records = got.get(owned.place, [])
            if records and records[0].offset < position:
                records = [each for each in records if each.offset >= position]
            if not records:
                continue
            position = await self._process(owned, processor, transactions, records)
            if len(records) < most:
                await asyncio.sleep(max(0.0, started + COMMIT_SECONDS - time.monotonic()))

    async def _process(
        self,
        owned: _Owned,
        processor: Processor,
        transactions: Transactions,
        records: Records,
    ) -> int:
        """Process and commit a batch; the next offset. A missing day key splits it."""
        while True:
            outputs = transactions.outputs()
            began = time.monotonic()
            step = processor.process(records, outputs)
            owned.took(len(records), time.monotonic() - began)
            await self._commit(owned, transactions, step, outputs)
            if step.day_missing is None or owned.stopping:
                await self._drain(owned, processor, transactions)
                return step.position
            self._keys.put(step.day_missing, await self._key_store.key(step.day_missing))
            records = [each for each in records if each.offset >= step.position]

    async def _drain(self, owned: _Owned, processor: Processor, transactions: Transactions) -> None:
        # What is owed after a revocation its next owner owes.
        while not owned.stopping:
            outputs = transactions.outputs()
            owed = processor.drain(outputs)
            if owed is None:
                break
            await self._commit(owned, transactions, owed, outputs)

    async def _commit(
        self, owned: _Owned, transactions: Transactions, step: Step, outputs: Batches
    ) -> None:
        owned.busy = True
        try:
            await transactions.commit(step, outputs)
        finally:
            owned.busy = False
        metrics.committed(self._stage.name, step)

    async def _refuse_other_partitions(self, number: int, count: int, state: str | None) -> None:
        """Another number of partitions would mix up state, and never close an hour."""
        source = self._stage.source
        if number >= count:
            raise Failure(f"{source} has more than the {count} partitions it had: start all again")
        if state is not None and (states := await self._partitions.of(state)) != count:
            raise Failure(
                f"{source} has {count} partitions and {state} {states}: run `quietclicks topics "
                "apply`"
            )


def _place_of(error: BaseException) -> str:
    """The innermost function, without a value."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].name}, {Path(frames[-1].filename).name}:{frames[-1].lineno}"


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # has no types
    """Hands assignments to the runner; the consumer would swallow what goes wrong here."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        try:
            await self._runner.revoke()
        except Exception as error:
            await self._runner.fail(error)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        try:
            self._runner.assign(list(assigned))
        except Exception as error:
            await self._runner.fail(error)
