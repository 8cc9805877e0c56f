"""A year of a large site read from Kafka by the dashboard: from nothing, and after a restart.

    .venv/bin/python -m tests.bench.dashboard_feed [MILLIONS]

It starts a broker, writes the records of `tests.bench.dashboard_store` to the topics of trends, and
starts `quietclicks dashboard` twice with the same folder: until all is read, and until a year is
answered. The second is ended by SIGKILL before, as a machine ends that loses its power.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaProducer
from msgspec.structs import asdict

from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.clock import hour_text
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Trend, TrendKey, Window
from tests.bench.dashboard_store import records
from tests.dashboard_tools import POLICY, Entries
from tests.kafka_tools import create_topics

YEAR = "api/v1/trends?from=2025-11-28&to=2026-11-27&by=month"


def batches(entries: Entries) -> Iterator[tuple[str, bytes, bytes]]:
    """Topic, key and value of each."""
    encode = msgspec.json.Encoder().encode
    for key, numbers in entries.items():
        assert numbers
        dimension = Dimension(key.dimension)
        window: Window = "P1D" if key.is_day else "PT1H"
        about = TrendKey(key.site, window, hour_text(key.hour), dimension, key.value)
        views, visitors, complete, _ = numbers
        trend = Trend(**asdict(about), views=views, visitors=visitors, complete=complete, policy="")
        yield topics.TRENDS[dimension], encode(about), encode(trend)


async def write(bootstrap: str, millions: float) -> int:
    """As workers do, but for their transactions. How many there are."""
    await create_topics(bootstrap, dict.fromkeys(topics.PUBLISHED, 1), {"retention.ms": "-1"})
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_batch_size=1 << 20, linger_ms=50, compression_type="lz4"
    )
    await producer.start()
    count = 0
    try:
        for entries in records(millions):
            for topic, key, value in batches(entries):
                await producer.send(topic, value, key, partition=0)
            count += len(entries)
        await producer.flush()
    finally:
        await producer.stop()
    return count


@contextmanager
def dashboard(bootstrap: str, folder: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Its address, and the process, which is killed in the end."""
    policy = folder / "policy.toml"
    policy.write_text(POLICY)
    process = subprocess.Popen(
        [sys.executable, "-m", "quietclicks", "dashboard", "--port", "0"],
        env={
            **os.environ,
            "QUIETCLICKS_BOOTSTRAP": bootstrap,
            "QUIETCLICKS_POLICY": str(policy),
            "QUIETCLICKS_DASHBOARD_FOLDER": str(folder / "store"),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield process.stdout.readline().rpartition(" ")[2].strip(), process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def ask(url: str) -> dict[str, object]:
    """Its JSON."""
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310  # our own
        found: dict[str, object] = json.load(answer)
    return found


def resident(process: "subprocess.Popen[str]") -> int:
    """MiB at most, so far."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    [line] = [line for line in text.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def main(millions: float) -> None:
    """Prints both."""
    with tempfile.TemporaryDirectory() as name, Broker.start() as broker:
        folder = Path(name)
        count = asyncio.run(write(broker.bootstrap, millions))
        print(f"{count:,} records are in the topics")
        began = time.perf_counter()
        with dashboard(broker.bootstrap, folder) as (url, process):
            print(f"it answers after {time.perf_counter() - began:.1f} s")
            while ask(url + "api/v1/sites")["reading"]:
                time.sleep(0.5)
            print(f"all is read after {time.perf_counter() - began:.0f} s", end=", ")
            print(f"{resident(process)} MiB of memory at most")
            assert ask(url + "api/v1/sites")["records"] == count
        began = time.perf_counter()
        with dashboard(broker.bootstrap, folder) as (url, process):
            ask(url + YEAR)
            print(f"started again, a year is answered after {time.perf_counter() - began:.1f} s")
            assert ask(url + "api/v1/sites")["records"] == count
            print(f"{resident(process)} MiB of memory at most")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
