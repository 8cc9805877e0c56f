"""What a search for one person's day costs: how long it takes, what it reads and what it holds.

    .venv/bin/python -m tests.bench.rights [--events N] [--partitions P] [--batch R]

Three days lie in one log, of N/10, N and N/10 events, a person's among each; the first two are
searched, each by a process of its own. Prints a Markdown table.

The fewer records a batch has (R), the longer it takes to read them: thousands in a backlog; one or
two where ten million events a day come evenly, with five transactions a second of each of four
partitions, to four partitions.

The topics keep the client's times, unlike the pipeline's: no broker appends a record three days
ago. So nothing is written in transactions: their markers have the broker's time.
"""

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata
from msgspec import Struct

from quietclicks.agents.kafka import clients, hot_path
from quietclicks.agents.kafka.reading import MAX_RECORDS, batches_to_end
from quietclicks.agents.kafka.stages import CUTS, group_of
from quietclicks.agents.kafka.transactions import Batches
from quietclicks.agents.rights import search
from quietclicks.agents.rights.search import Search
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, day_text, text
from quietclicks.pipeline.processor import Row
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.pseudonyms.pseudonym import KEY_BYTES, TEXT_BYTES, TEXT_LENGTH
from quietclicks.pipeline.rights.matching import targets
from quietclicks.pipeline.rights.restrictions import Restrictions
from quietclicks.pipeline.rights.sealing import BOX_USE, Identity, context, public_of, seal
from quietclicks.pipeline.topology.lifetime import Progress
from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import Browser, Pseudonymised, Source
from quietclicks.schemas.rights import Request
from tests.bench.operation_tools import say
from tests.kafka_tools import create_topics
from tests.pipeline_tools import DAY, FIREFOX, SITE, day_key, policy

RULES = policy()
WHO = Identity("198.51.100.7", FIREFOX)
TOPICS = (topics.PSEUDONYMISED, topics.PARTNERS + "adreach")
SMALL = 10  # so many times fewer events have the days beside the large one
DAYS = (DAY - 1, DAY, DAY + 1)
SEARCHED = DAYS[:2]
VISITS = 40  # of the person, on each day
TELL_SECONDS = 0.5
IN_FLIGHT = 32  # batches that are on their way
SKEW_MS, LATENESS_MS = RULES.time.allowed_skew * 1000, RULES.time.allowed_lateness * 1000
EVENT = msgspec.json.encode(
    Pseudonymised(
        id="%b",
        site=SITE,
        timestamp="%b",
        visitor="%b",
        country="DE",
        page="/products/%d",
        source=Source("search", "google.com"),
        search=None,
        browser=Browser("Firefox"),
        device="desktop",
        language="de",
    )
)


