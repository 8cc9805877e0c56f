"""`quietclicks bench`: the pipeline beside a plain transactional copy, in one run."""

import asyncio
import base64
import logging
import secrets
import statistics
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import click
import msgspec
from aiokafka import TopicPartition
from msgspec import Struct

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.replay import replay, with_ticks
from quietclicks.agents.settings import KEY_BYTES, MAX_RECORDS, Settings
from quietclicks.commands.bench import copy as bench_copy
from quietclicks.commands.bench import pipeline as bench_pipeline
from quietclicks.commands.bench.child import Child, Ends
from quietclicks.commands.bench.steps import show_steps
from quietclicks.commands.options import read_policy
from quietclicks.demo.load import load, yesterday
from quietclicks.embedded.broker import Broker
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import milliseconds
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.topology.topics import TopicSpec, topology
from quietclicks.schemas import topics

PAIRS = 7  # of blocks that are counted, after a warm-up
EVENTS = 80_000  # a block: two transactions of 10,000 for each of four partitions


class Figures(Struct):
    """Of one block, or the medians of several.

    µs of CPU an event and CPU seconds per million events are one number.
    """

    events_per_s: float
    cpu_us_per_event: float


class Result(Struct):
    """The medians, and the ratio of events/s: the median of the pairs' ratios."""

    copy: Figures
    pipeline: Figures
    ratio: float


@click.command
@click.option(
    "--records",
    type=click.IntRange(1, MAX_RECORDS),
    default=Settings().records_per_transaction,
    show_default=True,
    help="How many records a transaction of either holds at most.",
)
@click.option("--steps", is_flag=True, help="Instead, time each step of an event's way, in memory.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="F",
    help="Write the figures to a file, too.",
)
def bench(records: int, steps: bool, json_file: Path | None) -> None:
    """Measure throughput beside a transactional copy of the raw topic.

    The anonymise stage runs in full and exactly once. Both read the same records with the same
    number in a transaction, in turn, in processes of their own, whose CPU it is: the broker's is
    not in it. The copy is aiokafka as it comes, the pipeline runs as in a worker. First one process
    of each, then two, which share the partitions. Medians of seven pairs of blocks after a warm-up.
    All of it is this machine's, now: quote a figure beside the copy's, and with the records in a
    transaction. In the file the CPU seconds per million events are called cpu_us_per_event, which
    is the same number.
    """
    if steps:
        show_steps(read_policy(None))
        return
    logging.disable(logging.ERROR)
    with Broker.start() as broker:
        settings = Settings(
            bootstrap=broker.bootstrap,
            key_encryption_key=base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
            records_per_transaction=records,
        )
        one, two = asyncio.run(_measure(settings, read_policy(None)))
    for name, result in (("one process of each", one), ("two processes of each", two)):
        click.echo(name)
        _show(result)
    if json_file is not None:
        found = {**msgspec.structs.asdict(one), "two_processes": two}
        json_file.write_bytes(msgspec.json.encode(found) + b"\n")


def _show(result: Result) -> None:
    for name, figures in (("copy", result.copy), ("pipeline", result.pipeline)):
        click.echo(
            f"  {name:9} {figures.events_per_s:>9,.0f} events/s  "
            f"{figures.cpu_us_per_event:>6.1f} CPU seconds per million events"
        )
    click.echo(f"  ratio     {result.ratio:9.2f} of the copy's events/s, median of {PAIRS} pairs")


async def _measure(settings: Settings, policy: Policy) -> tuple[Result, Result]:
    partitions = policy.topics.raw_partitions
    await apply(settings, [*topology(policy), TopicSpec(bench_copy.COPY, partitions, 1, {})])
    seeds = count()
    return (
        await _compare(settings, policy, 1, seeds),
        await _compare(settings, policy, 2, seeds),
    )


async def _compare(
    settings: Settings, policy: Policy, processes: int, seeds: Iterator[int]
) -> Result:
    partitions = policy.topics.raw_partitions
    shares = [range(partitions)[number::processes] for number in range(processes)]
    copiers = [Child(bench_copy.serve, settings, share) for share in shares]
    workers = [Child(bench_pipeline.serve, settings, policy, len(share)) for share in shares]
    copies: list[Figures] = []
    pipelines: list[Figures] = []
    start = yesterday(datetime.now(UTC))
    first_tick = milliseconds(start) + policy.time.allowed_lateness * 1000
    try:
        for child in (*copiers, *workers):
            await child.ready()
        for pair in range(PAIRS + 1):
            values = load(next(seeds), EVENTS, start)
            await replay(settings, with_ticks(values, [(0, first_tick)]), lambda sent: None)
            ends = await _ends(settings, partitions)
            copies.append(await _block(copiers, ends))
            pipelines.append(await _block(workers, ends))
            click.echo(
                f"{pair or 'warm-up'}: copy {copies[-1].events_per_s:,.0f} events/s, "
                f"pipeline {pipelines[-1].events_per_s:,.0f}",
                err=True,
            )
    finally:
        for child in (*copiers, *workers):
            child.stop()
    return _result(copies[1:], pipelines[1:])


async def _ends(settings: Settings, partitions: int) -> Ends:
    consumer = clients.consumer(settings)
    await clients.start(consumer, settings)
    try:
        tps = [TopicPartition(topics.RAW, number) for number in range(partitions)]
        ends = await consumer.end_offsets(tps)
    finally:
        await clients.stop(consumer)
    return {tp.partition: end for tp, end in ends.items()}


async def _block(children: Sequence[Child], ends: Ends) -> Figures:
    worked = await asyncio.gather(*(child.work(ends) for child in children))
    records = sum(each.records for each in worked)
    if records != EVENTS + len(ends):  # a tick in each partition
        raise Failure(f"{records} records were processed of {EVENTS + len(ends)}")
    # One clock for all processes: from the first that began to the last that was done.
    seconds = max(each.ended for each in worked) - min(each.started for each in worked)
    cpu = sum(each.cpu for each in worked)
    return Figures(EVENTS / seconds, cpu / EVENTS * 1e6)


def _result(copies: Sequence[Figures], pipelines: Sequence[Figures]) -> Result:
    # Pair by pair: what the machine does meanwhile hits both of a pair.
    pairs = zip(pipelines, copies, strict=True)
    ratio = statistics.median(ours.events_per_s / theirs.events_per_s for ours, theirs in pairs)
    return Result(_median(copies), _median(pipelines), ratio)


def _median(blocks: Sequence[Figures]) -> Figures:
    return Figures(
        statistics.median(each.events_per_s for each in blocks),
        statistics.median(each.cpu_us_per_event for each in blocks),
    )
