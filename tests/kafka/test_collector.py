"""The collector as a process: what is posted arrives in the raw topic, also after a broker's pause.

It holds no key, and says nothing of who sent what.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiokafka import TopicPartition
from kafka.admin import KafkaAdminClient
from msgspec.structs import replace

from quietclicks.agents.access import live
from quietclicks.agents.collector.outbox import MAX_BYTES
from quietclicks.agents.collector.serve import serve
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.replay import partition_of
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.access.diff import Entry
from quietclicks.pipeline.access.rights import Right
from quietclicks.pipeline.logs.events import tick
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas import topics
from quietclicks.schemas.raw import ExactEvent
from tests.access_tools import POLICY, Roles
from tests.commands.typed import PATIENCE, one_line, typed
from tests.kafka.world import World, own_broker, policy_text, until, world
from tests.kafka_tools import produce, read_all
from tests.paths import ROOT

SMALL = policy_text(raw_partitions=2, partials_partitions=1, event_partitions=1)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CANARY = "198.51.100.77"
PAGE = "https://shop.example/shoes?size=canary-size"


class Collecting:
    """A collector's process, and a client that stands behind a proxy that it trusts."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, log: Path) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.log = log

    async def post(self, url: str = PAGE, address: str = CANARY) -> int:
        """A page view; the status of the answer."""
        headers = {"X-Forwarded-For": address, "User-Agent": AGENT}
        body = json.dumps({"url": url, "consent": {"analytics": True}})
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{self.url}/collect", data=body.encode()) as answer,
        ):
            return answer.status

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    @property
    def said(self) -> str:
        """All that it said so far."""
        return self.log.read_text("utf-8")


