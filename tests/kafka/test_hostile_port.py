"""Hostile connections while a worker works: it goes on, and says so, with few descriptors left."""

import asyncio
import json
import resource
from datetime import UTC, datetime
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from quietclicks.schemas import topics
from tests.bench import hostile_port
from tests.bench.hostile_port import answers, resident
from tests.kafka.test_worker import SMALL, event, processed, ready, send
from tests.kafka.world import world

CONNECTIONS = 10_000
DESCRIPTORS = 256  # with which a worker ended when it answered by itself
EVENTS = 20
WAIT = 5.0  # seconds, on a machine that does much else; measured are 0.1 (tests.bench.hostile_port)
GROWTH = 24  # MiB of worker and port together, whatever connects


async def test_ten_thousand_of_them_hold_up_nobody(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        worker = made.work()
        await ready(worker, 2)
        await answers(worker.port)
        pid = worker.process.pid
        [port] = psutil.Process(pid).children()
        for each in (pid, port.pid):
            resource.prlimit(each, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        before = resident(pid)
        flood = asyncio.create_task(hostile_port.flood(worker.port, port.pid, CONNECTIONS))
        sent = 0
        while not flood.done():
            at = datetime.now(UTC).isoformat()
            await send(made, sent % 2, *(event(sent + n, at) for n in range(EVENTS)))
            sent += EVENTS
            await processed(made, sent)
        seen = await flood
        assert sent > EVENTS, "events came all the while"
        assert seen.honest == CONNECTIONS // 100
        assert seen.slowest < WAIT
        assert resident(pid) - before + seen.most - seen.before < GROWTH
        assert json.loads(worker.get("/healthz"))["state"] == "ok"
        assert len(await made.read(topics.PSEUDONYMISED)) == sent
        assert worker.stop() == 0
        assert "Traceback" not in worker.said
