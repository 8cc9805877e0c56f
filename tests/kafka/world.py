"""A whole pipeline for one test: its own topics, keys and worker processes on a broker of its own.

Topics have fixed names, so tests that run whole workers cannot share the suite's broker. Each test
process has one broker for them, and `world` makes all topics anew for each run. Files of tests
that need these names for something else have the same broker (`own_broker` in tests/conftest.py).
"""

import asyncio
import base64
import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.request import urlopen

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, NodeNotReadyError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quietclicks.agents.kafka.committed import read_note
from quietclicks.agents.kafka.stages import group_of
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.replay import replay, with_ticks
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.embedded.ports import free_port
from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR, milliseconds
from quietclicks.pipeline.logs.events import is_tick, plan, timeline
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.pipeline.release.metadata import released_hour
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Trend
from tests.kafka.disk import OFTEN
from tests.kafka_tools import Stored, produce, read_all, unique
from tests.paths import ROOT

PATIENCE = 180  # seconds; a bound against hanging, on a machine that does much else
# Seconds between two looks: soon at first, and then so that asking is not most of the work.
SHORTEST, LONGEST = 0.02, 0.5
KEK = bytes(range(32))
KEY = bytes(reversed(range(32)))
# For workers that are killed: the others notice sooner. On a busy machine they may take one for
# dead that is not, and then it ends: no other test should have that.
SOON = {"QUIETCLICKS_SESSION_SECONDS": "6"}

T = TypeVar("T")


@functools.cache
def own_broker() -> Broker:
    """This test process' broker for whole pipelines; conftest.py stops it."""
    return start_broker()


def start_broker() -> Broker:
    """Dead workers and old segments are noticed sooner than is a broker's default."""
    return Broker.start(
        properties={**OFTEN, "group.min.session.timeout.ms": "1000"}, progress=lambda _: None
    )


def stop_own_broker() -> None:
    """At the end of the session, if it was ever started."""
    if own_broker.cache_info().currsize:
        own_broker().stop()
        own_broker.cache_clear()


