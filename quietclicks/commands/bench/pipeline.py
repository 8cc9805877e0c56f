"""The pipeline's anonymise stage as a worker runs it: in full, in a group, exactly once."""

import asyncio
import logging
import time
from functools import partial
from multiprocessing.connection import Connection

from quietclicks.agents.kafka import hot_path
from quietclicks.agents.kafka.runner import Runner
from quietclicks.agents.kafka.stage import Stage
from quietclicks.agents.kafka.stages import ANONYMISE
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.metrics import Metrics
from quietclicks.agents.settings import Settings
from quietclicks.commands.bench.child import Ends, Worked
from quietclicks.errors import Failure
from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.stage import AnonymiseProcessor
from quietclicks.pipeline.fields import bots, browser
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Outputs, Step
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics

LOOK_SECONDS = 0.05


def serve(connection: Connection, settings: Settings, policy: Policy, share: int) -> None:
    """Own so many partitions, and work on them a block at a time."""
    browser.load()
    bots.load()
    hot_path.tune()
    logging.disable(logging.ERROR)
    try:
        asyncio.run(_serve(connection, settings, policy, share))
    except Failure as failure:
        connection.send(failure)


async def _serve(connection: Connection, settings: Settings, policy: Policy, share: int) -> None:
    keys = DayKeys()
    anonymiser = Anonymiser(policy, lambda address: None, keys)
    course = _Course()

    def processor(partition: int, of: int) -> "_Watched":
        return _Watched(course, policy, anonymiser, partition, of)

    counts = {spec.name: spec.partitions for spec in topology(policy)}
    committed = partial(Metrics().committed, ANONYMISE)
    stage = Stage(ANONYMISE, topics.RAW, processor, committed, KeyStore(settings, keys).provide)
    runner = Runner(settings, stage, counts)
    await runner.start()
    # Of two, the first one owns all until the second has joined.
    async for _ in runner.itertimer(LOOK_SECONDS):
        if len(runner.partitions) == share and all(runner.partitions.values()):
            break
    if runner.crashed:
        raise _ended()
    # The worker lives on from block to block, as in production; it waits while others work.
    runner.consumer.pause(*runner.consumer.assignment())
    connection.send(None)
    while (ends := await asyncio.to_thread(connection.recv)) is not None:
        course.begin({number: ends[number] for number in runner.partitions})
        runner.consumer.resume(*runner.consumer.assignment())
        if await runner.wait_for_stopped(course.reached.wait()):
            raise _ended()
        connection.send(course.worked())
        runner.consumer.pause(*runner.consumer.assignment())
    await runner.stop()


def _ended() -> Failure:
    return Failure("the pipeline that was measured has ended: start a worker to see why")


class _Course:
    """The clock of a block: from its first poll to its last commit, over all partitions."""

    def __init__(self) -> None:
        self._positions: dict[int, int] = {}
        self._ends: Ends = {}
        self._before = 0
        self._started = self._cpu = self._ended = self._used = 0.0
        self.reached = asyncio.Event()

    def begin(self, ends: Ends) -> None:
        self._ends = ends
        self._before = sum(self._positions[number] for number in ends)
        self.reached.clear()
        self._started, self._cpu = time.monotonic(), time.process_time()

    def committed(self, partition: int, position: int) -> None:
        self._positions[partition] = position
        if all(self._positions[number] >= end for number, end in self._ends.items()):
            self._ended, self._used = time.monotonic(), time.process_time() - self._cpu
            self.reached.set()

    def worked(self) -> Worked:
        records = sum(self._positions[number] for number in self._ends) - self._before
        return Worked(records, self._started, self._ended, self._used)


class _Watched(AnonymiseProcessor):
    """The real processor; it is asked to drain right after each commit, which tells the end."""

    def __init__(
        self, course: _Course, policy: Policy, anonymiser: Anonymiser, partition: int, of: int
    ) -> None:
        super().__init__(policy, anonymiser, partition, of, policy.topics.partials_partitions)
        self._course = course

    def drain(self, outputs: Outputs) -> Step | None:
        pending = super().drain(outputs)
        if pending is None:
            self._course.committed(self._partition, self._position)
        return pending
