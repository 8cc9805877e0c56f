"""The exactly-once runner: one abstraction for every high-rate stage.

One consumer group per stage; one processor and one transactional producer per owned partition. A
step's outputs, state and offset are committed together or not at all. Crash-only: any error ends
the process, and a supervisor starts it again. It decides nothing about a record.
"""

import asyncio
import logging
import traceback
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaTimeoutError,
    NodeNotReadyError,
    ProducerFenced,
    RequestTimedOutError,
)
from mode import Service

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.layout import Layout
from quietclicks.agents.kafka.partition import OwnedPartition
from quietclicks.agents.kafka.reach import why_refused
from quietclicks.agents.kafka.refusals import cause, refusal
from quietclicks.agents.kafka.stage import Stage
from quietclicks.agents.kafka.stages import group_of
from quietclicks.agents.kafka.transactions import TRANSACTION_SECONDS
from quietclicks.agents.kafka.unanswered import Unanswered
from quietclicks.agents.kafka.watchdog import WATCH_SECONDS, Watchdog
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, QuietclicksError

# How long a revocation may wait for the transaction in flight: as long as one may take. After it
# the group goes on without us, and only fencing protects.
REBALANCE_SECONDS = TRANSACTION_SECONDS
# The client leaves the group, for good and in silence, when it was not polled for so long. A worker
# that owns nothing polls nothing, and a restore takes what it takes: heartbeats tell that it lives.
NEVER_MS = 2**31 - 1

SILENCE = (KafkaConnectionError, KafkaTimeoutError, NodeNotReadyError, RequestTimedOutError)

State = Literal["joining", "restoring", "ok", "standby"]

log = logging.getLogger(__name__)


class Runner(Service):
    """Moves one stage's records. Start it, and it owns its share of the partitions."""

    def __init__(
        self,
        settings: Settings,
        stage: Stage,
        counts: Mapping[str, int],
    ) -> None:
        """`counts`: how many partitions each topic has to have."""
        super().__init__()
        self._settings = settings
        self._stage = stage
        self._group = group_of(settings, stage.name)
        self._owned: dict[int, OwnedPartition] = {}
        self._layout = Layout(counts)
        self._joined = False
        self.consumer: AIOKafkaConsumer

    @property
    def partitions(self) -> dict[int, bool]:
        """The owned partitions, and whether each is restored and polling."""
        return {number: owned.running for number, owned in self._owned.items()}

    @property
    def leads(self) -> bool:
        """Whether it is this worker that does what one of all has to do: it owns partition 0."""
        return self.partitions.get(0, False)

    @property
    def state(self) -> State:
        """How far it is; `standby`: a member of the group to whom no partition fell."""
        if not self._joined:
            return "joining"
        if not self._owned:
            return "standby"
        return "ok" if all(self.partitions.values()) else "restoring"

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
            max_poll_interval_ms=NEVER_MS,
        )
        await clients.start(self.consumer, self._settings)
        self.consumer.subscribe([self._stage.source], listener=_Listener(self))

    async def on_stop(self) -> None:
        """Finish the transactions in flight, then leave the group."""
        if self.started:  # a host that could not start stops all its services
            await self.revoke()
            await clients.stop(self.consumer)

    @Service.task
    async def _watch(self) -> None:
        refused = partial(why_refused, self._settings)
        watchdog = Watchdog(self.consumer, self._group, self._layout, refused)
        async for _ in self.itertimer(WATCH_SECONDS, name=f"{self._stage.name} watches"):
            if reason := await watchdog.look():
                await self.fail(Failure(reason))
                return

    def assign(self, assigned: Sequence[TopicPartition]) -> None:
        """Take partitions over; each restores on its own, so none holds up another."""
        if self.should_stop:
            return
        self._joined = True
        self.consumer.pause(*assigned)
        for each in assigned:
            owned = self._owned[each.partition] = OwnedPartition(
                self._settings,
                self._stage,
                each,
                self.consumer,
                self._stage.processor(each.partition, self._layout.counts[each.topic]),
                self._layout.counts,
            )
            owned.task = asyncio.create_task(self._guard(owned))

    async def revoke(self) -> None:
        """Let each partition finish its transaction, close its producer, and forget it."""
        self._joined = False
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

    async def _guard(self, owned: OwnedPartition) -> None:
        """A listener's exceptions are swallowed and a task's unseen: here is where they surface."""
        failed: BaseException | None = None
        try:
            await self._layout.refuse_other(self.consumer)
            await owned.run()
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
        error = cause(error)
        silent = isinstance(error, (*SILENCE, Unanswered))
        if not isinstance(error, QuietclicksError):
            error = Failure(_told(error))
        if silent and (refused := await why_refused(self._settings)):
            error = Failure(refused)  # no client says why it has no connection any more
        log.error("%s: stops for good: %s", self._stage.name, error)
        await self.crash(error.with_traceback(None))


def _told(error: BaseException) -> str:
    if refused := refusal(error):
        return refused
    told = f"{type(error).__name__} in {_place_of(error)}"
    if isinstance(error, SILENCE):
        return f"the broker does not answer: {told}"
    if isinstance(error, ProducerFenced):
        return f"another worker has taken the partition over, or a transaction was too long: {told}"
    return told


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
