"""`quietclicks bench`: the pipeline beside a plain transactional copy, in one run."""

import asyncio
import base64
import logging
import secrets
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from quietclicks.agents import hot_path
from quietclicks.agents.keys import KeyStore
from quietclicks.agents.replay import replay, with_ticks
from quietclicks.agents.runner import Runner, Stage
from quietclicks.agents.settings import KEY_BYTES, Settings
from quietclicks.agents.topics import apply
from quietclicks.commands.bench_copy import COPY, Copier
from quietclicks.commands.options import read_policy
from quietclicks.demo.load import load, yesterday
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline import bots, browser
from quietclicks.pipeline.anonymise import Anonymiser
from quietclicks.pipeline.anonymise_stage import AnonymiseProcessor
from quietclicks.pipeline.clock import milliseconds
from quietclicks.pipeline.day_keys import DayKeys
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.step import Outputs, Step
from quietclicks.pipeline.topology import TopicSpec, topology
from quietclicks.schemas import topics

BLOCKS = 9
EVENTS = 80_000  # a block: two transactions of 10,000 for each of four partitions


class Figures(Struct):
    """Of one block, or the medians of several."""

    events_per_s: float
    cpu_us_per_event: float


@click.command
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="F",
    help="Write the figures to a file, too.",
)
def bench(json_file: Path | None) -> None:
    """Measure throughput beside a transactional copy of the raw topic.

    The anonymise stage runs in full and exactly once. Both read the same records with the same
    number in a transaction, in turn, each in a process of its own, whose CPU it is: the broker's
    is not in it. The copy is aiokafka as it comes, the pipeline runs as in a worker. Medians of
    nine pairs of blocks after a warm-up. Quote the ratio: the rates are this machine's, now.
    """
    browser.load()
    bots.load()
    hot_path.tune()
    logging.disable(logging.WARNING)
    with Broker.start() as broker:
        settings = Settings(
            bootstrap=broker.bootstrap,
            key_encryption_key=base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
        )
        copies, pipelines = asyncio.run(_measure(settings, read_policy(None)))
    result = {"copy": _median(copies), "pipeline": _median(pipelines)}
    ratio = _ratio(copies, pipelines)
    if json_file is not None:
        json_file.write_bytes(msgspec.json.encode({**result, "ratio": ratio}) + b"\n")
    for name, figures in result.items():
        click.echo(
            f"{name:9} {figures.events_per_s:>9,.0f} events/s  "
            f"{figures.cpu_us_per_event:>6.1f} µs CPU an event"
        )
    click.echo(f"ratio     {ratio:.2f} of the copy's events/s, median of {BLOCKS} pairs")


async def _measure(settings: Settings, policy: Policy) -> tuple[list[Figures], list[Figures]]:
    specs = topology(policy)
    partitions = policy.topics.raw_partitions
    await apply(settings, [*specs, TopicSpec(COPY, partitions, 1, {})])
    keys = DayKeys()
    anonymiser = Anonymiser(policy, lambda address: None, keys)
    course = _Course(partitions)

    def processor(partition: int, of: int) -> "_Watched":
        marked = policy.topics.partials_partitions
        return _Watched(course, policy, anonymiser, partition, of, marked)

    copier = Copier(settings, partitions)
    stage = Stage("anonymise", topics.RAW, processor)
    runner = Runner(settings, stage, keys, KeyStore(settings))
    await runner.start()
    await course.ready.wait()
    copies: list[Figures] = []
    pipelines: list[Figures] = []
    start = yesterday(datetime.now(UTC))
    first_tick = milliseconds(start) + policy.time.allowed_lateness * 1000
    for block in range(BLOCKS + 1):
        # The worker lives on from block to block, as in production; it waits while others work.
        runner.consumer.pause(*runner.consumer.assignment())
        values = list(load(block, EVENTS, start))
        await replay(settings, with_ticks(values, [(0, first_tick)]), lambda sent: None)
        records = EVENTS + partitions  # a tick in each
        copies.append(_figures(*await copier.copy(records)))
        course.begin(records)
        runner.consumer.resume(*runner.consumer.assignment())
        await course.finished.wait()
        pipelines.append(_figures(course.seconds, course.cpu))
        click.echo(
            f"{block or 'warm-up'}: copy {copies[-1].events_per_s:,.0f} events/s, "
            f"pipeline {pipelines[-1].events_per_s:,.0f}",
            err=True,
        )
    await runner.stop()
    copier.stop()
    return copies[1:], pipelines[1:]


class _Course:
    """The clock of a block: from its first poll to its last commit, over all partitions."""

    def __init__(self, partitions: int) -> None:
        self._missing = partitions
        self._left = 0
        self._started = (0.0, 0.0)
        self.seconds = self.cpu = 0.0
        self.ready = asyncio.Event()
        self.finished = asyncio.Event()

    def taken_over(self) -> None:
        self._missing -= 1
        if self._missing == 0:
            self.ready.set()

    def begin(self, records: int) -> None:
        self._left = records
        self.finished.clear()
        self._started = time.perf_counter(), time.process_time()

    def committed(self, records: int) -> None:
        self._left -= records
        if records and self._left <= 0:
            self.seconds = time.perf_counter() - self._started[0]
            self.cpu = time.process_time() - self._started[1]
            self.finished.set()


class _Watched(AnonymiseProcessor):
    """The real processor; it is asked to drain right after each commit, which tells the end."""

    def __init__(
        self,
        course: _Course,
        policy: Policy,
        anonymiser: Anonymiser,
        partition: int,
        partitions: int,
        partials: int,
    ) -> None:
        super().__init__(policy, anonymiser, partition, partitions, partials)
        self._course = course
        self._told = 0

    def resume(self, committed: int, metadata: str) -> int:
        position = super().resume(committed, metadata)
        self._course.taken_over()
        return position

    def drain(self, outputs: Outputs) -> Step | None:
        owed = super().drain(outputs)
        if owed is None:
            self._course.committed(self._position - self._told)
            self._told = self._position
        return owed


def _figures(seconds: float, cpu: float) -> Figures:
    return Figures(EVENTS / seconds, cpu / EVENTS * 1e6)


def _median(blocks: Sequence[Figures]) -> Figures:
    return Figures(
        statistics.median(each.events_per_s for each in blocks),
        statistics.median(each.cpu_us_per_event for each in blocks),
    )


def _ratio(copies: Sequence[Figures], pipelines: Sequence[Figures]) -> float:
    """Pair by pair: what the machine does meanwhile hits both of a pair."""
    pairs = zip(pipelines, copies, strict=True)
    return statistics.median(ours.events_per_s / theirs.events_per_s for ours, theirs in pairs)
