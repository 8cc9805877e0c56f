"""What the real pipeline makes of made-up visits, for checks to look at."""

import functools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from quietclicks.demo.load import load
from quietclicks.pipeline.dry_run.canaries import START, canaries, log_of
from quietclicks.pipeline.dry_run.offline import Offline, Public
from quietclicks.pipeline.policy import EventsPolicy, Policy
from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import LISTABLE
from tests.pipeline.audit.made import POLICY
from tests.pipeline_tools import day_key

EVERY_FIELD: Policy = msgspec.structs.replace(POLICY, events=EventsPolicy(fields=LISTABLE))
DAY = datetime.fromtimestamp(START / 1000, UTC)


def country(address: bytes) -> str:
    return ("DE", "GB", "US")[address[-1] % 3]


@functools.cache
def raw(events: int = 1500) -> tuple[tuple[bytes, int], ...]:
    """A log of the past: value and append time of each record."""
    return tuple(log_of(list(load(7, events, DAY)), EVERY_FIELD))


@functools.cache
def canary_log() -> tuple[tuple[bytes, int], ...]:
    """Personal data of all kinds, in every field."""
    values = [value for _, records in canaries(EVERY_FIELD) for value in records[:1]]
    return tuple(log_of(values, EVERY_FIELD))


def run(log: Iterable[tuple[bytes, int]], policy: Policy = EVERY_FIELD) -> list[Public]:
    return list(Offline(policy, country, day_key).run(log))


@functools.cache
def shop() -> Sequence[Public]:
    """Of `raw`."""
    return run(raw())


def events(records: Iterable[Public] | None = None) -> list[Public]:
    """For analysts and partners."""
    there = shop() if records is None else records
    prefixes = topics.PSEUDONYMISED, topics.PARTNERS
    return [each for each in there if each.topic.startswith(prefixes) and each.value]


def numbers() -> list[Public]:
    return [each for each in shop() if each.topic in topics.PUBLISHED]


def changed(record: Public, **fields: Any) -> Public:
    """An event that says something else, written as ours are; `...` leaves a field out."""
    said = {**msgspec.json.decode(record.value or b""), **fields}
    said = {name: value for name, value in said.items() if value is not ...}
    return record._replace(value=msgspec.json.encode(said))
