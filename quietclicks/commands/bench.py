"""`quietclicks bench`: the pipeline beside a plain transactional copy, in one run."""

import asyncio
import base64
import secrets
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from quietclicks.agents.keys import KeyStore
from quietclicks.agents.replay import replay, with_ticks
from quietclicks.agents.runner import Runner, Stage
from quietclicks.agents.settings import KEY_BYTES, Settings
from quietclicks.agents.topics import apply
from quietclicks.commands.bench_copy import COPY, copy
from quietclicks.commands.options import read_policy
from quietclicks.demo.load import load, yesterday
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline import bots, browser
from quietclicks.pipeline.anonymise import Anonymiser
from quietclicks.pipeline.anonymise_stage import AnonymiseProcessor
from quietclicks.pipeline.clock import milliseconds
from quietclicks.pipeline.day_keys import DayKeys
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.step import Record, Step
from quietclicks.pipeline.topology import TopicSpec, topology
from quietclicks.schemas import topics

BLOCKS = 5
EVENTS = 80_000  # a block: two transactions of 10,000 for each of four partitions


class Figures(Struct):
    """Of one block, or the medians of several."""

    events_per_s: float
    cpu_us_per_event: float


@click.command
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), metavar="F")
def bench(json_file: Path | None) -> None:
    """Measure the anonymise stage, exactly once, beside a transactional copy of the same topic.

    Both read the same records with the same number in a transaction, in turn, in one process; the
    CPU is this process's, without the broker. The medians of five pairs of blocks. Quote the ratio:
    the rates are this machine's, at this moment.
    """
    browser.load()
    bots.load()
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
    raw = next(spec for spec in specs if spec.name == topics.RAW)
    await apply(settings, [*specs, TopicSpec(COPY, raw.partitions, 1, {})])
    keys, key_store = DayKeys(), KeyStore(settings)
    # One for the worker's life: its caches are empty only at the start, as in production.
    anonymiser = Anonymiser(policy, lambda address: None, keys)
    copies: list[Figures] = []
    pipelines: list[Figures] = []
    start = yesterday(datetime.now(UTC))
    first_tick = milliseconds(start) + policy.time.allowed_lateness * 1000
    for block in range(BLOCKS + 1):
        values = list(load(block, EVENTS, start))
        await replay(settings, with_ticks(values, [(0, first_tick)]), lambda sent: None)
        records = EVENTS + raw.partitions  # a tick in each
        copies.append(_figures(*await copy(settings, raw.partitions, records)))
        pipelines.append(
            _figures(*await _pipeline(settings, policy, anonymiser, keys, key_store, records))
        )
        click.echo(
            f"{f'block {block}' if block else 'warm-up'}: copy {copies[-1].events_per_s:,.0f} events/s, "
            f"pipeline {pipelines[-1].events_per_s:,.0f}",
            err=True,
        )
    return copies[1:], pipelines[1:]


async def _pipeline(
    settings: Settings,
    policy: Policy,
    anonymiser: Anonymiser,
    keys: DayKeys,
    key_store: KeyStore,
    records: int,
) -> tuple[float, float]:
    """Seconds and CPU seconds from the first record read to the last transaction committed."""
    course = _Course(records)

    def processor(partition: int, partitions: int) -> "_Watched":
        marked = policy.topics.partials_partitions
        return _Watched(course, policy, anonymiser, partition, partitions, marked)

    runner = Runner(settings, Stage("anonymise", topics.RAW, processor), keys, key_store)
    await runner.start()
    await course.finished.wait()
    await runner.stop()
    return course.seconds, course.cpu


class _Course:
    """The clock of one block, over all partitions."""

    def __init__(self, records: int) -> None:
        self.left = records
        self.started: tuple[float, float] | None = None
        self.seconds = self.cpu = 0.0
        self.finished = asyncio.Event()

    def begin(self) -> None:
        self.started = self.started or (time.perf_counter(), time.process_time())

    def end(self) -> None:
        if self.left <= 0 and self.started is not None and not self.finished.is_set():
            self.seconds = time.perf_counter() - self.started[0]
            self.cpu = time.process_time() - self.started[1]
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
        self._seen: int | None = None

    def resume(self, committed: int, metadata: str) -> int:
        self._seen = committed
        return super().resume(committed, metadata)

    def process(self, records: Sequence[Record]) -> Step:
        self._course.begin()
        return super().process(records)

    def drain(self) -> Step | None:
        owed = super().drain()
        if owed is None and self._seen is not None:
            self._course.left -= self._position - self._seen
            self._seen = self._position
            self._course.end()
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
