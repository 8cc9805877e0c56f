"""What each step of an event's way costs: the anonymise stage in memory, with a clock around each.

No Kafka, one partition, one process. The clock costs a little itself, once a step and batch.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from quietclicks.agents.kafka import hot_path
from quietclicks.demo.load import load, yesterday
from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.stage import AnonymiseProcessor
from quietclicks.pipeline.anonymise.steps import ADMIT, COMMIT, DECIDE
from quietclicks.pipeline.clock import milliseconds
from quietclicks.pipeline.fields import bots, browser
from quietclicks.pipeline.logs.events import tick
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Listed, ListedRecord
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys

WARM_UP, EVENTS = 60_000, 120_000  # the caches fill first
RECORDS = 10_000  # to a transaction, as a worker's
REST = "decoding, keys, encoding rejections, writing"


def time_steps(policy: Policy) -> list[tuple[str, float]]:
    """(step, µs an event) in their order, and last what no step has, of `EVENTS` events."""
    browser.load()
    bots.load()
    hot_path.tune()
    start = yesterday(datetime.now(UTC))
    keys = DayKeys()
    keys.put(int(start.timestamp()) // 86_400, bytes(32))
    anonymiser = Anonymiser(policy, lambda address: None, keys)
    spent: defaultdict[str, float] = defaultdict(float)
    anonymiser.admit = [_timed(step, spent) for step in ADMIT]
    anonymiser.decide = [_timed(step, spent) for step in DECIDE]
    anonymiser.commit = [_timed(step, spent) for step in COMMIT]
    processor = AnonymiseProcessor(policy, anonymiser, 0, 1, 1)
    processor.resume(0, "")
    opening = tick(milliseconds(start) + policy.time.allowed_lateness * 1000)
    now_ms = int(time.time() * 1000)
    values = [opening, *load(0, WARM_UP + EVENTS, start)]
    records = [ListedRecord(offset, now_ms, None, value) for offset, value in enumerate(values)]
    _process(processor, records[:WARM_UP])
    spent.clear()
    began = time.perf_counter()
    _process(processor, records[WARM_UP:])
    rest = time.perf_counter() - began - sum(spent.values())
    named = [(step.__name__, spent[step.__name__]) for step in (*ADMIT, *DECIDE, *COMMIT)]
    return [(name, seconds / EVENTS * 1e6) for name, seconds in [*named, (REST, rest)]]


def show_steps(policy: Policy) -> None:
    """The table."""
    click.echo(f"timing {EVENTS:,} events, after {WARM_UP:,} to fill the caches", err=True)
    rows = time_steps(policy)
    total = sum(microseconds for _, microseconds in rows)
    for name, microseconds in [*rows, ("all", total)]:
        click.echo(f"{name:45} {microseconds:6.2f} µs an event  {microseconds / total:4.0%}")


def _process(processor: AnonymiseProcessor, records: Sequence[ListedRecord]) -> None:
    for first in range(0, len(records), RECORDS):
        processor.process(records[first : first + RECORDS], Listed())


def _timed(step: Callable[..., Any], spent: defaultdict[str, float]) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        began = time.perf_counter()
        result = step(*arguments)
        spent[step.__name__] += time.perf_counter() - began
        return result

    return timed