async def until(
    holds: Callable[[], Awaitable[T]],
    what: str,
    seconds: float = PATIENCE,
    longest: float = LONGEST,
) -> T:
    """Ask again and again until the answer is true; fails after a bounded time.

    `longest` is the longest pause in between, where the moment matters.
    """
    deadline = time.monotonic() + seconds
    pause = SHORTEST
    while not (answer := await holds()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(pause)
        pause = min(1.5 * pause, longest)
    return answer


def page(port: int, path: str) -> str:
    """A page of a worker's web server."""
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
        body: bytes = answer.read()
    return body.decode()


class Output(NamedTuple):
    """What a run left in the public topics, as multisets that two runs can be compared by."""

    pseudonymised: Counter[tuple[bytes | None, bytes | None]]
    rejected: Counter[tuple[str, int, int]]  # reason, partition, offset
    partners: Counter[tuple[str, bytes | None, bytes | None]]
    trends: Counter[tuple[str, bytes | None, bytes | None]]


class Worker:
    """One worker process; what it says goes to a file."""

    def __init__(self, world: "World", number: int, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self.log = world.folder / f"worker-{number}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "quietclicks", "worker", "--port", str(self.port)],
                env={**world.environment, **environment},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        """All of its output so far."""
        return self.log.read_text("utf-8", "replace")

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def get(self, path: str) -> str:
        """A page of its web server."""
        return page(self.port, path)

    async def outcomes(self) -> dict[tuple[str, str], float]:
        """(stage, outcome) → the counter on /metrics."""
        text = await asyncio.to_thread(self.get, "/metrics")
        found = re.findall(
            r'^quietclicks_outcomes_total\{outcome="(.+)",stage="(.+)"\} (.+)$', text, re.M
        )
        return {(stage, outcome): float(number) for outcome, stage, number in found}


class World:
    """One pipeline: settings, policy, workers, and what its topics hold."""

    def __init__(self, bootstrap: str, policy: Policy, text: str, folder: Path) -> None:
        self.policy = policy
        self.folder = folder
        self.settings = Settings(
            bootstrap=bootstrap,
            app=unique("app"),
            policy=str(folder / "policy.toml"),
            key_encryption_key=base64.b64encode(KEK).decode(),
            ticks="none",
        )
        (folder / "policy.toml").write_text(text, "utf-8")
        self.workers: list[Worker] = []
        self.admin: AIOKafkaAdminClient

    @property
    def environment(self) -> dict[str, str]:
        """What a command needs to find its way."""
        return {
            "PATH": os.environ["PATH"],
            "QUIETCLICKS_BOOTSTRAP": self.settings.bootstrap,
            "QUIETCLICKS_APP": self.settings.app,
            "QUIETCLICKS_POLICY": self.settings.policy or "",
            "QUIETCLICKS_KEY_ENCRYPTION_KEY": self.settings.key_encryption_key or "",
            "QUIETCLICKS_TICKS": self.settings.ticks,
        }

    def work(self, **environment: str) -> Worker:
        """Start a worker."""
        worker = Worker(self, len(self.workers), environment)
        self.workers.append(worker)
        return worker

    async def give_keys(self, days: Iterable[str]) -> None:
        """Write the day keys as the key store would: the same in every run."""
        records = []
        for day in days:
            nonce = bytes(12)
            records.append((0, day.encode(), nonce + AESGCM(KEK).encrypt(nonce, KEY, day.encode())))
        await produce(self.settings.bootstrap, topics.KEYS, records)

    async def send(self, values: Sequence[bytes]) -> int:
        """Replay records, with the ticks of a plan around those that have none. How many events."""
        latest = int(time.time() * 1000) + self.policy.time.allowed_skew * 1000
        planned = plan(timeline(values, latest), self.policy.time.allowed_lateness, latest)
        return await replay(self.settings, with_ticks(values, planned), lambda _: None)

    async def committed(self, stage: str, topic: str) -> dict[int, tuple[int, str]]:
        """What a stage has committed: partition → offset and its own metadata."""
        count = len((await self.admin.describe_topics([topic]))[0]["partitions"])
        places = [TopicPartition(topic, number) for number in range(count)]
        try:
            offsets = await self.admin.list_consumer_group_offsets(
                group_of(self.settings, stage), partitions=places
            )
        except (GroupCoordinatorNotAvailableError, NodeNotReadyError):
            return {}  # a new broker's first group is on its way, or the client has not heard of it
        return {
            place.partition: (found.offset, read_note(found.metadata).metadata)
            for place, found in offsets.items()
            if found.offset >= 0
        }

    async def ends(self, topic: str, isolation: str = "read_uncommitted") -> dict[int, int]:
        """Each partition's end."""
        count = len((await self.admin.describe_topics([topic]))[0]["partitions"])
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.bootstrap, isolation_level=isolation
        )
        await consumer.start()
        try:
            found = await consumer.end_offsets([TopicPartition(topic, n) for n in range(count)])
        finally:
            await consumer.stop()
        return {place.partition: end for place, end in found.items()}

    async def processed(self) -> int:
        """How many raw records are committed."""
        committed = await self.committed("anonymise", topics.RAW)
        return sum(offset for offset, _ in committed.values())

    def check_workers(self) -> None:
        """Fails where a worker that nobody killed has ended."""
        for worker in self.workers:
            status = worker.process.poll()
            assert status in {None, 0, -signal.SIGKILL}, f"a worker ended: {worker.said[-2000:]}"

    async def all_released(self) -> None:
        """Wait until every raw record is committed, and every partition has released all."""
        ends = await self.ends(topics.RAW)
        watermark = self._last_tick(await read_all(self.settings.bootstrap, topics.RAW))
        watermark -= self.policy.time.allowed_lateness * 1000
        closed_until = watermark // MILLISECONDS_PER_HOUR

        async def done() -> bool:
            self.check_workers()
            committed = await self.committed("anonymise", topics.RAW)
            if {place: offset for place, (offset, _) in committed.items()} != ends:
                return False
            release = await self.committed("release", topics.PARTIALS)
            if len(release) < self.policy.topics.partials_partitions:
                return False
            return all(memo and released_hour(memo) >= closed_until for _, memo in release.values())

        try:
            await until(done, "all processed and released")
        except AssertionError as error:
            raise AssertionError(
                f"{error}: of {ends} {await self.committed('anonymise', topics.RAW)}, released up "
                f"to {closed_until}: {await self.committed('release', topics.PARTIALS)}; "
                + "".join(worker.said[-2000:] for worker in self.workers)
            ) from None

    @staticmethod
    def _last_tick(records: Iterable[Stored]) -> int:
        newest = 0
        for record in records:
            if record.value and is_tick(record.value):
                at = msgspec.json.decode(record.value)["timestamp"]
                newest = max(newest, milliseconds(msgspec.convert(at, type=datetime)))
        return newest

    async def read(self, topic: str) -> list[Stored]:
        """A topic's committed records.

        A commit reaches the offsets' topic and this one at different times: wait for both.
        """

        async def settled() -> bool:
            return await self.ends(topic, "read_committed") == await self.ends(topic)

        await until(settled, f"no transaction is open in {topic}")
        records = await read_all(self.settings.bootstrap, topic)
        # Without nudges: a worker that has run for a minute begins to write them.
        return [each for each in records if (each.key, each.value) != (None, None)]

    async def trends(self, topic: str = topics.TRENDS[next(iter(topics.TRENDS))]) -> list[Trend]:
        """The totals, or another trends topic."""
        return [msgspec.json.decode(r.value or b"", type=Trend) for r in await self.read(topic)]

    async def output(self) -> Output:
        """All that is in the public topics."""
        rejections = [json.loads(r.value or b"") for r in await self.read(topics.REJECTED)]
        return Output(
            Counter((r.key, r.value) for r in await self.read(topics.PSEUDONYMISED)),
            Counter((r["reason"], r["partition"], r["offset"]) for r in rejections),
            Counter(
                [
                    (name, r.key, r.value)
                    for name in self.policy.partners
                    for r in await self.read(topics.PARTNERS + name)
                ]
            ),
            Counter(
                [(name, r.key, r.value) for name in topics.PUBLISHED for r in await self.read(name)]
            ),
        )


def policy_text(**numbers: int | str) -> str:
    """The reference policy with some lines changed: `raw_partitions=3`."""
    text = (ROOT / "deploy" / "policy.toml").read_text("utf-8")
    for name, value in numbers.items():
        shown = f'"{value}"' if isinstance(value, str) else str(value)
        text, found = re.subn(rf"(?m)^{name} = [^#\n]*", f"{name} = {shown} ", text)
        assert found == 1, f"{name} is not in the policy once"
    tomllib.loads(text)
    return text


@asynccontextmanager
async def world(folder: Path, text: str, broker: Broker | None = None) -> AsyncIterator[World]:
    """A pipeline with empty topics; its workers are gone afterwards."""
    folder = folder / unique("world")
    folder.mkdir()
    bootstrap = (broker or own_broker()).bootstrap
    made = World(bootstrap, parse(text, "policy.toml"), text, folder)
    made.admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await made.admin.start()
    try:
        await empty(made.admin)
        await apply(made.settings, topology(made.policy))
        yield made
    finally:
        for worker in made.workers:
            worker.kill()
        await made.admin.close()


async def empty(admin: AIOKafkaAdminClient) -> None:
    """Delete the topics that an earlier test left."""

    async def left() -> list[str]:
        return [name for name in await admin.list_topics() if not name.startswith("__")]

    async def gone() -> bool:
        return not await left()

    if names := await left():
        await admin.delete_topics(names)
        await until(gone, "topics deleted")