def start(made: World, log: Path, more: dict[str, str]) -> "subprocess.Popen[str]":
    """Believing this machine to be a proxy."""
    environment = {
        "PATH": os.environ["PATH"],
        "QUIETCLICKS_BOOTSTRAP": made.settings.bootstrap,
        "QUIETCLICKS_POLICY": made.settings.policy or "",
        "QUIETCLICKS_COLLECTOR_TRUSTED_PROXIES": "127.0.0.1",
        **more,
    }
    with log.open("w") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "quietclicks", "collector", "--port", "0"],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """The broker answers nothing, and keeps its connections."""
    os.kill(own_broker().pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(own_broker().pid, signal.SIGCONT)


@asynccontextmanager
async def collecting(made: World, **more: str) -> AsyncIterator[Collecting]:
    """One that has begun to listen, and that ends with status 0 unless it was stopped before."""
    log = made.folder / "collector.log"
    process = start(made, log, more)
    try:
        assert process.stdout is not None
        line = await asyncio.to_thread(process.stdout.readline)
        assert line.startswith("The collector: http://127.0.0.1:"), log.read_text()
        found = Collecting(process, int(line.rstrip().rstrip("/").rpartition(":")[2]), log)
        yield found
        if process.poll() is None:
            assert found.stop() == 0, found.said
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def test_a_page_view_arrives_as_a_raw_event(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        before = datetime.now(UTC)
        async with collecting(made) as collector:
            assert await collector.post() == 204
            assert await collector.post("https://elsewhere.example/") == 204
        [record] = await read_all(made.settings.bootstrap, topics.RAW)
        assert record.value is not None
        event = msgspec.json.decode(record.value, type=ExactEvent)
        assert (event.site, event.url, event.ip) == ("shop.example", PAGE, CANARY)
        assert (event.type, event.user_agent, event.purpose) == ("pageview", AGENT, None)
        assert before <= event.timestamp <= datetime.now(UTC)
        assert len(bytes.fromhex(event.event_id)) == 16
        assert record.partition == partition_of(record.value, 2)
        assert CANARY not in collector.said
        assert "canary" not in collector.said
        assert collector.said == ""


async def test_the_broker_may_go_and_come_back(tmp_path: Path) -> None:
    """What was answered while it was away arrives, each once, and in the order of a visitor."""
    async with world(tmp_path, SMALL) as made:
        async with collecting(made) as collector:
            assert await collector.post(f"{PAGE}&n=0") == 204
            own_broker().kill()
            for number in range(1, 60):
                assert await collector.post(f"{PAGE}&n={number}") == 204
            await asyncio.to_thread(own_broker().restart)
            assert await collector.post(f"{PAGE}&n=60") == 204
        records = await read_all(made.settings.bootstrap, topics.RAW)
        urls = [msgspec.json.decode(each.value or b"", type=ExactEvent).url for each in records]
        assert urls == [f"{PAGE}&n={number}" for number in range(61)]
        assert CANARY not in collector.said


async def test_where_it_can_hold_no_more_it_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        async with collecting(made) as collector, aiohttp.ClientSession() as session:
            where = f"{collector.url}/collect"
            body = json.dumps({"url": PAGE, "referrer": "https://a.example/" + "a" * 60_000})

            async def status(number: int) -> int:
                headers = {"X-Forwarded-For": f"198.{number % 100}.0.7", "User-Agent": AGENT}
                async with session.post(where, data=body, headers=headers) as answer:
                    if answer.status == 503:
                        assert answer.headers["Retry-After"] == "30"
                    return answer.status

            taken = 0
            with paused():
                while (found := await status(taken)) == 204:
                    taken += 1
            assert found == 503
            assert MAX_BYTES // 61_000 - 1 < taken < MAX_BYTES // 60_000 + 1

            async def has_room() -> bool:
                return await status(taken) == 204

            await until(has_room, "there is room again")
        assert len(await read_all(made.settings.bootstrap, topics.RAW)) == taken + 1
        assert "there is no room for more events" in collector.said


async def test_what_is_answered_is_sent_before_it_ends(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made, collecting(made) as collector:
        with paused():
            for _ in range(20):
                assert await collector.post() == 204
            collector.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(collector.process.wait, PATIENCE) == 0
        assert len(await read_all(made.settings.bootstrap, topics.RAW)) == 20


async def test_what_no_broker_takes_before_it_ends_is_told(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made, collecting(made) as collector:
        with paused():
            for _ in range(3):
                assert await collector.post() == 204
            assert await asyncio.to_thread(collector.stop) == 1
        last = collector.said.splitlines()[-1]
        assert last.startswith("quietclicks: 3 page views were answered and are lost")
        assert CANARY not in collector.said


async def tell_the_time(made: World, at: float) -> None:
    """A tick into each of the two partitions."""
    value = tick(int(at * 1000))
    await produce(made.settings.bootstrap, topics.RAW, [(0, None, value), (1, None, value)])


@asynccontextmanager
async def in_this_process(
    settings: Settings, policy: Policy, clock: Callable[[], float] = time.time
) -> AsyncIterator[str]:
    """Its address. What it was sent is the broker's afterwards."""
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = replace(settings, collector_port=0, collector_trusted_proxies="127.0.0.1")
    serving = asyncio.create_task(serve(settings, policy, address.set_result, clock))

    def ended(task: "asyncio.Task[None]") -> None:
        if not address.done() and not task.cancelled():
            address.set_exception(task.exception() or AssertionError("it ended"))

    serving.add_done_callback(ended)
    try:
        yield await address
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def post(address: str, forwarded_for: str = CANARY) -> None:
    """A page view of somebody who agreed."""
    headers = {"X-Forwarded-For": forwarded_for, "User-Agent": AGENT}
    body = json.dumps({"url": PAGE, "consent": {"analytics": True}})
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{address}collect", data=body) as answer,
    ):
        assert answer.status == 204


async def test_from_a_request_to_a_trend(tmp_path: Path) -> None:
    """Of a crowd of an hour long past, by the clock that it is given."""
    visitors = 12
    hour = datetime(2026, 11, 20, 10, 30, tzinfo=UTC).timestamp()
    async with world(tmp_path, SMALL) as made:
        await tell_the_time(made, hour)
        async with in_this_process(made.settings, made.policy, lambda: hour) as address:
            for number in range(visitors):
                await post(address, f"198.51.{number}.7")
        await tell_the_time(made, hour + 86_400)
        made.work()
        await made.all_released()
        totals = {(each.start, each.window): each.views for each in await made.trends()}
        assert totals["2026-11-20T10:00:00Z", "PT1H"] == visitors


async def arrived(roles: Roles) -> int:
    """How many records the raw topic has."""
    consumer = clients.consumer(roles.settings("worker"))
    await clients.start(consumer, roles.admin)
    try:
        places = [TopicPartition(topics.RAW, number) for number in (0, 1)]
        return sum((await consumer.end_offsets(places)).values())
    finally:
        await clients.stop(consumer)


async def test_it_needs_no_right_but_to_write_what_arrives(fresh: Roles) -> None:
    """On a broker that denies by default, as the user of its role."""
    async with in_this_process(fresh.settings("collector"), POLICY) as address:
        await post(address)
    assert await arrived(fresh) == 1


async def test_without_its_right_it_waits_until_it_has_it_again(
    fresh: Roles, caplog: pytest.LogCaptureFixture
) -> None:
    user = fresh.settings("collector").sasl_username
    write = [Entry(f"User:{user}", Right("topic", topics.RAW, False, "Write"))]

    def change(how: Callable[[KafkaAdminClient, Sequence[Entry]], None]) -> None:
        with administration(fresh.admin) as client:
            how(client, write)

    posted = 0

    async def told() -> bool:
        """A right that is taken away is missing a little later."""
        nonlocal posted
        await post(address)
        posted += 1
        return "no right to the topic clickstream.raw" in caplog.text

    async def all_arrived() -> bool:
        return await arrived(fresh) == posted

    async with in_this_process(fresh.settings("collector"), POLICY) as address:
        await asyncio.to_thread(change, live.revoke)
        await until(told, "it says why events wait")
        await asyncio.to_thread(change, live.grant)
        await until(all_arrived, "all events arrive")
    assert CANARY not in caplog.text


async def test_it_says_in_one_line_why_it_cannot_start(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        reach = {"bootstrap": made.settings.bootstrap, "policy": made.settings.policy or ""}
        wrong = {**reach, "collector_trusted_proxies": "the balancer"}
        assert "addresses and networks" in one_line(typed("collector", **wrong), 2)
        async with collecting(made) as collector:
            port = collector.url.rpartition(":")[2]
            said = one_line(typed("collector", "--port", port, **reach), 1)
            assert f"port {port} is taken by another program" in said
