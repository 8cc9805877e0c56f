"""Does a worker's memory stay flat? Ten sample days, one after another, through one worker.

    .venv/bin/python -m tests.bench.memory

Prints the worker's resident memory after each day, in KiB.
"""

import asyncio
import base64
import os
import secrets
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quietclicks.agents.kafka.released import released
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.replay import replay, with_ticks
from quietclicks.agents.settings import KEY_BYTES, Settings
from quietclicks.demo.shop import newest_day, sample_day
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR
from quietclicks.pipeline.logs.events import plan, timeline
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.pipeline.topology.topics import topology
from tests.paths import ROOT

DAYS = 10


def _one_day(settings: Settings, policy: Policy, number: int) -> None:
    day = newest_day(datetime.now(UTC), 0) - timedelta(days=DAYS - 1 - number)
    values = list(sample_day(number, day))
    latest = int(time.time() * 1000)
    lateness = policy.time.allowed_lateness
    # Without the first tick: the days before have brought the watermark here.
    ticks = [each for each in plan(timeline(values, latest), lateness, latest) if each[0] > 0]
    asyncio.run(replay(settings, with_ticks(values, ticks), lambda sent: None))
    closed_until = (ticks[-1][1] - lateness * 1000) // MILLISECONDS_PER_HOUR
    partitions = policy.topics.partials_partitions
    while asyncio.run(released(settings, partitions))[0] < closed_until:
        time.sleep(0.5)


def main() -> None:
    """Run it."""
    path = ROOT / "deploy" / "policy.toml"
    policy = parse(path.read_text("utf-8"), str(path))
    with Broker.start() as broker:
        settings = Settings(bootstrap=broker.bootstrap, ticks="none")
        asyncio.run(apply(settings, topology(policy)))
        environment = {
            **os.environ,
            "QUIETCLICKS_BOOTSTRAP": broker.bootstrap,
            "QUIETCLICKS_TICKS": "none",
            "QUIETCLICKS_KEY_ENCRYPTION_KEY": base64.b64encode(
                secrets.token_bytes(KEY_BYTES)
            ).decode(),
        }
        worker = subprocess.Popen(
            [sys.executable, "-m", "quietclicks", "worker", "--port", "0"],
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        try:
            for number in range(DAYS):
                _one_day(settings, policy, number)
                status = Path(f"/proc/{worker.pid}/status").read_text()
                resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
                print(f"day {number + 1}: {resident.split()[1]} KiB", flush=True)
        finally:
            worker.terminate()
            worker.wait(20)


if __name__ == "__main__":
    main()