class Log(Struct):
    """What is written, in rounds: a batch of so many records to each partition of each topic."""

    events: int  # of the large day
    partitions: int
    batch: int

    def times(self, day: int) -> Sequence[int]:
        """When its rounds are appended, evenly, in ms."""
        events = self.events // (1 if day == DAY else SMALL)
        step = MILLISECONDS_PER_DAY * self.batch * self.partitions // events
        midnight = day * MILLISECONDS_PER_DAY
        return range(midnight, midnight + MILLISECONDS_PER_DAY, step)

    def visits(self, day: int) -> Sequence[int]:
        """The rounds that have one of the person's, by their times."""
        times = self.times(day)
        return times[:: max(1, len(times) // VISITS)][:VISITS]

    def in_stretch(self, day: int) -> int:
        """Records between the day's bounds, of what a search has to read in both topics.

        By arithmetic: the search goes by what the broker tells it.
        """
        since, until = day * MILLISECONDS_PER_DAY - SKEW_MS, closed_ms(day)
        found = sum(since <= at <= until for each in DAYS for at in self.times(each))
        return found * self.batch * len(TOPICS)


class Cost(Struct):
    """What a search tells of itself: records that it read and found, MiB that its process held."""

    seconds: float
    read: int
    found: int
    before: int
    most: int
    told: list[int]  # how far it is, in percent, as the desk asks for it


def closed_ms(day: int) -> int:
    """When nothing of it is written any more."""
    return (day + 1) * MILLISECONDS_PER_DAY + LATENESS_MS


def ring() -> DayKeys:
    """The keys of all three days."""
    keys = DayKeys()
    for day in DAYS:
        keys.put(day, day_key(day))
    return keys


async def fill(settings: Settings, log: Log) -> None:
    """Both topics; and how far days are closed, as whoever cuts them keeps it."""
    counts = dict.fromkeys(TOPICS, log.partitions)
    kept = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
    await create_topics(settings.bootstrap, counts, kept)
    producer = clients.producer(settings, enable_idempotence=True, linger_ms=0)
    await clients.start(producer, settings)
    try:
        for day in DAYS:
            theirs = list(targets(WHO, ring().of(day, SITE, ["adreach"]), ["adreach"]))
            visits = set(log.visits(day))
            began = time.monotonic()
            pending: deque[Awaitable[object]] = deque()
            for at in log.times(day):
                batches = Batches(producer.create_batch, counts)
                batches.now_ms = at
                for target in theirs:
                    rows = list(strangers(log, at))
                    if at in visits:
                        place = target.route % log.partitions
                        rows[place] = row(place, target.pseudonym.encode(), bytes(TEXT_LENGTH), at)
                    batches.extend(target.topic, rows)
                for topic, number, batch in batches.all():
                    pending.append(await producer.send_batch(batch, topic, partition=number))
                while len(pending) > IN_FLIGHT:
                    await pending.popleft()
            await asyncio.gather(*pending)
            say(f"{day_text(day)}: written in {time.monotonic() - began:.0f} s")
    finally:
        await clients.stop(producer)
    await close_days(settings)


def strangers(log: Log, at_ms: int) -> Iterator[Row]:
    """A round's, of one topic: random names, to every partition in turn."""
    count = log.batch * log.partitions
    names = urlsafe_b64encode(os.urandom(2 * TEXT_BYTES * count))
    for number in range(count):
        at = 2 * TEXT_LENGTH * number
        middle = at + TEXT_LENGTH
        yield row(number, names[at:middle], names[middle : middle + TEXT_LENGTH], at_ms)


def row(route: int, visitor: bytes, name: bytes, at_ms: int) -> Row:
    """A record as the anonymise stage writes one."""
    return (
        route,
        b"%b:%b" % (visitor, name),
        EVENT % (name, text(at_ms).encode(), visitor, route % 20_000),
    )


async def close_days(settings: Settings) -> None:
    """So that each day's stretch has an end."""
    note = Progress(closed={day: closed_ms(day) for day in SEARCHED}).encode()
    group = group_of(settings, CUTS)
    consumer = clients.consumer(settings, group_id=group)
    await clients.start(consumer, settings)
    try:
        homes = [TopicPartition(topic, 0) for topic in TOPICS]
        consumer.assign(homes)
        await consumer.commit({home: OffsetAndMetadata(0, note) for home in homes})
    finally:
        await clients.stop(consumer)


class Watch:
    """A list of restrictions that names nobody."""

    async def use_key(self, *, make: bool) -> None:
        """It needs none."""

    async def caught_up(self, *, pending: bool = False) -> None:
        """It always is."""


async def find(settings: Settings, log: Log, day: int) -> Cost:
    """One access request, searched for as the desk does."""
    read = 0

    async def counted(*given: Any, **more: Any) -> AsyncIterator[list[Any]]:
        nonlocal read
        async with contextlib.aclosing(batches_to_end(*given, **more)) as batches:
            async for records in batches:
                read += len(records)
                yield records

    watch: Any = Watch()
    counts = dict.fromkeys(TOPICS, log.partitions)
    searching = Search(settings, RULES, ring(), Restrictions(), watch, counts)
    before, told = resident("VmRSS"), []
    began = time.monotonic()
    with patch.object(search, "batches_to_end", counted):
        finding = asyncio.create_task(searching.find([request(day)]))
        while not finding.done():
            await asyncio.wait([finding], timeout=TELL_SECONDS)
            told.append(int(100 * searching.share))
    seconds = time.monotonic() - began
    [[found]] = finding.result().values()
    return Cost(seconds, read, len(found.matches), before, resident("VmHWM"), told)


def request(day: int) -> Request:
    """As an officer asks."""
    name = day_text(day)
    public = public_of(ring().secret(day, BOX_USE))
    box = seal(WHO, public, os.urandom(KEY_BYTES), context("bench", "access", SITE, [name], name))
    return Request(id="bench", verb="access", site=SITE, days=(name,), boxes={name: box})


def resident(what: str) -> int:
    """MiB of this process: now (VmRSS), or at most up to now (VmHWM)."""
    status = Path("/proc/self/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith(what))
    return int(line.split()[1]) >> 10


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--search", nargs=2, metavar=("DAY", "BOOTSTRAP"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    log = Log(given.events, given.partitions, given.batch)
    if given.search:
        day, bootstrap = given.search
        hot_path.tune()  # as a worker is
        cost = asyncio.run(find(Settings(bootstrap=bootstrap), log, int(day)))
        print(msgspec.json.encode(cost).decode())
        return
    with Broker.start() as broker:
        asyncio.run(fill(Settings(bootstrap=broker.bootstrap), log))
        print("| events of the day | in its stretch | read | time | a second | MiB held, at most |")
        print("|---|---|---|---|---|---|")
        for day in SEARCHED:
            print(line(log, day, in_its_process(day, broker.bootstrap)), flush=True)


def in_its_process(day: int, bootstrap: str) -> Cost:
    """So that what is held is the search's alone."""
    command = [sys.executable, "-m", "tests.bench.rights", *sys.argv[1:]]
    command += ["--search", str(day), bootstrap]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Cost)


def line(log: Log, day: int, cost: Cost) -> str:
    """Of the table."""
    assert cost.found == len(log.visits(day)) * len(TOPICS), "all of theirs is found"
    assert cost.told == sorted(cost.told), "it goes on and on"
    beyond = cost.read - log.in_stretch(day)  # what came with the stretch's last records
    assert 0 <= beyond <= MAX_RECORDS * len(TOPICS), "the day's stretch is read, and no more"
    say(f"{day_text(day)}: {cost.found} found; searched, in %: {', '.join(map(str, cost.told))}")
    return (
        f"| {log.events // (1 if day == DAY else SMALL):,} | {log.in_stretch(day):,} "
        f"| {cost.read:,} | {cost.seconds:.1f} s | {cost.read / cost.seconds:,.0f} "
        f"| {cost.before}, {cost.most} |"
    )


if __name__ == "__main__":
    main()
